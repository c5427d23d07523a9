//! Questions for sums: over calls, and over tool runs.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{Cost, Sketch, SpanId, Timestamp, Tokens, TraceFilter, TraceId, Unpriced, Usd};

/// What usage can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupBy {
    /// Model that answered, else the one asked for.
    Model,
    /// Provider.
    Provider,
    /// Agent.
    Agent,
    /// Framework.
    Framework,
    /// Service.
    Service,
    /// Session of the trace.
    Session,
    /// User of the trace.
    User,
    /// Convention.
    Convention,
    /// Start of the step that the call's start lies in, of so many nanoseconds since the epoch; at least one second.
    Step(i64),
    /// Hour of the call's start, UTC.
    Hour,
    /// Day of the call's start, UTC.
    Day,
    /// Week of the call's start, from Monday, UTC.
    Week,
    /// Calendar month of the call's start, UTC.
    Month,
    /// Nearest tool that the call ran within.
    Tool,
    /// Tag of the trace: a call is in the group of each of its trace's tags, so that groups overlap.
    Tag,
    /// Project of the trace.
    Project,
    /// Revision of the source code, of the trace.
    Commit,
    /// Branch of the source code, of the trace.
    Branch,
    /// Who is asked to pay: `metered` or `subscription`.
    Billing,
}

impl GroupBy {
    /// The start of the time that a call at `time` is put under; `None` for keys that are names.
    pub fn start(self, time: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Step(width) => Some(time.floor(width.max(Timestamp::SECOND))),
            Self::Hour => Some(time.floor(Timestamp::HOUR)),
            Self::Day => Some(time.floor(Timestamp::DAY)),
            Self::Week => Some(time.week()),
            Self::Month => Some(time.month()),
            _ => None,
        }
    }
}

/// A question for usage. The filter's times and its model, agent, service and framework are those of the call itself; the rest
/// are those of its trace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageQuery {
    /// Which calls.
    pub filter: TraceFilter,
    /// Keys, each at most once.
    pub group_by: Vec<GroupBy>,
}

/// One part of a group's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UsageKey {
    /// A name; `None` where the calls name none.
    Name(Option<CompactString>),
    /// Start of an hour, day, week or month.
    Time(Timestamp),
    /// All groups that were left out because the list would have taken too much memory: see
    /// [`AnswerMemory::group_bytes`](crate::AnswerMemory::group_bytes). Every part of that group's key is this, and it is the last.
    Rest,
}

/// Sums over counted ledger rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageTotals {
    /// LLM calls.
    pub llm_calls: u64,
    /// Failed ones among them.
    pub errors: u64,
    /// Tokens, those of orphan roll-ups included.
    pub tokens: Tokens,
    /// Computed cost of what is priced and metered; `None` when nothing is.
    pub cost: Option<Usd>,
    /// What use under subscriptions would have cost by list price: no part of `cost`. `None` when nothing is priced.
    pub subscription: Option<Usd>,
    /// Rows with usage but without a price, by reason.
    pub unpriced: BTreeMap<Unpriced, u64>,
    /// Cost that sources reported; `None` when none did.
    pub reported: Option<Usd>,
    /// Rows whose reported cost is far from the computed one ([`Cost::deviates`]).
    pub deviating: u64,
    /// Latencies of finished LLM calls in nanoseconds.
    pub latency: Sketch,
}

impl UsageTotals {
    /// Adds `other`.
    pub fn merge(&mut self, other: &Self) {
        self.llm_calls += other.llm_calls;
        self.errors += other.errors;
        self.tokens = self.tokens.plus(&other.tokens);
        self.cost = Usd::sum_known(self.cost, other.cost);
        self.subscription = Usd::sum_known(self.subscription, other.subscription);
        self.reported = Usd::sum_known(self.reported, other.reported);
        self.deviating += other.deviating;
        for (reason, calls) in &other.unpriced {
            *self.unpriced.entry(*reason).or_default() += calls;
        }
        self.latency.merge(&other.latency);
    }
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageGroup {
    /// One part for each key asked for, in that order.
    pub key: Vec<UsageKey>,
    /// Sums.
    pub totals: UsageTotals,
}

impl UsageGroup {
    /// Whether it stands for groups that were left out: see [`UsageKey::Rest`].
    pub fn is_rest(&self) -> bool {
        self.key.first() == Some(&UsageKey::Rest)
    }
}

/// Where a page of ledger rows ended: time and span of its last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CostCursor {
    /// Time of the last row.
    pub time: Timestamp,
    /// Trace of the last row.
    pub trace_id: TraceId,
    /// Span of the last row.
    pub span_id: SpanId,
}

/// A question for ledger rows that add to usage, by time, then trace, then span. The filter is read as [`UsageQuery`] does.
#[derive(Debug, Clone, PartialEq)]
pub struct CostQuery {
    /// Which calls.
    pub filter: TraceFilter,
    /// Rows wanted; at least 1.
    pub limit: usize,
    /// Continue after.
    pub cursor: Option<CostCursor>,
}

impl Default for CostQuery {
    fn default() -> Self {
        Self { filter: TraceFilter::default(), limit: super::ROWS, cursor: None }
    }
}

/// A ledger row with what its trace says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CostRow {
    /// The row as it was last written.
    pub cost: Cost,
    /// Session of the trace.
    pub session: Option<CompactString>,
    /// User of the trace.
    pub user: Option<CompactString>,
}

/// A page of ledger rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostPage {
    /// Rows in order.
    pub rows: Vec<CostRow>,
    /// Where to go on; `None` at the end.
    pub next: Option<CostCursor>,
}

/// Sums over one tool's counted runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolGroup {
    /// Tool.
    pub tool: CompactString,
    /// Runs.
    pub calls: u64,
    /// Failed runs.
    pub errors: u64,
    /// Durations of finished runs in nanoseconds.
    pub latency: Sketch,
    /// Status message or error kind of the latest failed run, at most 300 bytes.
    pub last_error: Option<String>,
}
