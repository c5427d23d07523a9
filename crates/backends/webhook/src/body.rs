//! Request bodies: `{"type":"quipu.records","timestamp":…,"data":{"records":[…]}}`.

use std::collections::HashMap;

use quipu_core::{Batch, Cost, SpanId, Timestamp, TraceId};

use crate::Config;

const BEGIN: &str = r#"{"type":"quipu.records","timestamp":""#;
const MIDDLE: &str = r#"","data":{"records":["#;
const END: &str = "]}}";
/// Bytes of a time as text.
const TIME: usize = 30;
/// Bytes of a body in addition to its records.
const AROUND: usize = BEGIN.len() + TIME + MIDDLE.len() + END.len();

/// The body of a check request.
pub(crate) fn check(now: Timestamp) -> Vec<u8> {
    format!(r#"{{"type":"quipu.check","timestamp":"{now}","data":{{}}}}"#).into_bytes()
}

/// One body, with the indexes of its records: spans first, then events, metrics and ledger rows.
#[derive(Default)]
pub(crate) struct Body {
    pub bytes: Vec<u8>,
    pub records: Vec<usize>,
}

/// The bodies of a batch, built one by one.
pub(crate) struct Bodies<'a> {
    batch: &'a Batch,
    config: &'a Config,
    rows: HashMap<(TraceId, SpanId), &'a Cost>,
    next: usize,
    /// Records that exceed the size of a body.
    pub too_large: Vec<usize>,
    line: Vec<u8>,
}

impl<'a> Bodies<'a> {
    pub fn new(batch: &'a Batch, config: &'a Config) -> Self {
        let mut rows: HashMap<_, &Cost> = HashMap::with_capacity(batch.costs.len());
        for row in &batch.costs {
            let newest = rows.entry((row.trace_id, row.span_id)).or_insert(row);
            if row.version >= newest.version {
                *newest = row;
            }
        }
        Self { batch, config, rows, next: 0, too_large: Vec::new(), line: Vec::new() }
    }

    /// The index of the first record that is in no body yet.
    pub const fn next(&self) -> usize {
        self.next
    }

    /// The next body; `None` once all records were in one.
    pub fn make(&mut self) -> Option<Body> {
        let (mut list, mut records, mut newest) = (Vec::new(), Vec::new(), None);
        while records.len() < self.config.max_records {
            let Some(time) = self.spell(self.next) else { break };
            let room = self.config.max_bytes - AROUND;
            if self.line.len() > room {
                self.too_large.push(self.next);
                self.next += 1;
                continue;
            }
            if !list.is_empty() && list.len() + self.line.len() + 1 > room {
                break;
            }
            if !list.is_empty() {
                list.push(b',');
            }
            list.extend_from_slice(&self.line);
            records.push(self.next);
            newest = newest.max(Some(time));
            self.next += 1;
        }
        let newest = newest?;
        let time = newest.to_string();
        let bytes = [BEGIN.as_bytes(), time.as_bytes(), MIDDLE.as_bytes(), &list, END.as_bytes()].concat();
        Some(Body { bytes, records })
    }

    /// Writes a record into `line` and returns its time; `None` after the last record.
    fn spell(&mut self, number: usize) -> Option<Timestamp> {
        let Batch { spans, events, metrics, costs } = self.batch;
        self.line.clear();
        let events_at = spans.len();
        let metrics_at = events_at + events.len();
        let costs_at = metrics_at + metrics.len();
        let out = &mut self.line;
        let time = if let Some(span) = spans.get(number) {
            quipu_jsonl::span(out, span, self.rows.get(&(span.trace_id, span.span_id)).copied());
            span.end.unwrap_or(span.start)
        } else if let Some(event) = number.checked_sub(events_at).and_then(|at| events.get(at)) {
            quipu_jsonl::event(out, event);
            event.time
        } else if let Some(metric) = number.checked_sub(metrics_at).and_then(|at| metrics.get(at)) {
            quipu_jsonl::metric(out, metric);
            metric.points.iter().map(|point| point.time).max().unwrap_or_default()
        } else {
            let row = number.checked_sub(costs_at).and_then(|at| costs.get(at))?;
            quipu_jsonl::cost(out, row);
            row.time
        };
        // Removes the line end.
        out.pop();
        Some(time)
    }
}

/// The selected records of a batch.
pub(crate) fn picked(of: &Batch, numbers: &[usize]) -> Batch {
    let mut picked = Batch::default();
    let events_at = of.spans.len();
    let metrics_at = events_at + of.events.len();
    let costs_at = metrics_at + of.metrics.len();
    for number in numbers {
        match *number {
            at if at >= costs_at => picked.costs.extend(of.costs.get(at - costs_at).cloned()),
            at if at >= metrics_at => picked.metrics.extend(of.metrics.get(at - metrics_at).cloned()),
            at if at >= events_at => picked.events.extend(of.events.get(at - events_at).cloned()),
            at => picked.spans.extend(of.spans.get(at).cloned()),
        }
    }
    picked
}
