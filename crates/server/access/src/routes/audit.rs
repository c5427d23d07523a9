//! Routes that read and verify the audit log.

use axum::Json as JsonAnswer;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use quipu_audit::{AuditQuery, Outcome};
use quipu_core::{ErrorKind, Timestamp};
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;

use super::body::Params;
use super::dto::{AuditAnswer, VerdictAnswer};
use crate::access::Access;
use crate::refusal::Refusal;

/// Filters of audit entries.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    since: Option<String>,
    until: Option<String>,
    actor: Option<String>,
    action: Option<String>,
    object: Option<String>,
    project: Option<String>,
    outcome: Option<Outcome>,
    before: Option<u64>,
    limit: Option<usize>,
}

/// Audit log
///
/// The entries, newest first. To read on, pass `next` as `before`.
#[utoipa::path(get, path = "/api/v1/audit", tag = "access",
    params(("since" = Option<String>, Query, description = "Written at or after: RFC 3339."),
        ("until" = Option<String>, Query, description = "Written before: RFC 3339."),
        ("actor" = Option<String>, Query, description = "Actor: its id, or `kind:id`."),
        ("action" = Option<String>, Query, description = "Action; a trailing `.` matches all actions with that prefix."),
        ("object" = Option<String>, Query, description = "Object of the action."),
        ("project" = Option<String>, Query, description = "Project of the action."),
        ("outcome" = Option<String>, Query, description = "`done`, `denied` or `failed`."),
        ("before" = Option<u64>, Query, description = "Only entries with a lower number."),
        ("limit" = Option<usize>, Query, description = "Maximum number of entries on the page.")),
    responses((status = 200, description = "The entries.", body = AuditAnswer)))]
pub async fn audit(
    State(access): State<Access>,
    Params(ask): Params<Ask>,
) -> Result<JsonAnswer<AuditAnswer>, Refusal> {
    let query = AuditQuery {
        since: time("since", ask.since)?,
        until: time("until", ask.until)?,
        actor: ask.actor,
        action: ask.action,
        object: ask.object,
        project: ask.project,
        outcome: ask.outcome,
        before: ask.before,
        limit: ask.limit,
    };
    Ok(JsonAnswer(access.audit.page(query).await?.into()))
}

fn time(name: &str, text: Option<String>) -> Result<Option<Timestamp>, Refusal> {
    let read = text.map(|text| text.parse::<Timestamp>()).transpose();
    read.map_err(|error| Refusal::bad(format!("{name}: {error}.")))
}

/// A range of time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    since: Option<String>,
    until: Option<String>,
}

/// Export the audit log
///
/// The lines as stored in the files, oldest first, for storage or verification elsewhere. An interrupted
/// answer is incomplete.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "access",
    params(("since" = Option<String>, Query, description = "Written at or after: RFC 3339."),
        ("until" = Option<String>, Query, description = "Written before: RFC 3339.")),
    responses((status = 200, description = "JSON Lines.", body = String, content_type = "application/x-ndjson"),
        (status = 503, description = "Two exports are already running.", body = crate::refusal::Problem, content_type = "application/problem+json")))]
pub async fn export(State(access): State<Access>, Params(span): Params<Span>) -> Result<Response, Refusal> {
    let (since, until) = (time("since", span.since)?, time("until", span.until)?);
    let lines = access.audit.export(since, until).map_err(|error| match error.kind() {
        ErrorKind::Exhausted => Refusal::later(format!("{}.", error.context())),
        _ => Refusal::from(error),
    })?;
    let lines = ReceiverStream::new(lines);
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// Verify the audit log
///
/// Checks that every entry is chained to the one before it.
#[utoipa::path(get, path = "/api/v1/audit/verify", tag = "access",
    responses((status = 200, description = "The result.", body = VerdictAnswer)))]
pub async fn verify(State(access): State<Access>) -> Result<JsonAnswer<VerdictAnswer>, Refusal> {
    Ok(JsonAnswer(access.audit.verify().await?.into()))
}
