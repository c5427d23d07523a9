//! Queries for traces: filters, sort orders and facets.

use compact_str::CompactString;

use super::{ROWS, Term};
use crate::{Timestamp, Tokens, TraceId, Usd};

/// A trace's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum TraceStatus {
    /// Finished, without a reported status.
    #[default]
    Unset,
    /// A root has status OK.
    Ok,
    /// A root failed, or any span while no root has arrived.
    Error,
    /// No root has ended: none arrived, or it has no end.
    Running,
}

impl TraceStatus {
    /// Stable word of the state.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Running => "running",
        }
    }
}

/// Filter of traces. Every field that is set must match; time ranges are half-open.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceFilter {
    /// Start at or after.
    pub since: Option<Timestamp>,
    /// Start before.
    pub until: Option<Timestamp>,
    /// Words that all occur in some span's text (name, prompts, answers, tool calls, errors).
    pub q: Option<String>,
    /// Service.
    pub service: Option<String>,
    /// Framework.
    pub framework: Option<String>,
    /// Agent that took part.
    pub agent: Option<String>,
    /// Model that was called.
    pub model: Option<String>,
    /// Tool that was run.
    pub tool: Option<String>,
    /// State.
    pub status: Option<TraceStatus>,
    /// Session.
    pub session: Option<String>,
    /// User.
    pub user: Option<String>,
    /// Tag of the trace.
    pub tag: Option<String>,
    /// Project.
    pub project: Option<String>,
    /// Revision of the source code.
    pub commit: Option<String>,
    /// Branch of the source code.
    pub branch: Option<String>,
    /// Least duration in nanoseconds.
    pub min_duration: Option<i64>,
    /// Least cost.
    pub min_cost: Option<Usd>,
    /// Further conditions; all must hold.
    pub terms: Vec<Term>,
}

/// Order of traces; ties are ordered by trace id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Latest start first.
    #[default]
    Newest,
    /// Earliest start first.
    Oldest,
    /// Longest first.
    Longest,
    /// Shortest first.
    Shortest,
    /// Highest cost first.
    Dearest,
    /// Lowest cost first.
    Cheapest,
    /// Most tokens first.
    MostTokens,
    /// Fewest tokens first.
    FewestTokens,
    /// Most LLM calls first.
    MostCalls,
    /// Fewest LLM calls first.
    FewestCalls,
    /// Most tool runs first.
    MostTools,
    /// Fewest tool runs first.
    FewestTools,
    /// Most failed spans first.
    MostErrors,
    /// Fewest failed spans first.
    FewestErrors,
}

/// Position at the end of a page: the sort figure (nanoseconds, billionths of a dollar, or a count) and trace
/// of its last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Sort figure of the last row.
    pub value: i64,
    /// Trace of the last row.
    pub trace_id: TraceId,
}

/// A query for traces. The default is the newest 100.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceQuery {
    /// Filter.
    pub filter: TraceFilter,
    /// Order.
    pub sort: Sort,
    /// Requested rows; at least 1.
    pub limit: usize,
    /// Position after this row.
    pub cursor: Option<Cursor>,
}

impl Default for TraceQuery {
    fn default() -> Self {
        Self { filter: TraceFilter::default(), sort: Sort::default(), limit: ROWS, cursor: None }
    }
}

/// A trace's summary. Figures are sums over counted ledger rows.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceRow {
    /// The trace.
    pub trace_id: TraceId,
    /// Name of its root span; before a root arrives, of its earliest span.
    pub name: String,
    /// Service of that span.
    pub service: Option<CompactString>,
    /// Most specific known framework.
    pub framework: Option<CompactString>,
    /// Convention by which its spans were read.
    pub convention: Option<CompactString>,
    /// Earliest start.
    pub started_at: Timestamp,
    /// Nanoseconds from the earliest start to the latest known end.
    pub duration: i64,
    /// State.
    pub status: TraceStatus,
    /// Number of its spans. A span made from another signal is excluded unless its ledger row counts. A trace
    /// with 0 spans is in no list, but a request by its id returns it.
    pub spans: u64,
    /// Number of LLM calls.
    pub llm_calls: u64,
    /// Number of tool runs.
    pub tool_calls: u64,
    /// Failures, each once, where it began: failed spans that no failed span lies below.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced and metered calls; `None` if there are none.
    pub cost: Option<Usd>,
    /// List price of the use under a subscription; not part of `cost`.
    pub subscription: Option<Usd>,
    /// Counted rows without a price, for any reason (`Cost::unpriced`).
    pub unpriced_calls: u64,
    /// Cost that the source reported; `None` if it reported none.
    pub reported_cost: Option<Usd>,
    /// Session.
    pub session: Option<CompactString>,
    /// User.
    pub user: Option<CompactString>,
    /// Project: the first in order of those that its spans name.
    pub project: Option<CompactString>,
    /// Revision of the source code, chosen like the project.
    pub commit: Option<CompactString>,
    /// Branch of the source code, chosen like the project.
    pub branch: Option<CompactString>,
    /// Tags of its spans, sorted; the first [`TraceRow::MOST_NAMES`].
    pub tags: Vec<CompactString>,
    /// Agents, sorted; the first [`TraceRow::MOST_NAMES`].
    pub agents: Vec<CompactString>,
    /// Models, sorted; the first [`TraceRow::MOST_NAMES`].
    pub models: Vec<CompactString>,
}

impl TraceRow {
    /// Maximum number of tags, of agents and of models in a summary.
    pub const MOST_NAMES: usize = 1_000;

    /// Size in memory in bytes, contents included.
    pub fn bytes(&self) -> usize {
        let names = [&self.tags, &self.agents, &self.models].into_iter().flatten();
        let names: usize = names.map(|name| size_of::<CompactString>() + name.len()).sum();
        size_of::<Self>() + self.name.len() + names
    }
}

/// A page of traces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TracePage {
    /// Rows in order.
    pub rows: Vec<TraceRow>,
    /// Position of the next page; `None` at the end.
    pub next: Option<Cursor>,
}

/// A field whose values can be counted by traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FacetField {
    /// Service.
    Service,
    /// Framework.
    Framework,
    /// Agent.
    Agent,
    /// Model.
    Model,
    /// Tool.
    Tool,
    /// State.
    Status,
    /// Session.
    Session,
    /// User.
    User,
    /// Convention.
    Convention,
    /// Tag.
    Tag,
    /// Project.
    Project,
    /// Revision of the source code.
    Commit,
    /// Branch of the source code.
    Branch,
    /// Framework of the trace, also in queries for single records.
    TraceFramework,
    /// Class of a failure in the trace, by the words of [`ErrorClass`](crate::ErrorClass).
    Error,
    /// Deployment environment of a span's resource.
    Environment,
    /// Version of a span's service.
    Version,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// The value.
    pub value: CompactString,
    /// Number of traces with it.
    pub traces: u64,
}

impl TraceFilter {
    /// Whether a condition can only be tested on a whole trace, not on one call.
    pub const fn needs_trace(&self) -> bool {
        self.q.is_some()
            || self.tool.is_some()
            || self.status.is_some()
            || self.session.is_some()
            || self.user.is_some()
            || self.tag.is_some()
            || self.project.is_some()
            || self.commit.is_some()
            || self.branch.is_some()
            || self.min_duration.is_some()
            || self.min_cost.is_some()
            || !self.terms.is_empty()
    }
}
