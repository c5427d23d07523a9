//! JSON lines for programs.

use std::collections::{HashMap, HashSet};

use quipu_core::Batch;

use crate::Config;
use crate::contents::{quiet_event, quiet_span};

/// The batch's lines: spans with their ledger rows, events, metrics if configured, and rows that correct
/// earlier spans.
pub(crate) fn lines(out: &mut Vec<u8>, batch: &Batch, config: &Config) {
    let rows: HashMap<_, _> = batch.costs.iter().map(|row| ((row.trace_id, row.span_id), row)).collect();
    let shown: HashSet<_> = batch.spans.iter().map(|span| (span.trace_id, span.span_id)).collect();
    for span in &batch.spans {
        let row = rows.get(&(span.trace_id, span.span_id)).copied();
        if config.contents {
            quipu_jsonl::span(out, span, row);
        } else {
            quipu_jsonl::span(out, &quiet_span(span), row);
        }
    }
    for event in batch.events.iter().filter(|event| event.level >= config.level) {
        if config.contents {
            quipu_jsonl::event(out, event);
        } else {
            quipu_jsonl::event(out, &quiet_event(event));
        }
    }
    if config.metrics {
        batch.metrics.iter().for_each(|metric| quipu_jsonl::metric(out, metric));
    }
    let corrections = batch.costs.iter().filter(|row| !shown.contains(&(row.trace_id, row.span_id)));
    corrections.for_each(|row| quipu_jsonl::cost(out, row));
}
