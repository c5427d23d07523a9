//! The figures of a group, or of one of its steps.

use quipu_core::{Sketch, Timestamp, Tokens, TraceId, UsageTotals, Usd, WorkTotals};

/// Figures of a group, or of one of its steps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Records; of a metric observations.
    pub count: u64,
    /// Failed ones.
    pub errors: u64,
    /// Those without an end.
    pub running: u64,
    /// Guardrails that were triggered.
    pub triggered: u64,
    /// Tokens; only of calls.
    pub tokens: Option<Tokens>,
    /// Metered cost; `None` without a price.
    pub cost: Option<Usd>,
    /// List price of usage under subscriptions; not part of `cost`.
    pub subscription: Option<Usd>,
    /// Calls without a price.
    pub unpriced_calls: u64,
    /// Durations of ended records, in nanoseconds.
    pub latency: Sketch,
    /// Nanoseconds until the first token.
    pub first_token: Sketch,
    /// Value of a metric.
    pub value: Option<f64>,
    /// Start of the latest record, if known.
    pub last_at: Option<Timestamp>,
    /// A trace of a record, of a failed one where there are any.
    pub example: Option<TraceId>,
    /// Whether the example is of a failed record.
    pub(super) example_failed: bool,
}

impl From<&UsageTotals> for Figures {
    fn from(totals: &UsageTotals) -> Self {
        Self {
            count: totals.llm_calls,
            errors: totals.errors,
            tokens: Some(totals.tokens),
            cost: totals.cost,
            subscription: totals.subscription,
            unpriced_calls: totals.unpriced.values().sum(),
            latency: totals.latency.clone(),
            ..Self::default()
        }
    }
}

impl From<&WorkTotals> for Figures {
    fn from(totals: &WorkTotals) -> Self {
        Self {
            count: totals.count,
            errors: totals.errors,
            running: totals.running,
            triggered: totals.triggered,
            latency: totals.duration.clone(),
            first_token: totals.first_token.clone(),
            last_at: (totals.count > 0).then_some(totals.last_at),
            example: totals.example,
            example_failed: totals.errors > 0,
            ..Self::default()
        }
    }
}

impl Figures {
    /// The figures of work that calls and usage do not have.
    pub(super) fn besides_usage(self) -> Self {
        Self { count: 0, errors: 0, latency: Sketch::new(), ..self }
    }

    /// Adds `other`; values of metrics are not summed but left as they are.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.errors += other.errors;
        self.running += other.running;
        self.triggered += other.triggered;
        self.tokens = match (self.tokens, other.tokens) {
            (Some(one), Some(other)) => Some(one.plus(&other)),
            (one, other) => one.or(other),
        };
        self.cost = Usd::sum_known(self.cost, other.cost);
        self.subscription = Usd::sum_known(self.subscription, other.subscription);
        self.unpriced_calls += other.unpriced_calls;
        self.latency.merge(&other.latency);
        self.first_token.merge(&other.first_token);
        self.example_of(other);
        self.last_at = self.last_at.max(other.last_at);
    }

    fn example_of(&mut self, other: &Self) {
        let better = (other.example_failed, other.last_at) > (self.example_failed, self.last_at);
        if other.example.is_some() && (better || self.example.is_none()) {
            self.example = other.example;
            self.example_failed = other.example_failed;
        }
    }
}
