//! Routes of a trace in display order, and of its search.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use quipu_core::TraceId;

use super::Answer;
use super::traces::no_trace;
use crate::Problem;
use crate::dto::{OutlineAnswer, OutlineParams};
use crate::extract::{Ask, id};
use crate::json::Json;
use crate::shared::Shared;

/// Maximum number of rows on a page.
const MOST: usize = 10_000;

/// Outline
///
/// A trace in display order, as columns. Every span comes before its children, and siblings are sorted by
/// start. Spans with a missing parent are roots. Each page has the version of its trace.
#[utoipa::path(get, path = "/api/v1/traces/{trace_id}/outline", tag = "traces",
    params(("trace_id" = String, Path, description = "Trace id, 32 hexadecimal digits."), OutlineParams),
    responses((status = 200, description = "One page of rows.", body = OutlineAnswer),
        (status = 404, description = "No such trace is stored.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn outline(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    Ask(params): Ask,
) -> Answer<OutlineAnswer> {
    let Path(text) = path?;
    let trace_id = id::<TraceId>(&text)?;
    params.allow(&[&["at", "limit"]], &[])?;
    let at = params.read("at", "the number of a row, from 0 on", |text| text.parse::<usize>().ok())?;
    let limit = params.limit(MOST, MOST)?;
    let row = api.store.trace(trace_id).await?.ok_or_else(|| no_trace(trace_id))?;
    let built = api.outlines.of(&row).await?;
    Ok(Json(OutlineAnswer::new(&row, built.version, &built.outline, at.unwrap_or(0), limit)))
}
