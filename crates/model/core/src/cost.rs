//! The ledger: spans that count as calls, their usage and cost, and the rules behind them.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{
    Arrival, CallMarks, InferredRun, Kind, Meeting, Provider, RecordScope, ScopeMark, Signal, Span, SpanId,
    Status, Timestamp, ToldRuns, TraceId, Unpriced, Usage, UsageEstimate, Usd,
};

/// The rule that decided whether a span counts. The order of the variants is part of the stored format:
/// append only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Rule {
    /// Counts: a call without a call below it (R1).
    #[default]
    Leaf,
    /// Does not count: spans below it already do (R1).
    Repeats,
    /// Does not count: this source repeats usage here by design, or the call was never sent (R2).
    NeverCounted,
    /// Counts: the only holder of this usage (R3).
    OrphanRollup,
    /// Counts, with the best figures of several records of the same call (R5).
    Merged,
    /// Does not count: another record of the same call does (R5, R6).
    Duplicate,
    /// Does not count: the response of another call, fetched again.
    Fetched,
    /// Does not count: a more trusted signal reports the same call (R7).
    Echo,
    /// Counts tokens, not calls: a metric of a session without a better signal (R7).
    Metric,
}

impl Rule {
    /// Whether a span under this rule is part of the totals.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Leaf | Self::OrphanRollup | Self::Merged | Self::Metric)
    }

    /// The rule as a stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Repeats => "repeats",
            Self::NeverCounted => "never_counted",
            Self::OrphanRollup => "orphan_rollup",
            Self::Merged => "merged",
            Self::Duplicate => "duplicate",
            Self::Fetched => "fetched",
            Self::Echo => "echo",
            Self::Metric => "metric",
        }
    }

    /// The rule in words for the user.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leaf => "a call without a call below it (R1)",
            Self::Repeats => "repeats the usage of spans below it (R1)",
            Self::NeverCounted => "this source repeats usage here by design, or the call was never sent (R2)",
            Self::OrphanRollup => "the only holder of this usage (R3)",
            Self::Merged => "one call seen by several instrumentations, merged (R5)",
            Self::Duplicate => "another record of the same call counts (R5)",
            Self::Fetched => "fetches the response of another call",
            Self::Echo => "a more trusted signal reports the same call (R7)",
            Self::Metric => "a metric, because spans and logs of these calls are missing (R7)",
        }
    }
}

/// Billing of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Billing {
    /// Billed by use: the computed cost is money spent.
    #[default]
    Metered,
    /// A plan with a fixed price, such as a seat or a login. The computed cost is the list price of the use.
    Subscription,
}

impl Billing {
    /// Stable word of the billing.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metered => "metered",
            Self::Subscription => "subscription",
        }
    }
}

/// The price rule of a cost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PriceRef {
    /// Name of the book, such as `genai-prices`.
    pub source: CompactString,
    /// Version of the book.
    pub version: CompactString,
    /// Id of the rule within the book, such as `openai/gpt-4o`.
    pub id: CompactString,
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceLine {
    /// Unit, such as `input_tokens`, `cache_read_tokens`.
    pub unit: CompactString,
    /// Number of units used.
    pub count: u64,
    /// Price of `per` units.
    pub unit_price: Usd,
    /// Number of units that `unit_price` buys.
    pub per: u64,
    /// `count × unit_price / per`.
    pub amount: Usd,
}

/// The facts of a span that the count needs; small, so that whole traces fit in memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Node {
    /// The span.
    pub span_id: SpanId,
    /// Its parent.
    pub parent_id: Option<SpanId>,
    /// Role of the span.
    pub kind: Kind,
    /// Source signal.
    pub signal: Signal,
    /// Meeting of the signals of its session. Spans below it in its trace share it.
    pub meeting: Option<Meeting>,
    /// Start.
    pub start: Timestamp,
    /// Duration in nanoseconds; `None` while it runs.
    pub duration: Option<i64>,
    /// Status as sent.
    pub status: Status,
    /// The agent named on the span itself.
    pub agent: Option<CompactString>,
    /// The tool named on the span itself.
    pub tool: Option<CompactString>,
    /// The facts of calls, tool runs and spans with usage; `None` for all others.
    pub call: Option<Box<Call>>,
    /// Sender and time of arrival.
    #[serde(skip)]
    pub arrival: Arrival,
}

