//! Questions for sessions.

use compact_str::CompactString;

use super::ROWS;
use crate::{Timestamp, Tokens, TraceFilter, Usd};

/// A question for sessions. By default the 100 that were active last.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionQuery {
    /// Sessions of these traces; `session` picks one.
    pub filter: TraceFilter,
    /// Rows wanted; at least 1.
    pub limit: usize,
    /// Continue after the session with this last activity and id.
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
    /// Its user, when one trace of it names one.
    pub user: Option<CompactString>,
    /// Start of its first trace.
    pub started_at: Timestamp,
    /// Start of its last trace.
    pub last_at: Timestamp,
    /// Traces.
    pub traces: u64,
    /// LLM calls.
    pub llm_calls: u64,
    /// Tool runs.
    pub tool_calls: u64,
    /// Failed spans.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost; `None` when nothing is priced.
    pub cost: Option<Usd>,
    /// What use under a subscription would have cost by list price; no part of `cost`.
    pub subscription: Option<Usd>,
    /// Agents, sorted.
    pub agents: Vec<CompactString>,
    /// Models, sorted.
    pub models: Vec<CompactString>,
}

impl SessionRow {
    /// Bytes that it takes with all that it holds.
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
    /// Where to go on; `None` at the end.
    pub next: Option<(Timestamp, String)>,
}
