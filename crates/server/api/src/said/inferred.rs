//! An inferred tool run, in the form of a span.

use std::sync::Arc;

use quipu_core::{InferredRun, SpanId, SpanRow, ToldRun, TraceId, Value};
use quipu_insight::inferred_rows;

use super::calls;
use crate::graphs::{AllSpans, TRACE_BYTES, all_spans};
use crate::shared::Api;
use crate::{Problem, dto};

/// The inferred run with this id, completed from the messages of its two calls.
pub(crate) async fn inferred(
    api: &Arc<Api>,
    trace_id: TraceId,
    span_id: SpanId,
) -> Result<Option<dto::Span>, Problem> {
    let AllSpans { rows, hold: _hold, .. } = all_spans(api, trace_id, TRACE_BYTES).await?;
    let Some((call, run)) = rows.iter().find_map(|row| Some((row, run_of(row, span_id)?))) else {
        return Ok(None);
    };
    let Some(row) = inferred_rows(call).find(|row| row.span_id == span_id) else { return Ok(None) };
    let mut told = said(api, trace_id, call.span_id)
        .await?
        .and_then(|said| ToldRun::find(&said, run.key))
        .unwrap_or_default();
    if told.arguments.is_none() {
        told.arguments = arguments(api, trace_id, &rows, run).await?;
    }
    let mut span = dto::Span::from(&row);
    span.tool_arguments = told.arguments.as_ref().map(dto::json);
    span.tool_result = told.result.as_ref().map(dto::json);
    span.inferred_from = Some(call.span_id.to_string());
    Ok(Some(span))
}

fn run_of(row: &SpanRow, span_id: SpanId) -> Option<&InferredRun> {
    let cost = row.cost.as_ref()?;
    cost.inferred.iter().find(|run| run.span_id(cost.trace_id, row.span_id) == span_id)
}

/// The arguments in the answer of the call that requested the run, found by the end of that call.
async fn arguments(
    api: &Arc<Api>,
    trace_id: TraceId,
    rows: &[SpanRow],
    run: &InferredRun,
) -> Result<Option<Value>, Problem> {
    let ends = |row: &&SpanRow| row.duration.map(|duration| row.start.plus(duration)) == run.since;
    let calls = rows.iter().filter(|row| row.kind.is_call() && run.since.is_some()).filter(ends);
    for call in calls {
        let said = said(api, trace_id, call.span_id).await?;
        if let Some(arguments) = said.and_then(|said| ToldRun::arguments_in(&said, run.key)) {
            return Ok(Some(arguments));
        }
    }
    Ok(None)
}

async fn said(
    api: &Arc<Api>,
    trace_id: TraceId,
    span_id: SpanId,
) -> Result<Option<quipu_core::Messages>, Problem> {
    let Some(row) = api.store.span(trace_id, span_id).await? else { return Ok(None) };
    Ok(calls(api, trace_id, vec![row]).await?.pop().map(|call| call.said))
}
