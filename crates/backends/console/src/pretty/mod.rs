//! Pretty lines for users.

mod event;
mod figures;
mod line;
mod metrics;
mod span;
mod style;
mod text;

use std::collections::HashMap;

use quipu_core::{Batch, Cost, SpanId, Timestamp, TraceId};

use crate::Config;
use line::Line;

/// The batch's lines in time order: an event by its time, a span by its end.
pub(crate) fn lines(out: &mut Vec<u8>, batch: &Batch, config: &Config, coloured: bool) {
    let rows = newest(&batch.costs);
    let mut lines: Vec<(Timestamp, Line)> = Vec::with_capacity(batch.spans.len() + batch.events.len());
    for span in &batch.spans {
        let row = rows.get(&(span.trace_id, span.span_id)).copied();
        lines.push((span.end.unwrap_or(span.start), span::line(span, row, config.contents, coloured)));
    }
    for event in batch.events.iter().filter(|event| event.level >= config.level) {
        lines.push((event.time, event::line(event, config.contents, coloured)));
    }
    // The sort is stable: items of the same time keep their order.
    lines.sort_by_key(|(time, _)| *time);
    lines.into_iter().for_each(|(_, line)| line.end(out));
    if config.metrics {
        metrics::lines(out, &batch.metrics, coloured);
    }
}

/// The latest row of each span.
fn newest(costs: &[Cost]) -> HashMap<(TraceId, SpanId), &Cost> {
    let mut rows = HashMap::with_capacity(costs.len());
    for row in costs {
        let newest = rows.entry((row.trace_id, row.span_id)).or_insert(row);
        if row.version >= newest.version {
            *newest = row;
        }
    }
    rows
}
