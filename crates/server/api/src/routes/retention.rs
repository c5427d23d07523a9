//! Routes of data retention, and of held traces.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use quipu_admission::Principal;
use quipu_core::{Hold, Result as StoreResult, Retention, TraceId};

use super::Answer;
use crate::Problem;
use crate::body::{Write, bad};
use crate::dto::{
    HeldTrace, HoldAsk, HoldsAnswer, ReleasedAnswer, RetentionAnswer, RetentionAsk, RetiredAnswer,
};
use crate::extract::{NoParams, id};
use crate::json::Json;
use crate::shared::{Api, Shared};
use crate::spawned::spawn;
use crate::state::Deed;

/// Maximum characters of a hold's reason.
const NOTE: usize = 500;

/// Retention
///
/// The active rules, and the number of held traces. The config sets the rules.
#[utoipa::path(get, path = "/api/v1/retention", tag = "retention",
    responses((status = 200, description = "The rules.", body = RetentionAnswer)))]
pub(crate) async fn retention(State(api): Shared, _: NoParams) -> Answer<RetentionAnswer> {
    let holds = all_holds(&api).await?.len() as u64;
    Ok(Json(RetentionAnswer { rules: (*api.retention).clone(), removes: api.retention.removes(), holds }))
}

/// Preview retention
///
/// Dry run of retention, with the active rules or those in the body: days, records and approximate bytes.
/// Nothing is removed.
#[utoipa::path(post, path = "/api/v1/retention/preview", tag = "retention", request_body = RetentionAsk,
    responses((status = 200, description = "The records that a run would remove.", body = RetiredAnswer),
        (status = 501, description = "The store does not support retention.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn preview_retention(State(api): Shared, body: Write) -> Result<Response, Problem> {
    retire(&api, &body, true).await
}

/// Run retention
///
/// Applies retention now, with the active rules or those in the body, instead of at the server's scheduled
/// time. The run continues if the client disconnects.
#[utoipa::path(post, path = "/api/v1/retention/run", tag = "retention", request_body = RetentionAsk,
    responses((status = 200, description = "The removed records.", body = RetiredAnswer),
        (status = 403, description = "The store is read-only, or access is denied.", body = Problem,
            content_type = "application/problem+json"),
        (status = 501, description = "The store does not support retention.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn run_retention(State(api): Shared, body: Write) -> Result<Response, Problem> {
    retire(&api, &body, false).await
}

async fn retire(api: &Arc<Api>, body: &Write, dry_run: bool) -> Result<Response, Problem> {
    let ask: RetentionAsk = body.json()?;
    let rules = match ask.rules {
        Some(rules) => rules.checked().map_err(|wrong| bad(format!("{wrong}.")))?,
        None => Retention::clone(&api.retention),
    };
    let (store, now) = (Arc::clone(&api.store), api.clock.now());
    // The client may disconnect: a removal that has begun runs to its end.
    let done = spawn(async move { store.need_retention()?.retire(&rules, now, dry_run).await }).await;
    let told = done.map_err(|error| {
        tracing::error!(error = %error, "retention failed");
        let detail = "Retention failed; the server's log says where.";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    })??;
    let answer = RetiredAnswer::of(told, dry_run);
    let detail = vec![
        ("days", answer.days.len().to_string()),
        ("traces", answer.days.iter().map(|day| day.traces).sum::<u64>().to_string()),
        ("spans", answer.days.iter().map(|day| day.spans).sum::<u64>().to_string()),
        ("freed_bytes", answer.freed_bytes.to_string()),
    ];
    Ok(Deed { preview: dry_run, detail }.with(Json(answer)))
}

/// Every hold, latest first; none in a store without retention.
async fn all_holds(api: &Api) -> StoreResult<Vec<Hold>> {
    match api.store.retention() {
        Some(retention) => retention.holds().await,
        None => Ok(Vec::new()),
    }
}

/// Holds
///
/// All held traces, latest first.
#[utoipa::path(get, path = "/api/v1/holds", tag = "retention",
    responses((status = 200, description = "Holds.", body = HoldsAnswer)))]
pub(crate) async fn holds(State(api): Shared, _: NoParams) -> Answer<HoldsAnswer> {
    let holds = all_holds(&api).await?;
    Ok(Json(HoldsAnswer { holds: holds.into_iter().map(HeldTrace::from).collect() }))
}

/// Hold a trace
///
/// Holds a trace: retention does not remove it, or its spans, ledger rows and events, until it is released. A
/// held trace keeps its first hold. A deletion of the trace also deletes the hold.
#[utoipa::path(post, path = "/api/v1/traces/{trace_id}/hold", tag = "retention", request_body = HoldAsk,
    params(("trace_id" = String, Path, description = "Trace id.")),
    responses((status = 200, description = "The hold.", body = HeldTrace),
        (status = 404, description = "There is no such trace.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The maximum of 10,000 held traces is reached.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn hold(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    author: Option<Extension<Principal>>,
    body: Write,
) -> Answer<HeldTrace> {
    let Path(text) = path?;
    let trace_id: TraceId = id(&text)?;
    let HoldAsk { note } = body.json()?;
    if note.chars().count() > NOTE || note.chars().any(char::is_control) {
        return Err(bad(format!("note: expected at most {NOTE} characters, without line breaks.")));
    }
    if api.store.trace(trace_id).await?.is_none() {
        return Err(unknown(trace_id));
    }
    let retention = api.store.need_retention()?;
    let by = author.and_then(|Extension(principal)| principal.label()).unwrap_or_default();
    retention.hold(&[Hold { trace_id, since: api.clock.now(), by, note }]).await?;
    let held = retention.holds().await?.into_iter().find(|hold| hold.trace_id == trace_id);
    held.map(|hold| Json(hold.into())).ok_or_else(|| unknown(trace_id))
}

/// Release a trace
///
/// Ends the hold. The next retention run may remove the trace.
#[utoipa::path(delete, path = "/api/v1/traces/{trace_id}/hold", tag = "retention",
    params(("trace_id" = String, Path, description = "Trace id.")),
    responses((status = 200, description = "Whether it was held.", body = ReleasedAnswer)))]
pub(crate) async fn release(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: Write,
) -> Answer<ReleasedAnswer> {
    let Path(text) = path?;
    let trace_id: TraceId = id(&text)?;
    Ok(Json(ReleasedAnswer { released: api.store.need_retention()?.release(&[trace_id]).await? > 0 }))
}

fn unknown(trace_id: TraceId) -> Problem {
    Problem::not_found("No such trace", format!("There is no trace {trace_id}."))
}
