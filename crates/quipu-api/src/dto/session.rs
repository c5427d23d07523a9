//! Sessions and their figures.

use quipu_core::{SessionPage, SessionRow, Usd};
use quipu_query::CursorText;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Tokens, TraceSummary, name, names};

/// One session in figures: sums over its traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Session.
    pub session_id: String,
    /// Its user, when one of its traces names one.
    pub user_id: Option<String>,
    /// Start of its first trace.
    pub started_at: String,
    /// Start of its last trace.
    pub last_at: String,
    /// Traces.
    pub traces: u64,
    /// LLM calls, each counted once.
    pub llm_calls: u64,
    /// Tool runs.
    pub tool_calls: u64,
    /// Failures of its traces, each once.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced calls; null when none is priced.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Why `cost_usd` is null: `subscription` when all that is priced ran under a subscription, `unpriced`
    /// when calls have no price, `no_usage` when nothing was used.
    pub cost_reason: Option<String>,
    /// List price of calls under a subscription; not part of `cost_usd`, null when there are none.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// Participating agents, sorted.
    pub agents: Vec<String>,
    /// Models that were called, sorted.
    pub models: Vec<String>,
}

impl From<&SessionRow> for Session {
    fn from(row: &SessionRow) -> Self {
        let reason = match (row.subscription, row.tokens.total()) {
            (Some(_), _) => "subscription",
            (None, 1..) => "unpriced",
            (None, 0) => "no_usage",
        };
        Self {
            session_id: row.session.to_string(),
            user_id: name(row.user.as_ref()),
            started_at: row.started_at.to_string(),
            last_at: row.last_at.to_string(),
            traces: row.traces,
            llm_calls: row.llm_calls,
            tool_calls: row.tool_calls,
            errors: row.errors,
            tokens: row.tokens.into(),
            cost_usd: row.cost,
            cost_reason: row.cost.is_none().then(|| reason.to_owned()),
            subscription_usd: row.subscription,
            agents: names(&row.agents),
            models: names(&row.models),
        }
    }
}

/// One page of sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionsAnswer {
    /// Sessions, latest activity first.
    pub sessions: Vec<Session>,
    /// Give this as `cursor` for the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl From<&SessionPage> for SessionsAnswer {
    fn from(page: &SessionPage) -> Self {
        Self {
            sessions: page.rows.iter().map(Session::from).collect(),
            next_cursor: page.next.as_ref().map(|(at, session)| CursorText::of_session(*at, session)),
        }
    }
}

/// One session with its traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionAnswer {
    /// The session in figures.
    pub session: Session,
    /// Its traces, newest first.
    pub traces: Vec<TraceSummary>,
    /// Give this as `cursor` for its next traces; null at the end.
    pub next_cursor: Option<String>,
}
