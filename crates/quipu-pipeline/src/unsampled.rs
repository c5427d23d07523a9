//! What sampling leaves out: its figures stay, its content goes.

use std::sync::Arc;

use foldhash::{HashSet, HashSetExt};
use quipu_core::{Attributes, Batch, Meter, Span, Stage};

/// Comes last of the stages after the count. Of the spans that sampling left out ([`Span::is_sampled`]), those without a ledger
/// row are removed; the others keep what the count may need again (ids, times, status, what was read), and nothing of their
/// content. A store hides them and keeps their sums; the other backends do not get them.
///
/// A batch that the store fails to keep is not whole any more: put a store behind [`crate::Steady`] where this runs.
pub struct DropUnsampled(Arc<dyn Meter>);

impl DropUnsampled {
    /// Counts what it leaves out by this meter.
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

/// Takes the content away; what was read of it stays.
fn bare(span: &mut Span) {
    span.attributes = Attributes::with_capacity(1);
    span.attributes.push(Span::SAMPLED, false);
    span.events = Vec::new();
    span.links = Vec::new();
    span.status_message = String::new();
    span.canonical.notes = Vec::new();
}

/// The batch as those see it who keep no sums.
pub(crate) fn without_unsampled(batch: Arc<Batch>) -> Arc<Batch> {
    if batch.spans.iter().all(Span::is_sampled) {
        return batch;
    }
    let spans = batch.spans.iter().filter(|span| span.is_sampled()).cloned().collect();
    Arc::new(Batch {
        spans,
        events: batch.events.clone(),
        metrics: batch.metrics.clone(),
        costs: batch.costs.clone(),
    })
}
