//! Queries for sums over calls and tool runs.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{
    Cost, EstimatedTotals, GroupKey as _, GroupSums as _, Sketch, SpanId, Timestamp, Tokens, TraceFilter,
    TraceId, Unpriced, Usd,
};

/// A key by which usage is grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupBy {
    /// Model that answered, else the requested one.
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
    /// Start of the step with the call's start. The number is the width of a step in nanoseconds, at least
    /// one second, counted from the epoch.
    Step(i64),
    /// Hour of the call's start, UTC.
    Hour,
    /// Day of the call's start, UTC.
    Day,
    /// Week of the call's start, from Monday, UTC.
    Week,
    /// Calendar month of the call's start, UTC.
    Month,
    /// Nearest tool above the call.
    Tool,
    /// Tag of the trace. A call is in the group of each tag of its trace, so groups overlap.
    Tag,
    /// Deployment environment of the trace. Groups overlap if its resources name several.
    Environment,
    /// Service version of the trace. Groups overlap if its resources name several.
    Version,
    /// Project of the trace.
    Project,
    /// Revision of the source code, of the trace.
    Commit,
    /// Branch of the source code, of the trace.
    Branch,
    /// Billing: `metered` or `subscription`.
    Billing,
}

impl GroupBy {
    /// Whether a call can be in several groups of this key, so that the sums of groups are no total.
    pub const fn overlaps(self) -> bool {
        matches!(self, Self::Tag | Self::Environment | Self::Version)
    }

    /// The start of the time bucket of a call at `time`; `None` for keys that are names.
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

/// A query for usage. The filter's times, model, agent, service and framework apply to the call itself, the
/// other fields to its trace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageQuery {
    /// Filter of the calls.
    pub filter: TraceFilter,
    /// Keys, each at most once.
    pub group_by: Vec<GroupBy>,
}

/// One value of a group's key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UsageKey {
    /// A name; `None` for calls without one.
    Name(Option<CompactString>),
    /// Start of an hour, day, week or month.
    Time(Timestamp),
    /// All groups beyond the memory limit of the list: see
    /// [`AnswerMemory::group_bytes`](crate::AnswerMemory::group_bytes). Every value of that group's key is
    /// `Rest`, and the group is the last one.
    Rest,
}

/// Sums over counted ledger rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UsageTotals {
    /// Number of LLM calls.
    pub llm_calls: u64,
    /// Number of failed calls.
    pub errors: u64,
    /// Tokens, including those of orphan roll-ups.
    pub tokens: Tokens,
    /// Computed cost of the priced and metered calls; `None` if there are none.
    pub cost: Option<Usd>,
    /// List price of the use under subscriptions; not part of `cost`. `None` if nothing is priced.
    pub subscription: Option<Usd>,
    /// Rows with usage but without a price, by reason.
    pub unpriced: BTreeMap<Unpriced, u64>,
    /// Cost that sources reported; `None` if none did.
    pub reported: Option<Usd>,
    /// Rows whose reported cost deviates from the computed one ([`Cost::deviates`]).
    pub deviating: u64,
    /// Latencies of finished LLM calls in nanoseconds.
    pub latency: Sketch,
    /// Calls whose source says no usage, by estimate. No other sum of tokens or cost has them.
    pub estimated: EstimatedTotals,
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
        self.estimated.merge(&other.estimated);
    }
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageGroup {
    /// One value for each requested key, in that order.
    pub key: Vec<UsageKey>,
    /// Sums.
    pub totals: UsageTotals,
}

impl UsageGroup {
    /// Size in memory in bytes, contents included.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.key.heap_bytes() + self.totals.heap_bytes()
    }

    /// Whether it stands for left-out groups: see [`UsageKey::Rest`].
    pub fn is_rest(&self) -> bool {
        self.key.first() == Some(&UsageKey::Rest)
    }
}

/// Position at the end of a page of ledger rows: time and span of its last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CostCursor {
    /// Time of the last row.
    pub time: Timestamp,
    /// Trace of the last row.
    pub trace_id: TraceId,
    /// Span of the last row.
    pub span_id: SpanId,
}

/// A query for ledger rows that add to usage, by time, then trace, then span. The filter applies as in
/// [`UsageQuery`].
#[derive(Debug, Clone, PartialEq)]
pub struct CostQuery {
    /// Filter of the calls.
    pub filter: TraceFilter,
    /// Requested rows; at least 1.
    pub limit: usize,
    /// Position after this row.
    pub cursor: Option<CostCursor>,
}

impl Default for CostQuery {
    fn default() -> Self {
        Self { filter: TraceFilter::default(), limit: super::ROWS, cursor: None }
    }
}

/// A ledger row with the session and user of its trace.
#[derive(Debug, Clone, PartialEq)]
pub struct CostRow {
    /// The latest version of the row.
    pub cost: Cost,
    /// Session of the trace.
    pub session: Option<CompactString>,
    /// User of the trace.
    pub user: Option<CompactString>,
}

impl CostRow {
    /// Size in memory in bytes, contents included.
    pub fn bytes(&self) -> usize {
        let cost = &self.cost;
        let names = [&cost.service, &cost.framework, &cost.agent, &cost.tool, &cost.request_model];
        let more = [&cost.response_model, &cost.service_tier, &self.session, &self.user];
        let names = names.into_iter().chain(more).flatten().map(|name| name.len());
        size_of::<Self>() + size_of_val(cost.inferred.as_slice()) + names.sum::<usize>()
    }
}

/// A page of ledger rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CostPage {
    /// Rows in order.
    pub rows: Vec<CostRow>,
    /// Position of the next page; `None` at the end.
    pub next: Option<CostCursor>,
}

/// Sums over one tool's counted runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolGroup {
    /// Tool.
    pub tool: CompactString,
    /// Number of runs.
    pub calls: u64,
    /// Number of failed runs.
    pub errors: u64,
    /// Durations of finished runs in nanoseconds.
    pub latency: Sketch,
    /// Status message or error kind of the latest failed run, at most 300 bytes.
    pub last_error: Option<String>,
    /// Time, trace and span of that run.
    pub last_failed: Option<(Timestamp, TraceId, SpanId)>,
    /// Runs without a span, inferred from messages, by the time of the call that received the result. The
    /// sums exclude them.
    pub inferred: u64,
    /// Whether these are the sums of all tools that the memory of the answer left out. Such a group is the
    /// last one, and its `tool` is empty.
    pub rest: bool,
}
