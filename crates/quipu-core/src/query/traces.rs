//! Questions for traces, and what traces are filtered, sorted and counted by.

use compact_str::CompactString;

use super::{ROWS, Term};
use crate::{Timestamp, Tokens, TraceId, Usd};

/// A trace's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum TraceStatus {
    /// Finished; nothing was said of success.
    #[default]
    Unset,
    /// Its root, or a root, was said to be good.
    Ok,
    /// A root failed; while no root has arrived, any span failed.
    Error,
    /// No root has ended yet: none arrived, or it has no end.
    Running,
}

impl TraceStatus {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Running => "running",
        }
    }
}

/// Which traces are meant. Every field that is set must match; times are half-open.
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
    /// Tag that it bears.
    pub tag: Option<String>,
    /// Project.
    pub project: Option<String>,
    /// Revision of the source code.
    pub commit: Option<String>,
    /// Branch of the source code.
    pub branch: Option<String>,
    /// Lasted at least so many nanoseconds.
    pub min_duration: Option<i64>,
    /// Cost at least.
    pub min_cost: Option<Usd>,
    /// What else must hold, all of it.
    pub terms: Vec<Term>,
}

/// Order of traces; ties go by trace id.
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
    /// Dearest first.
    Dearest,
    /// Cheapest first.
    Cheapest,
    /// Most tokens first.
    MostTokens,
    /// Fewest tokens first.
    FewestTokens,
}

/// Where a page ended: the sort figure (nanoseconds, billionths of a dollar, or tokens) and trace of its last row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Sort figure of the last row.
    pub value: i64,
    /// Trace of the last row.
    pub trace_id: TraceId,
}

/// A question for traces. By default the newest 100.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceQuery {
    /// Which.
    pub filter: TraceFilter,
    /// In which order.
    pub sort: Sort,
    /// Rows wanted; at least 1.
    pub limit: usize,
    /// Continue after.
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
    /// Name of its root span; while none has arrived, of its earliest span.
    pub name: String,
    /// Service of that span.
    pub service: Option<CompactString>,
    /// Framework, as most particular as known.
    pub framework: Option<CompactString>,
    /// Convention that its spans were read by.
    pub convention: Option<CompactString>,
    /// Earliest start.
    pub started_at: Timestamp,
    /// Nanoseconds from the earliest start to the latest end known.
    pub duration: i64,
    /// State.
    pub status: TraceStatus,
    /// Its spans, without those that were made from another signal and whose ledger row does not count, or is not there. A
    /// trace of none is in no list; by its id it is known.
    pub spans: u64,
    /// LLM calls.
    pub llm_calls: u64,
    /// Tool runs.
    pub tool_calls: u64,
    /// Failed ones among them.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the calls that are priced and metered; `None` when none is.
    pub cost: Option<Usd>,
    /// What use under a subscription would have cost by list price; no part of `cost`.
    pub subscription: Option<Usd>,
    /// Counted rows without a price, for whatever reason (`Cost::unpriced`).
    pub unpriced_calls: u64,
    /// Cost that the source reported; `None` when it reported none.
    pub reported_cost: Option<Usd>,
    /// Session.
    pub session: Option<CompactString>,
    /// User.
    pub user: Option<CompactString>,
    /// Project: one of those that its spans name, the first in order.
    pub project: Option<CompactString>,
    /// Revision of the source code, chosen as the project is.
    pub commit: Option<CompactString>,
    /// Branch of the source code, chosen as the project is.
    pub branch: Option<CompactString>,
    /// Tags of its spans, sorted.
    pub tags: Vec<CompactString>,
    /// Agents, sorted.
    pub agents: Vec<CompactString>,
    /// Models, sorted.
    pub models: Vec<CompactString>,
}

impl TraceRow {
    /// Bytes that it takes with all that it holds.
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
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// A field that traces can be counted by.
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
    /// Framework of the trace, also where single records are asked for.
    TraceFramework,
    /// Class of a failure in it, by the words of [`ErrorClass`](crate::ErrorClass).
    Error,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// The value.
    pub value: CompactString,
    /// Traces that have it.
    pub traces: u64,
}

impl TraceFilter {
    /// Whether the filter asks for anything that only a trace, not one of its calls, can answer.
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
