//! Kinds of alert rules, and the figure that each one judges.

use quipu_core::Timestamp;

use crate::RuleFigures;

/// The figure of a group that a rule compares with its threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// Failed records as a share of all, 0 to 1; none without records.
    ErrorShare,
    /// Quantile of durations in milliseconds; none without ended records.
    Latency(f64),
    /// Mean duration in milliseconds; none without ended records.
    AverageLatency,
    /// Quantile of the time to the first token in milliseconds; none if no call reports it.
    FirstToken(f64),
    /// Metered cost in US dollars; none if no call has a price.
    Cost,
    /// Metered cost in US dollars an hour; none if no call has a price.
    CostPerHour,
    /// Input and output tokens.
    Tokens,
    /// Records.
    Count,
    /// Failed records.
    Errors,
    /// Calls without a price.
    Unpriced,
    /// Triggered guardrails.
    Triggered,
    /// Value of a metric; none without points.
    Value,
    /// Share of a budget at the end of its period, at the pace so far; none early in a period.
    Forecast,
}

/// Figures of the kind `query` by their words.
pub(crate) const FIGURES: &[(&str, Figure)] = &[
    ("count", Figure::Count),
    ("errors", Figure::Errors),
    ("error_rate", Figure::ErrorShare),
    ("latency_avg", Figure::AverageLatency),
    ("latency_p50", Figure::Latency(0.5)),
    ("latency_p95", Figure::Latency(0.95)),
    ("latency_p99", Figure::Latency(0.99)),
    ("ttft_p50", Figure::FirstToken(0.5)),
    ("ttft_p95", Figure::FirstToken(0.95)),
    ("ttft_p99", Figure::FirstToken(0.99)),
    ("cost", Figure::Cost),
    ("cost_rate", Figure::CostPerHour),
    ("tokens", Figure::Tokens),
    ("unpriced", Figure::Unpriced),
    ("triggered", Figure::Triggered),
    ("value", Figure::Value),
];

impl Figure {
    /// The figure of records within a window of `window` nanoseconds.
    pub fn read(self, of: &RuleFigures, window: i64) -> Option<f64> {
        let any = of.count > 0;
        match self {
            Self::ErrorShare => any.then(|| of.errors as f64 / of.count as f64),
            Self::Latency(quantile) => of.latency.quantile(quantile).map(|nanos| nanos / 1e6),
            Self::AverageLatency => of.latency.mean().map(|nanos| nanos / 1e6),
            Self::FirstToken(quantile) => of.first_token.quantile(quantile).map(|nanos| nanos / 1e6),
            Self::Cost => match of.cost {
                Some(cost) => cost.to_string().parse().ok(),
                // No call costs nothing; calls without any price have an unknown cost.
                None => (!any).then_some(0.0),
            },
            Self::CostPerHour => {
                let hours = window as f64 / Timestamp::HOUR as f64;
                Self::Cost.read(of, window).map(|cost| cost / hours)
            }
            Self::Tokens => Some(of.tokens.unwrap_or(0) as f64),
            Self::Count => Some(of.count as f64),
            Self::Errors => Some(of.errors as f64),
            Self::Unpriced => Some(of.unpriced as f64),
            Self::Triggered => Some(of.triggered as f64),
            Self::Value | Self::Forecast => of.value,
        }
    }

    /// The order of groups that puts the ones of interest first, as `sort` of `/api/v1/query`.
    pub(crate) const fn rank(self) -> &'static str {
        match self {
            Self::ErrorShare | Self::Errors => "errors",
            Self::Latency(_) | Self::AverageLatency => "latency",
            Self::Cost | Self::CostPerHour => "cost",
            Self::Tokens => "tokens",
            Self::Value | Self::Forecast => "value",
            Self::FirstToken(_) | Self::Count | Self::Unpriced | Self::Triggered => "count",
        }
    }

    /// Whether spans of calls have this figure, and their usage has not.
    pub(crate) const fn is_of_spans(self) -> bool {
        matches!(self, Self::FirstToken(_) | Self::Triggered)
    }

    /// Whether `/api/v1/query` has this figure for calls only.
    pub(crate) const fn is_of_calls(self) -> bool {
        matches!(self, Self::Cost | Self::CostPerHour | Self::Tokens | Self::Unpriced | Self::FirstToken(_))
    }
}