impl Node {
    /// The counting facts of a span that an adapter has read.
    pub fn of(span: &Span) -> Self {
        let read = &span.canonical;
        Self {
            span_id: span.span_id,
            parent_id: span.parent_id,
            kind: read.kind,
            signal: read.signal,
            meeting: read.meeting,
            start: span.start,
            duration: span.duration(),
            status: span.status,
            agent: read.agent.clone(),
            tool: read.tool.clone(),
            call: Call::of(span).map(Box::new),
            arrival: span.arrival,
        }
    }
}

/// The facts of a call, a tool run, or a span with usage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Call {
    /// Tokens on the span.
    pub usage: Option<Usage>,
    /// Cost that the source reported.
    pub reported: Option<Usd>,
    /// The usage repeats that of other spans by design.
    pub never_count: bool,
    /// The call failed, as [`Span::has_failed`] says.
    pub failed: bool,
    /// Convention by which it was read.
    pub convention: CompactString,
    /// Framework that produced it.
    pub framework: Option<CompactString>,
    /// Service that produced it.
    pub service: Option<CompactString>,
    /// Operation name.
    pub operation: Option<CompactString>,
    /// Model provider.
    pub provider: Option<Provider>,
    /// Requested model.
    pub request_model: Option<CompactString>,
    /// Model that answered.
    pub response_model: Option<CompactString>,
    /// The provider's id of the answer. A tool run has the model's id of the tool call; a metric has the
    /// series' name.
    pub response_id: Option<CompactString>,
    /// Service tier charged.
    pub service_tier: Option<CompactString>,
    /// Billing of the call.
    pub billing: Billing,
    /// Source instrumentation.
    pub scope: ScopeMark,
    /// Meeting at which other records of the same call are found.
    pub moment: Option<Meeting>,
    /// Tool calls and results in the messages of a call.
    pub told: Option<Box<ToldRuns>>,
    /// Estimated usage, if the source sends none.
    pub estimate: Option<Box<UsageEstimate>>,
    /// Marks of the answer, the request and the failure.
    pub marks: CallMarks,
}

impl Call {
    /// The facts of a span that an adapter has read; `None` for a span without effect on cost and tools.
    pub fn of(span: &Span) -> Option<Self> {
        let read = &span.canonical;
        let tells_cost = read.signal == Signal::Metric && read.reported_cost.is_some();
        if !(read.kind.is_call() || read.kind == Kind::Tool || read.usage.is_some() || tells_cost) {
            return None;
        }
        Some(Self {
            usage: read.usage.clone(),
            reported: read.reported_cost,
            never_count: read.never_count,
            failed: span.has_failed(),
            convention: read.convention.clone(),
            framework: read.framework.clone(),
            service: span.resource.service().map(CompactString::from),
            operation: read.operation.clone(),
            provider: read.provider.clone(),
            request_model: read.request_model.clone(),
            response_model: read.response_model.clone(),
            response_id: if read.kind == Kind::Tool { &read.tool_call_id } else { &read.response_id }.clone(),
            service_tier: read.service_tier.clone(),
            billing: read.billing.unwrap_or_default(),
            scope: span.scope.mark_of(&span.attributes),
            moment: span.moment(),
            told: read.told.clone(),
            estimate: read.estimate.clone(),
            marks: CallMarks { error: span.error_class(), ..read.marks },
        })
    }
}

