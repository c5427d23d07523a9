//! Sessions and their figures.

use quipu_core::{SessionPage, SessionRow, Usd};
use quipu_query::CursorText;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Tokens, TraceSummary, name, names};

/// Summary of a session: totals of its traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Session.
    pub session_id: String,
    /// User of the session, if one of its traces has one.
    pub user_id: Option<String>,
    /// Start of its first trace.
    pub started_at: String,
    /// Start of its latest trace.
    pub last_at: String,
    /// Number of traces.
    pub traces: u64,
    /// LLM calls, each counted once.
    pub llm_calls: u64,
    /// Tool runs.
    pub tool_calls: u64,
    /// Errors of its traces; each counts once, where it began.
    pub errors: u64,
    /// Tokens.
    pub tokens: Tokens,
    /// Computed cost of the priced, metered calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Reason for a null `cost_usd`: `subscription` if all priced calls ran under a subscription, `unpriced`
    /// if calls have no price, `no_usage` without usage.
    pub cost_reason: Option<String>,
    /// List price of calls under a subscription; null without any. `cost_usd` excludes it.
    #[schema(value_type = Option<String>)]
    pub subscription_usd: Option<Usd>,
    /// Participating agents, sorted.
    pub agents: Vec<String>,
    /// Called models, sorted.
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
    /// The `cursor` of the next page; null on the last page.
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
    /// Summary of the session.
    pub session: Session,
    /// Its traces, newest first.
    pub traces: Vec<TraceSummary>,
    /// The `cursor` for its next traces; null on the last page.
    pub next_cursor: Option<String>,
}