/// Kind of figure that a rule watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    ErrorRate,
    Latency,
    Ttft,
    Cost,
    CostRate,
    Tokens,
    Calls,
    ToolFailures,
    Guardrails,
    Unpriced,
    NoData,
    Budget,
    BurnRate,
    Metric,
    Query,
    QuotaErrors,
    Coverage,
    Score,
    Health,
    IngestLag,
    DeadLetters,
    Sql,
}

pub(crate) const KINDS: &[(&str, Kind)] = &[
    ("error_rate", Kind::ErrorRate),
    ("latency", Kind::Latency),
    ("ttft", Kind::Ttft),
    ("cost", Kind::Cost),
    ("cost_rate", Kind::CostRate),
    ("tokens", Kind::Tokens),
    ("calls", Kind::Calls),
    ("tool_failures", Kind::ToolFailures),
    ("guardrails", Kind::Guardrails),
    ("unpriced", Kind::Unpriced),
    ("no_data", Kind::NoData),
    ("budget", Kind::Budget),
    ("burn_rate", Kind::BurnRate),
    ("metric", Kind::Metric),
    ("query", Kind::Query),
    ("quota_errors", Kind::QuotaErrors),
    ("coverage", Kind::Coverage),
    ("score", Kind::Score),
    ("health", Kind::Health),
    ("ingest_lag", Kind::IngestLag),
    ("dead_letters", Kind::DeadLetters),
    ("sql", Kind::Sql),
];

impl Kind {
    pub(crate) fn word(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Source of its figures, as `from` of `/api/v1/query`, unless the rule names one.
    pub(crate) const fn source(self) -> &'static str {
        match self {
            Self::ToolFailures => "tools",
            Self::Guardrails => "guardrails",
            Self::Metric | Self::Coverage => "metric",
            _ => "calls",
        }
    }

    /// Whether a rule of this kind may name another source.
    pub(crate) const fn has_source(self) -> bool {
        matches!(self, Self::ErrorRate | Self::Latency | Self::NoData)
    }

    /// Whether its figures are answers to a query of `/api/v1/query`.
    pub(crate) const fn is_queried(self) -> bool {
        !matches!(
            self,
            Self::Budget
                | Self::BurnRate
                | Self::Score
                | Self::Health
                | Self::IngestLag
                | Self::DeadLetters
                | Self::Sql
        )
    }

    /// Whether its values are points of a metric.
    pub(crate) const fn is_metric(self) -> bool {
        matches!(self, Self::Metric | Self::Coverage)
    }

    /// Why it has no back-test; `None` if its past figures can be read.
    pub(crate) const fn has_no_past(self) -> Option<&'static str> {
        match self {
            Self::Budget | Self::BurnRate | Self::IngestLag | Self::DeadLetters => {
                Some("its past values are not stored")
            }
            Self::Health => Some("the score has the open alerts of now"),
            Self::Sql => {
                Some("a statement runs in a process of its own, so past windows would take too long")
            }
            _ => None,
        }
    }

    /// Whether it has a window.
    pub(crate) const fn has_window(self) -> bool {
        self.is_queried() || matches!(self, Self::Score | Self::Sql)
    }

    /// Its figure; latencies have that of the rule's quantile.
    pub(crate) const fn figure(self) -> Figure {
        match self {
            Self::ErrorRate | Self::ToolFailures => Figure::ErrorShare,
            Self::Latency => Figure::Latency(0.95),
            Self::Ttft => Figure::FirstToken(0.95),
            Self::Cost => Figure::Cost,
            Self::CostRate => Figure::CostPerHour,
            Self::Tokens => Figure::Tokens,
            Self::Guardrails => Figure::Triggered,
            Self::Unpriced => Figure::Unpriced,
            Self::Budget
            | Self::BurnRate
            | Self::Metric
            | Self::Coverage
            | Self::Score
            | Self::Health
            | Self::IngestLag
            | Self::DeadLetters
            | Self::Sql => Figure::Value,
            Self::QuotaErrors => Figure::Errors,
            Self::Calls | Self::NoData | Self::Query => Figure::Count,
        }
    }
}