/// One ledger row: a span that is a call, carries usage, or runs a tool. A later row of the same span with a
/// higher version replaces it. A row that does not count stays as an explanation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// Grows with every correction of the row within a process; equal rows carry equal figures.
    pub version: u64,
    /// Start of the call: the time of its price and its bucket.
    pub time: Timestamp,
    /// Duration in nanoseconds; `None` while it runs.
    pub duration: Option<i64>,
    /// Role of the span.
    pub kind: Kind,
    /// Source signal.
    pub signal: Signal,
    /// The rule that decided.
    pub rule: Rule,
    /// Whether the call failed.
    pub failed: bool,
    /// Service that made the call.
    pub service: Option<CompactString>,
    /// Framework that made the call.
    pub framework: Option<CompactString>,
    /// Convention by which it was read.
    pub convention: CompactString,
    /// The agent that made the call: named on the span, else the nearest agent above it (R11).
    pub agent: Option<CompactString>,
    /// A tool span's own tool; on other spans the nearest tool above.
    pub tool: Option<CompactString>,
    /// Model provider.
    pub provider: Option<Provider>,
    /// Requested model.
    pub request_model: Option<CompactString>,
    /// Model that answered.
    pub response_model: Option<CompactString>,
    /// Service tier charged.
    pub service_tier: Option<CompactString>,
    /// Billing of the call.
    pub billing: Billing,
    /// Tokens; on a merged row the best figures of all its records.
    pub usage: Option<Usage>,
    /// Cost by a price book. `None` on rows that do not count, or with the reason in `unpriced`.
    pub amount: Option<Usd>,
    /// Reason for a missing `amount`.
    pub unpriced: Option<Unpriced>,
    /// The price rule used.
    pub price: Option<PriceRef>,
    /// Cost that the source reported.
    pub reported: Option<Usd>,
    /// Tool runs whose results the call was given and that no span tells of, by time.
    #[serde(skip)]
    pub inferred: Vec<InferredRun>,
    /// Estimated usage, if no record of the call has its usage: see [`Cost::estimated`].
    #[serde(skip)]
    pub estimate: Option<Box<UsageEstimate>>,
    /// Scopes of the records of other senders whose money this row has. Budgets of these scopes count the row
    /// too, so that no record moves spending out of a budget.
    #[serde(skip)]
    pub scopes: Vec<RecordScope>,
}

impl Cost {
    /// Memory beyond the row itself, in bytes.
    pub fn heap_bytes(&self) -> usize {
        let owners = [&self.service, &self.framework, &self.agent, &self.tool];
        let names = [&self.request_model, &self.response_model, &self.service_tier];
        let price =
            self.price.as_ref().map_or(0, |price| price.source.len() + price.version.len() + price.id.len());
        let runs = self.inferred.iter().map(|run| size_of::<InferredRun>() + run.tool.len());
        self.convention.len()
            + owners.into_iter().chain(names).flatten().map(|name| name.len()).sum::<usize>()
            + self.provider.as_ref().map_or(0, |provider| provider.as_str().len())
            + price
            + runs.sum::<usize>()
            + self.estimate.as_ref().map_or(0, |_| size_of::<UsageEstimate>())
    }

    /// Whether it is part of the totals.
    pub const fn counts(&self) -> bool {
        self.rule.counts()
    }

    /// Whether it is one LLM call of the totals: a counted request to a model. An orphan roll-up only counts
    /// its tokens.
    pub const fn is_call(&self) -> bool {
        matches!(self.rule, Rule::Leaf | Rule::Merged) && self.kind.is_call()
    }

    /// Whether it is one tool run of the totals.
    pub fn is_tool_run(&self) -> bool {
        self.rule.counts() && self.kind == Kind::Tool
    }

    /// The estimated usage of a counted call without usage. The totals exclude it.
    pub fn estimated(&self) -> Option<&UsageEstimate> {
        let is_unknown = !self.usage.as_ref().is_some_and(Usage::is_known);
        self.estimate.as_deref().filter(|_| self.is_call() && is_unknown)
    }

    /// The model to price and show: the one that answered, else the one asked for.
    pub fn model(&self) -> Option<&CompactString> {
        self.response_model.as_ref().or(self.request_model.as_ref())
    }

    /// The computed cost of a call billed by use.
    pub fn billed(&self) -> Option<Usd> {
        self.amount.filter(|_| self.billing == Billing::Metered)
    }

    /// The computed cost of a call under a subscription, by list price.
    pub fn subscription(&self) -> Option<Usd> {
        self.amount.filter(|_| self.billing == Billing::Subscription)
    }

    /// Whether the reported cost differs from the computed one by more than [`DEVIATION_PERCENT`] of the
    /// computed one; `false` if one of the two is missing.
    pub fn deviates(&self) -> bool {
        let (Some(amount), Some(reported)) = (self.amount, self.reported) else { return false };
        let apart = reported.raw().abs_diff(amount.raw());
        apart.saturating_mul(100) > amount.raw().unsigned_abs().saturating_mul(DEVIATION_PERCENT)
    }
}

/// Flag limit for the deviation of a reported cost, in percent of the computed cost (rule R10).
pub const DEVIATION_PERCENT: u128 = 5;
