//! Removal of unsampled contents; the figures stay.

use std::sync::Arc;

use foldhash::{HashSet, HashSetExt};
use quipu_core::{Attributes, Batch, Meter, Span, Stage, Value};
use quipu_semconv::quipu::UNFINISHED;

/// Last stage after the count. It removes unsampled spans ([`Span::is_sampled`]) without a ledger row. The
/// others keep ids, times, status and normalised fields, because the count may need them again, but no
/// content. A store hides them and keeps their sums; exporters do not get them.
///
/// A batch that the store fails to write is then incomplete, so this stage needs a store behind
/// [`crate::Steady`].
pub struct DropUnsampled(Arc<dyn Meter>);

impl DropUnsampled {
    /// Creates the stage; `meter` counts the unsampled spans.
    pub fn new(meter: Arc<dyn Meter>) -> Self {
        Self(meter)
    }
}

impl Stage for DropUnsampled {
    fn name(&self) -> &'static str {
        "drop_unsampled"
    }

    fn apply(&self, batch: &mut Batch) {
        let unsampled = batch.spans.iter().filter(|span| !span.is_sampled()).count();
        if unsampled == 0 {
            return;
        }
        let mut counted = HashSet::with_capacity(batch.costs.len());
        counted.extend(batch.costs.iter().map(|cost| (cost.trace_id, cost.span_id)));
        batch.spans.retain_mut(|span| {
            let keep = span.is_sampled() || counted.contains(&(span.trace_id, span.span_id));
            if keep && !span.is_sampled() {
                bare(span);
            }
            keep
        });
        self.0.add("quipu_unsampled_spans_total", &[], u64::try_from(unsampled).unwrap_or(u64::MAX));
    }
}

/// Removes the content; the normalised fields stay.
fn bare(span: &mut Span) {
    span.attributes = Attributes::with_capacity(1);
    span.attributes.push(Span::SAMPLED, false);
    span.events = Vec::new();
    span.links = Vec::new();
    span.status_message = String::new();
    span.canonical.notes = Vec::new();
}

/// Whether exporters get a span: a sampled one that is no early version of an open span of the library.
fn is_for_exporters(span: &Span) -> bool {
    let is_early = || span.end.is_none() && span.attributes.get(UNFINISHED) == Some(&Value::Bool(true));
    span.is_sampled() && !is_early()
}

/// The batch without unsampled spans and without early versions of open ones, for exporters.
pub(crate) fn for_exporters(batch: Arc<Batch>) -> Arc<Batch> {
    if batch.spans.iter().all(is_for_exporters) {
        return batch;
    }
    let spans = batch.spans.iter().filter(|span| is_for_exporters(span)).cloned().collect();
    Arc::new(Batch {
        spans,
        events: batch.events.clone(),
        metrics: batch.metrics.clone(),
        costs: batch.costs.clone(),
    })
}
