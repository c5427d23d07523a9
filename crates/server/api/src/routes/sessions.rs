//! Routes of sessions.

use crate::json::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use quipu_core::SessionQuery;

use super::Answer;
use crate::Problem;
use crate::dto::{FilterParams, PageParams, Session, SessionAnswer, SessionsAnswer, TracesAnswer};
use crate::extract::Ask;
use crate::shared::Shared;

/// Sessions
///
/// One page of sessions, latest activity first.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "sessions", params(FilterParams, PageParams),
    responses((status = 200, description = "One page of sessions.", body = SessionsAnswer)))]
pub(crate) async fn sessions(State(api): Shared, Ask(params): Ask) -> Answer<SessionsAnswer> {
    let page = api.store.sessions(&params.session_query()?).await?;
    Ok(Json(SessionsAnswer::from(&page)))
}

/// Session
///
/// One session with its traces, newest first.
#[utoipa::path(get, path = "/api/v1/sessions/{session_id}", tag = "sessions",
    params(("session_id" = String, Path, description = "Session id, percent-encoded."),
        ("limit" = Option<u64>, Query, description = "Maximum number of traces, 1 to 10,000; default 10,000."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the previous page.")),
    responses((status = 200, description = "The session.", body = SessionAnswer),
        (status = 404, description = "No such session is stored.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn session(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    Ask(params): Ask,
) -> Answer<SessionAnswer> {
    let Path(session_id) = path?;
    let query = params.session_traces(&session_id)?;
    let one = SessionQuery { filter: query.filter.clone(), limit: 1, cursor: None };
    let missing = || Problem::not_found("Session not found", format!("No session {session_id:?} is stored."));
    let page = api.store.sessions(&one).await?;
    let session = page.rows.first().map(Session::from).ok_or_else(missing)?;
    let TracesAnswer { traces, next_cursor } =
        TracesAnswer::new(&api.store.traces(&query).await?, query.sort);
    Ok(Json(SessionAnswer { session, traces, next_cursor }))
}
