//! Bodies of `_bulk`: for each record, one line with an action and one with the document.
//! <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk>

use std::collections::HashMap;
use std::fmt::Write as _;

use quipu_core::{Batch, Cost, Metric, SpanId, Timestamp, TraceId};
use sha2::{Digest as _, Sha256};

use crate::Config;
use crate::document::{self, StreamName};

/// A record of a batch, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Record {
    Span(usize),
    Event(usize),
    /// A metric and one of its points.
    Point(usize, usize),
    Cost(usize),
}

/// Every record of a batch. Ledger rows follow their spans.
pub(crate) fn records(of: &Batch) -> impl Iterator<Item = Record> {
    let points = |(at, metric): (usize, &Metric)| (0..metric.points.len()).map(move |point| (at, point));
    let points = of.metrics.iter().enumerate().flat_map(points);
    (0..of.spans.len())
        .map(Record::Span)
        .chain((0..of.events.len()).map(Record::Event))
        .chain(points.map(|(metric, point)| Record::Point(metric, point)))
        .chain((0..of.costs.len()).map(Record::Cost))
}

/// One body with its records.
#[derive(Debug, Default)]
pub(crate) struct Bulk {
    pub body: Vec<u8>,
    pub records: Vec<Record>,
    /// Offset after the lines of each record.
    ends: Vec<usize>,
}

impl Bulk {
    /// Splits the body into two halves; `Err` if it has only one record.
    pub fn split(mut self) -> Result<(Self, Self), Self> {
        let half = self.records.len() / 2;
        let Some(end) = half.checked_sub(1).and_then(|last| self.ends.get(last).copied()) else {
            return Err(self);
        };
        let ends = self.ends.split_off(half).into_iter().map(|later| later - end).collect();
        let second = Self { body: self.body.split_off(end), records: self.records.split_off(half), ends };
        Ok((self, second))
    }
}

/// The bodies of a batch, built one by one.
pub(crate) struct Bulks<'a, R: Iterator> {
    batch: &'a Batch,
    config: &'a Config,
    left: std::iter::Peekable<R>,
    rows: HashMap<(TraceId, SpanId), &'a Cost>,
    action: String,
    document: Vec<u8>,
}

impl<'a, R: Iterator<Item = Record>> Bulks<'a, R> {
    pub fn new(batch: &'a Batch, config: &'a Config, records: R) -> Self {
        let mut rows: HashMap<_, &Cost> = HashMap::with_capacity(batch.costs.len());
        for row in &batch.costs {
            let newest = rows.entry((row.trace_id, row.span_id)).or_insert(row);
            if row.version >= newest.version {
                *newest = row;
            }
        }
        let (action, document) = (String::new(), Vec::new());
        Self { batch, config, left: records.peekable(), rows, action, document }
    }

    /// Writes the lines of a record into `action` and `document`; `false` if the record does not exist.
    fn lines(&mut self, record: Record) -> bool {
        let config = self.config;
        let place = StreamName { dataset: &config.dataset, namespace: &config.namespace };
        self.document.clear();
        self.action.clear();
        let out = &mut self.document;
        match record {
            Record::Span(at) => {
                let Some(span) = self.batch.spans.get(at) else { return false };
                document::span(out, &place, span, self.rows.get(&(span.trace_id, span.span_id)).copied());
                // A running span and the ended span are separate documents, because a data stream replaces
                // nothing.
                let state = if span.end.is_some() { "" } else { "-running" };
                self.create("traces", &format!("{}-{}{state}", span.trace_id, span.span_id));
            }
            Record::Event(at) => {
                let Some(event) = self.batch.events.get(at) else { return false };
                document::event(out, &place, event);
                let id = digest(out);
                self.create("logs", &id);
            }
            Record::Point(at, point) => {
                let Some(metric) = self.batch.metrics.get(at) else { return false };
                let Some(point) = metric.points.get(point) else { return false };
                document::point(out, &place, metric, point);
                let id = digest(out);
                self.create("metrics", &id);
            }
            Record::Cost(at) => {
                let Some(row) = self.batch.costs.get(at) else { return false };
                document::cost(out, &place, row);
                self.replace(row);
            }
        }
        true
    }

    /// The names need no escape, which [`Config::check`] ensures.
    fn create(&mut self, stream: &str, id: &str) {
        let Config { dataset, namespace, .. } = self.config;
        let index = format_args!("{stream}-{dataset}-{namespace}");
        // Writing to memory cannot fail.
        let _ = write!(self.action, r#"{{"create":{{"_index":"{index}","_id":"{id}"}}}}"#);
    }

    /// A row replaces an earlier one of its span, in any order of arrival. Both are in the index of the
    /// call's month.
    fn replace(&mut self, row: &Cost) {
        let Config { dataset, namespace, .. } = self.config;
        let time = row.time.max(Timestamp::default()).to_string();
        let month = time.get(..7).unwrap_or_default().replace('-', ".");
        let index = format_args!("{dataset}-costs-{namespace}-{month}");
        let id = format_args!("{}-{}", row.trace_id, row.span_id);
        // The cluster's version is a `long`.
        let version = i64::try_from(row.version).unwrap_or(i64::MAX);
        let rest = format_args!(r#""version":{version},"version_type":"external_gte""#);
        let _ = write!(self.action, r#"{{"index":{{"_index":"{index}","_id":"{id}",{rest}}}}}"#);
    }
}

impl<R: Iterator<Item = Record>> Iterator for Bulks<'_, R> {
    type Item = Bulk;

    fn next(&mut self) -> Option<Bulk> {
        let mut bulk = Bulk::default();
        while bulk.records.len() < self.config.bulk_records {
            let Some(record) = self.left.peek().copied() else { break };
            if !self.lines(record) {
                self.left.next();
                continue;
            }
            let more = self.action.len() + self.document.len() + 2;
            if !bulk.records.is_empty() && bulk.body.len() + more > self.config.bulk_bytes {
                break;
            }
            self.left.next();
            bulk.body.extend_from_slice(self.action.as_bytes());
            bulk.body.push(b'\n');
            bulk.body.extend_from_slice(&self.document);
            bulk.body.push(b'\n');
            bulk.records.push(record);
            bulk.ends.push(bulk.body.len());
        }
        (!bulk.records.is_empty()).then_some(bulk)
    }
}

/// The id of a record whose identity is its whole content.
fn digest(document: &[u8]) -> String {
    let sum = Sha256::digest(document);
    let mut id = String::with_capacity(32);
    for byte in sum.iter().take(16) {
        let _ = write!(id, "{byte:02x}");
    }
    id
}
