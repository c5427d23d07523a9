//! Division of batches into writes of limited size.

use std::collections::HashMap;
use std::sync::Arc;

use quipu_core::{Attributes, Batch, Cost, Event, Metric, PointValue, Span, SpanId, TraceId, Value};

use super::DeliveryConfig;
use super::waiting::Load;

/// Estimated bytes of a record without its texts: ids, times, kinds and their tags, as OTLP encodes them.
const RECORD: usize = 64;
/// Bytes of a field's tag and length.
const FIELD: usize = 4;

/// Limits of one write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    records: usize,
    bytes: usize,
}

/// Records and bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    records: usize,
    bytes: usize,
}

impl Size {
    pub fn of(batch: &Batch) -> Self {
        let spans: usize = batch.spans.iter().map(of_span).sum();
        let events: usize = batch.events.iter().map(of_event).sum();
        let metrics: usize = batch.metrics.iter().map(of_metric).sum();
        Self { records: batch.len(), bytes: spans + events + metrics + batch.costs.len() * RECORD }
    }

    const fn plus(self, other: Self) -> Self {
        Self { records: self.records + other.records, bytes: self.bytes + other.bytes }
    }

    const fn is_within(self, most: Most) -> bool {
        self.records <= most.records && self.bytes <= most.bytes
    }

    /// Whether it is at least half of a limit. Then another whole batch would more likely be cut than fit.
    const fn is_ample(self, most: Most) -> bool {
        self.records * 2 >= most.records || self.bytes * 2 >= most.bytes
    }
}

impl Most {
    pub fn of(config: &DeliveryConfig) -> Self {
        // Records in a write are in memory too.
        let records = config.batch_records.min(config.queue_records).max(1);
        Self { records, bytes: config.batch_bytes.max(1) }
    }
}

/// Batches for one write.
pub(crate) struct Gathered {
    pub loads: Vec<Load>,
    size: Size,
    most: Most,
}

impl Gathered {
    pub fn new(first: Load, most: Most) -> Self {
        let size = Size::of(&first.batch);
        Self { loads: vec![first], size, most }
    }

    pub fn is_ample(&self) -> bool {
        self.size.is_ample(self.most)
    }

    pub fn add(&mut self, load: Load) {
        self.size = self.size.plus(Size::of(&load.batch));
        self.loads.push(load);
    }

    /// Whether any of them is on disk for the next process.
    pub fn is_kept(&self) -> bool {
        self.loads.iter().any(Load::is_kept)
    }

    /// Divides the batches into writes within the limits. A single batch within the limits is not copied.
    pub fn pieces(&self) -> Vec<Arc<Batch>> {
        let whole = match self.loads.as_slice() {
            [one] => Arc::clone(&one.batch),
            many => {
                let mut whole = Batch::default();
                many.iter().for_each(|load| whole.append(load.batch.as_ref().clone()));
                Arc::new(whole)
            }
        };
        if self.size.is_within(self.most) {
            return vec![whole];
        }
        split(Arc::unwrap_or_clone(whole), self.most).into_iter().map(Arc::new).collect()
    }
}

/// Fills writes in order.
struct Cutter {
    most: Most,
    size: Size,
    piece: Batch,
    done: Vec<Batch>,
}

impl Cutter {
    /// Reserves space for a record and its rows; starts a new write if the current one is full.
    fn room(&mut self, records: usize, bytes: usize) -> &mut Batch {
        let next = Size { records, bytes };
        if !self.piece.is_empty() && !self.size.plus(next).is_within(self.most) {
            self.done.push(std::mem::take(&mut self.piece));
            self.size = Size::default();
        }
        self.size = self.size.plus(next);
        &mut self.piece
    }
}

