//! Inferred tool runs as rows of their trace.

use quipu_core::{InferredRun, Kind, SpanRow, Status};

/// The tool runs inferred from a call, as rows. Each spans from the end of the call that requested it to the
/// start of this call. A run with an unknown start has no duration, and stands at its end.
pub fn inferred_rows(row: &SpanRow) -> impl Iterator<Item = SpanRow> {
    let runs = row.cost.iter().flat_map(|cost| cost.inferred.iter().map(move |run| (cost, run)));
    runs.map(|(cost, run)| SpanRow {
        span_id: run.span_id(cost.trace_id, row.span_id),
        parent_id: row.parent_id,
        name: run.tool.clone(),
        kind: Kind::Tool,
        start: run.since.unwrap_or(row.start),
        duration: Some(run.since.map_or(0, |since| row.start.since(since).max(0))),
        status: status(run),
        agent: row.agent.clone().or_else(|| cost.agent.clone()),
        provider: None,
        model: None,
        tool: Some(run.tool.clone()),
        first_token: None,
        triggered: None,
        cost: None,
        conflicts: Vec::new(),
        raw: None,
    })
}

const fn status(run: &InferredRun) -> Status {
    if run.failed { Status::Error } else { Status::Unset }
}
