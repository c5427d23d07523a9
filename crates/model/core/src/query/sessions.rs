//! Queries for sessions.

use compact_str::CompactString;

use super::ROWS;
use crate::{Timestamp, Tokens, TraceFilter, Usd};

/// A query for sessions. The default is the 100 with the latest activity.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionQuery {
    /// Sessions of these traces; `session` selects one.
    pub filter: TraceFilter,
    /// Requested rows; at least 1.
    pub limit: usize,
    /// Position after the session with this last activity and id.
    pub cursor: Option<(Timestamp, String)>,
}

impl Default for SessionQuery {
    fn default() -> Self {
        Self { filter: TraceFilter::default(), limit: ROWS, cursor: None }
    }
}

/// A session's summary.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRow {
    /// The session.
    pub session: CompactString,
    /// Its user, if one of its traces names one.
    pub user: Option<CompactString>,
    /// Start of its first trace.
    pub started_at: Timestamp,
    /// Start of its last trace.
    pub last_at: Timestamp,
    /// Number of traces.
    pub traces: u64,
    /// Number of LLM calls.
    pub llm_calls: u64,
    /// Number of tool runs.
    pub tool_calls: u64,
    /// Failures of its traces.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost; `None` if nothing is priced.
    pub cost: Option<Usd>,
    /// List price of the use under a subscription; not part of `cost`.
    pub subscription: Option<Usd>,
    /// Agents, sorted; the first [`TraceRow::MOST_NAMES`](crate::TraceRow::MOST_NAMES).
    pub agents: Vec<CompactString>,
    /// Models, sorted; the first [`TraceRow::MOST_NAMES`](crate::TraceRow::MOST_NAMES).
    pub models: Vec<CompactString>,
}

impl SessionRow {
    /// Size in memory in bytes, contents included.
    pub fn bytes(&self) -> usize {
        let names = [&self.agents, &self.models].into_iter().flatten();
        let names: usize = names.map(|name| size_of::<CompactString>() + name.len()).sum();
        size_of::<Self>() + self.session.len() + names
    }
}

/// A page of sessions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionPage {
    /// Rows, latest activity first.
    pub rows: Vec<SessionRow>,
    /// Position of the next page; `None` at the end.
    pub next: Option<(Timestamp, String)>,
}
