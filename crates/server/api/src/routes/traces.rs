//! Routes of traces and their spans.

use crate::json::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use quipu_core::{SpanId, SpanRow, TraceId};

use super::Answer;
use super::trace_text;
use crate::Problem;
use crate::dto::{FilterParams, PageParams, SpanAnswer, SpanParams, TraceAnswer, TraceParams, TracesAnswer};
use crate::extract::{Ask, NoParams, id};
use crate::said;
use crate::shared::{Api, Shared};

/// Traces
///
/// One page of traces, newest first unless sorted otherwise.
#[utoipa::path(get, path = "/api/v1/traces", tag = "traces", params(FilterParams, TraceParams, PageParams),
    responses((status = 200, description = "One page of traces.", body = TracesAnswer)))]
pub(crate) async fn traces(State(api): Shared, Ask(params): Ask) -> Answer<TracesAnswer> {
    let query = params.trace_query()?;
    let page = api.store.traces(&query).await?;
    Ok(Json(TracesAnswer::new(&page, query.sort)))
}

/// Trace
///
/// One trace with its spans, or one page of them.
#[utoipa::path(get, path = "/api/v1/traces/{trace_id}", tag = "traces",
    params(("trace_id" = String, Path, description = "Trace id, 32 hexadecimal digits."), SpanParams),
    responses((status = 200, description = "The trace.", body = TraceAnswer),
        (status = 404, description = "No such trace is stored.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn trace(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    Ask(params): Ask,
) -> Result<Response, Problem> {
    let Path(text) = path?;
    let (trace_id, ask) = (id::<TraceId>(&text)?, params.span_ask()?);
    let row = api.store.trace(trace_id).await?.ok_or_else(|| no_trace(trace_id))?;
    trace_text::answer(api, &row, ask.query(trace_id, row.spans)).await
}

/// Span
///
/// One span in full. An inferred tool run of the outline is also answered as a span, with `inferred_from`.
#[utoipa::path(get, path = "/api/v1/traces/{trace_id}/spans/{span_id}", tag = "traces",
    params(("trace_id" = String, Path, description = "Trace id, 32 hexadecimal digits."),
        ("span_id" = String, Path, description = "Span id, 16 hexadecimal digits.")),
    responses((status = 200, description = "The span.", body = SpanAnswer),
        (status = 404, description = "No such span is stored.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn span(
    State(api): Shared,
    path: Result<Path<(String, String)>, PathRejection>,
    _: NoParams,
) -> Answer<SpanAnswer> {
    let Path((trace, span)) = path?;
    let (trace_id, span_id) = (id::<TraceId>(&trace)?, id::<SpanId>(&span)?);
    let Some(row) = api.store.span(trace_id, span_id).await? else {
        let inferred = said::inferred(&api, trace_id, span_id).await?;
        return inferred.map(|span| Json(SpanAnswer { span })).ok_or_else(|| no_span(trace_id, span_id));
    };
    let missing = no_span(trace_id, row.span_id);
    let mut records = said::Records::of(trace_id, row.start);
    let mut spans = said::spans(&api, trace_id, vec![row]).await?;
    records.add(&api, &mut spans).await?;
    let span = spans.pop().ok_or(missing)?;
    Ok(Json(SpanAnswer { span }))
}

/// The span at a path, in full.
pub(super) async fn named_span(
    api: &Api,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<(TraceId, SpanRow), Problem> {
    let Path((trace, span)) = path?;
    let (trace_id, span_id) = (id::<TraceId>(&trace)?, id::<SpanId>(&span)?);
    let row = api.store.span(trace_id, span_id).await?.ok_or_else(|| no_span(trace_id, span_id))?;
    Ok((trace_id, row))
}

pub(super) fn no_span(trace_id: TraceId, span_id: SpanId) -> Problem {
    Problem::not_found("Span not found", format!("No span {span_id} of trace {trace_id} is stored."))
}

pub(super) fn no_trace(trace_id: TraceId) -> Problem {
    let detail =
        format!("No trace {trace_id} is stored. It has not arrived yet, or its day has been removed.");
    Problem::not_found("Trace not found", detail)
}
