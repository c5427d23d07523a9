//! Routes of the agents of a trace.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use quipu_core::TraceId;

use super::Answer;
use super::traces::no_trace;
use crate::Problem;
use crate::dto::AgentsAnswer;
use crate::extract::{NoParams, id};
use crate::graphs::{TRACE_BYTES, all_spans};
use crate::json::Json;
use crate::shared::Shared;

/// Agents
///
/// Usage of each agent of a trace, on its own and with all agents below it.
#[utoipa::path(get, path = "/api/v1/traces/{trace_id}/agents", tag = "traces",
    params(("trace_id" = String, Path, description = "Trace id, 32 hexadecimal digits.")),
    responses((status = 200, description = "The trace's agents.", body = AgentsAnswer),
        (status = 404, description = "No such trace is stored.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn agents(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    _: NoParams,
) -> Answer<AgentsAnswer> {
    let Path(text) = path?;
    let trace_id = id::<TraceId>(&text)?;
    api.store.trace(trace_id).await?.ok_or_else(|| no_trace(trace_id))?;
    let spans = all_spans(&api, trace_id, TRACE_BYTES).await?;
    Ok(Json(AgentsAnswer::new(trace_id, &spans.rows, spans.complete)))
}
