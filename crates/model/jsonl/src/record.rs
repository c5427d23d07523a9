//! Lines of records: one JSON object for each record.

use std::collections::HashMap;

use quipu_core::{Batch, Cost, Event, Metric, Result, Span};

use crate::fields::{Fields, wrong};
use crate::json::Json;

/// One record of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// `"record":"span"`
    Span(Box<Span>),
    /// `"record":"event"`
    Event(Box<Event>),
    /// `"record":"metric"`: one metric with its points.
    Metric(Box<Metric>),
    /// `"record":"cost"`: one ledger row.
    Cost(Box<Cost>),
}

impl Record {
    /// Adds it to a batch.
    pub fn put_into(self, batch: &mut Batch) {
        match self {
            Self::Span(span) => batch.spans.push(*span),
            Self::Event(event) => batch.events.push(*event),
            Self::Metric(metric) => batch.metrics.push(*metric),
            Self::Cost(cost) => batch.costs.push(*cost),
        }
    }
}

/// Appends every record of a batch, one line each: spans with the cost of their ledger rows, then events,
/// metrics and the rows themselves.
pub fn batch(out: &mut Vec<u8>, of: &Batch) {
    let mut rows: HashMap<_, &Cost> = HashMap::with_capacity(of.costs.len());
    for row in &of.costs {
        let newest = rows.entry((row.trace_id, row.span_id)).or_insert(row);
        if row.version >= newest.version {
            *newest = row;
        }
    }
    for one in &of.spans {
        span(out, one, rows.get(&(one.trace_id, one.span_id)).copied());
    }
    of.events.iter().for_each(|one| event(out, one));
    of.metrics.iter().for_each(|one| metric(out, one));
    of.costs.iter().for_each(|one| cost(out, one));
}

/// Appends a span's line, with the cost of its ledger row if given.
pub fn span(out: &mut Vec<u8>, of: &Span, row: Option<&Cost>) {
    crate::span::write(out, of, row);
    out.push(b'\n');
}

/// Appends an event's line.
pub fn event(out: &mut Vec<u8>, of: &Event) {
    crate::event::write(out, of);
    out.push(b'\n');
}

/// Appends a metric's line.
pub fn metric(out: &mut Vec<u8>, of: &Metric) {
    crate::metric::write(out, of);
    out.push(b'\n');
}

/// Appends a ledger row's line.
pub fn cost(out: &mut Vec<u8>, of: &Cost) {
    crate::cost::write(out, of);
    out.push(b'\n');
}

/// Reads one line. Unknown fields are ignored, so that lines of newer releases can be read.
///
/// # Errors
/// The line is not a complete record. The error text names the field, and contains nothing of the line.
pub fn read(line: &[u8]) -> Result<Record> {
    // The message has a position, never contents.
    let json: Json = serde_json::from_slice(line)
        .map_err(|error| wrong(format!("not JSON: column {} of {} bytes", error.column(), line.len())))?;
    let mut fields = Fields::new("line", json)?;
    let word: String = fields.need("record")?;
    match word.as_str() {
        "span" => crate::span::read(&mut fields).map(|span| Record::Span(Box::new(span))),
        "event" => crate::event::read(&mut fields).map(|event| Record::Event(Box::new(event))),
        "metric" => crate::metric::read(&mut fields).map(|metric| Record::Metric(Box::new(metric))),
        "cost" => crate::cost::read(&mut fields).map(|cost| Record::Cost(Box::new(cost))),
        _ => Err(wrong("line record: not span, event, metric or cost")),
    }
}
