//! Collects the results of a batch's records.

use std::collections::{BTreeMap, HashSet};

use quipu_core::{Batch, Cost, Error, ErrorKind, Leftover, Metric, Result};

use crate::answer::Verdict;
use crate::bulk::Record;
use crate::fault::NAME;

/// The results of the records so far.
#[derive(Default)]
pub(crate) struct Outcome {
    taken: usize,
    again: Vec<Record>,
    refused: Vec<Record>,
    /// Reasons of rejections, with their number of records.
    reasons: BTreeMap<String, usize>,
    /// The first error of a whole request.
    error: Option<Error>,
}

impl Outcome {
    /// Adds the results of one request.
    pub fn add(&mut self, records: &[Record], verdicts: Vec<Verdict>) {
        for (record, verdict) in records.iter().zip(verdicts) {
            let (list, why) = match verdict {
                Verdict::Taken => {
                    self.taken += 1;
                    continue;
                }
                Verdict::Again(why) => (&mut self.again, why),
                Verdict::Refused(why) => (&mut self.refused, why),
            };
            list.push(*record);
            *self.reasons.entry(why).or_default() += 1;
        }
    }

    /// Marks the records of a request that was rejected because of its contents; other requests may succeed.
    pub fn refuse(&mut self, records: &[Record], error: Error) {
        self.refused.extend_from_slice(records);
        self.error.get_or_insert(error);
    }

    /// Marks these records for a retry; no further requests are sent now.
    pub fn stop(&mut self, records: impl IntoIterator<Item = Record>, error: Error) {
        self.again.extend(records);
        self.error = Some(error);
    }

    /// Marks records that were not sent at all.
    pub fn postpone(&mut self, records: impl IntoIterator<Item = Record>) {
        self.again.extend(records);
    }

    /// The final result of the batch.
    pub fn judged(self, batch: &Batch) -> Result<()> {
        if self.again.is_empty() && self.refused.is_empty() {
            return Ok(());
        }
        if let (0, true, true) = (self.taken, self.refused.is_empty(), self.reasons.is_empty())
            && let Some(error) = self.error
        {
            return Err(error.of_backend(NAME));
        }
        let mut again = picked(batch, &self.again);
        rows_of_spans(&mut again, batch);
        let leftover = Leftover { again, refused: picked(batch, &self.refused), unnamed: 0 };
        Err(self.told().leaving(leftover).of_backend(NAME))
    }

    fn told(&self) -> Error {
        let mut context = format!("{} records accepted", self.taken);
        for (list, what) in [(&self.again, "to retry"), (&self.refused, "rejected")] {
            if !list.is_empty() {
                context += &format!(", {} {what}", list.len());
            }
        }
        for (why, count) in self.reasons.iter().take(8) {
            context += &format!("; {why} ×{count}");
        }
        if let Some(error) = &self.error {
            context += &format!("; {}", error.context());
        }
        let kind = if self.again.is_empty() { ErrorKind::Invalid } else { ErrorKind::Exhausted };
        let told = Error::new(kind, "write records", context);
        match self.error.as_ref().and_then(Error::retry_after) {
            Some(wait) => told.with_retry_after(wait),
            None => told,
        }
    }
}

/// Adds the ledger rows of spans to retry: a span's document contains its cost, so the row must come again,
/// even if it was stored. As a document it only replaces itself.
fn rows_of_spans(again: &mut Batch, of: &Batch) {
    let spans: HashSet<_> = again.spans.iter().map(|span| (span.trace_id, span.span_id)).collect();
    let had: HashSet<_> = again.costs.iter().map(|row| (row.trace_id, row.span_id, row.version)).collect();
    let lacks = |row: &&Cost| {
        spans.contains(&(row.trace_id, row.span_id))
            && !had.contains(&(row.trace_id, row.span_id, row.version))
    };
    again.costs.extend(of.costs.iter().filter(lacks).cloned());
}

/// The selected records of a batch.
fn picked(of: &Batch, records: &[Record]) -> Batch {
    let mut picked = Batch::default();
    let mut last = None;
    for record in records {
        match *record {
            Record::Span(at) => picked.spans.extend(of.spans.get(at).cloned()),
            Record::Event(at) => picked.events.extend(of.events.get(at).cloned()),
            Record::Cost(at) => picked.costs.extend(of.costs.get(at).cloned()),
            Record::Point(at, point) => {
                let Some(metric) = of.metrics.get(at) else { continue };
                if last != Some(at) {
                    picked.metrics.push(bare(metric));
                    last = Some(at);
                }
                if let Some(metric_picked) = picked.metrics.last_mut() {
                    metric_picked.points.extend(metric.points.get(point).cloned());
                }
            }
        }
    }
    picked
}

/// A metric without its points.
fn bare(of: &Metric) -> Metric {
    Metric {
        name: of.name.clone(),
        unit: of.unit.clone(),
        description: of.description.clone(),
        instrument: of.instrument,
        temporality: of.temporality,
        points: Vec::new(),
        resource: of.resource.clone(),
        scope: of.scope.clone(),
    }
}