/// Divides a batch; ledger rows stay with their spans.
fn split(batch: Batch, most: Most) -> Vec<Batch> {
    let mut cutter = Cutter { most, size: Size::default(), piece: Batch::default(), done: Vec::new() };
    let mut costs: HashMap<(TraceId, SpanId), Vec<Cost>, foldhash::fast::RandomState> = HashMap::default();
    let own: foldhash::HashSet<(TraceId, SpanId)> =
        batch.spans.iter().map(|span| (span.trace_id, span.span_id)).collect();
    let mut others = Vec::new();
    for cost in batch.costs {
        let id = (cost.trace_id, cost.span_id);
        if own.contains(&id) { costs.entry(id).or_default().push(cost) } else { others.push(cost) }
    }
    for span in batch.spans {
        let mut rows = costs.remove(&(span.trace_id, span.span_id)).unwrap_or_default();
        let piece = cutter.room(1 + rows.len(), of_span(&span) + rows.len() * RECORD);
        piece.spans.push(span);
        piece.costs.append(&mut rows);
    }
    for event in batch.events {
        cutter.room(1, of_event(&event)).events.push(event);
    }
    for metric in batch.metrics {
        cutter.room(1, of_metric(&metric)).metrics.push(metric);
    }
    for cost in others {
        cutter.room(1, RECORD).costs.push(cost);
    }
    let Cutter { piece, mut done, .. } = cutter;
    if !piece.is_empty() {
        done.push(piece);
    }
    done
}

fn of_value(value: &Value) -> usize {
    FIELD
        + match value {
            Value::String(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Array(values) => values.iter().map(of_value).sum(),
            Value::Map(pairs) => pairs.iter().map(|(key, value)| FIELD + key.len() + of_value(value)).sum(),
            Value::Null | Value::Bool(_) => 1,
            Value::Int(_) | Value::Double(_) => 9,
        }
}

fn of_attributes(attributes: &Attributes) -> usize {
    attributes.iter().map(|(key, value)| 2 * FIELD + key.len() + of_value(value)).sum()
}

fn of_span(span: &Span) -> usize {
    let events =
        span.events.iter().map(|event| RECORD / 4 + event.name.len() + of_attributes(&event.attributes));
    let links = span.links.iter().map(|link| RECORD / 2 + of_attributes(&link.attributes));
    let texts = span.name.len() + span.status_message.len() + span.trace_state.len();
    RECORD + texts + of_attributes(&span.attributes) + events.sum::<usize>() + links.sum::<usize>()
}

fn of_event(event: &Event) -> usize {
    RECORD + event.name.len() + of_value(&event.body) + of_attributes(&event.attributes)
}

fn of_metric(metric: &Metric) -> usize {
    let point = |value: &PointValue| match value {
        PointValue::Number(_) => RECORD / 2,
        PointValue::Distribution { buckets, quantiles, .. } => {
            RECORD + 18 * (buckets.len() + quantiles.len())
        }
    };
    let points = metric
        .points
        .iter()
        .map(|at| point(&at.value) + of_attributes(&at.attributes) + at.exemplars.len() * RECORD);
    RECORD + metric.name.len() + points.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quipu_conformance::sample::agent_runs;

    use super::*;

    proptest! {
        #[test]
        fn pieces_are_small_enough_and_nothing_is_lost(
            seed in 0_u64..50, runs in 1_u64..6, records in 1_usize..40, bytes in 200_usize..20_000,
        ) {
            let whole = agent_runs(seed, runs);
            let most = Most { records, bytes };
            let pieces = split(whole.clone(), most);
            let mut again = Batch::default();
            for piece in pieces {
                let spans = piece.spans.len();
                let alone = spans.max(piece.events.len() + piece.metrics.len()).max(piece.costs.len()) == 1;
                prop_assert!(Size::of(&piece).is_within(most) || alone, "{:?}", Size::of(&piece));
                for cost in &piece.costs {
                    let with_span = piece.spans.iter().any(|span| span.span_id == cost.span_id);
                    let known = whole.spans.iter().any(|span| span.span_id == cost.span_id);
                    prop_assert!(with_span || !known, "a ledger row stays with its span");
                }
                again.append(piece);
            }
            prop_assert_eq!(&again.spans, &whole.spans);
            prop_assert_eq!(&again.events, &whole.events);
            prop_assert_eq!(&again.metrics, &whole.metrics);
            prop_assert_eq!(again.costs.len(), whole.costs.len());
        }
    }
}
