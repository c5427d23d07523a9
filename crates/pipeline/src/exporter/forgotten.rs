//! Selection of records for deletion, and its result per backend.

use std::collections::HashSet;

use quipu_core::{Attributes, Batch, Cost, Event, Metric, Owner, Span, TraceId};
use serde::Serialize;

/// Records to delete: those of listed traces, and those of a user or session with the rest of their traces.
#[derive(Debug, Clone, Default)]
pub struct Forgotten {
    /// Traces.
    pub traces: HashSet<TraceId>,
    /// A user or session.
    pub owner: Option<Owner>,
}

/// Records of one backend that a deletion found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Name of the backend.
    pub backend: String,
    /// Waiting records in memory without a copy on disk.
    pub waiting: u64,
    /// Records in the spool, including delivered ones that are still in its files.
    pub spooled: u64,
    /// Records in dead letters.
    pub dead_letters: u64,
    /// Files that could not be read or changed, with the reason.
    pub troubles: Vec<String>,
}

impl Swept {
    /// Sum of all records.
    pub const fn records(&self) -> u64 {
        self.waiting + self.spooled + self.dead_letters
    }
}

impl Forgotten {
    /// Returns the rest of a batch and the number of removed records; `None` if nothing matches.
    pub(crate) fn without(&self, batch: &Batch) -> Option<(Batch, u64)> {
        let named = batch.spans.iter().filter(|span| self.has_span(span)).map(|span| span.trace_id);
        let traces: HashSet<TraceId> = named.chain(self.traces.iter().copied()).collect();
        let stays = |trace: Option<TraceId>| trace.is_none_or(|trace| !traces.contains(&trace));
        let keeps_span = |span: &&Span| stays(Some(span.trace_id));
        let keeps_event = |event: &&Event| stays(event.trace_id) && !self.has_event(event);
        let keeps_cost = |cost: &&Cost| stays(Some(cost.trace_id));
        let metrics: Vec<Metric> =
            batch.metrics.iter().filter_map(|metric| self.metric(metric, &traces)).collect();
        let changed = batch.metrics != metrics;
        if !changed
            && batch.spans.iter().all(|span| keeps_span(&span))
            && batch.events.iter().all(|event| keeps_event(&event))
            && batch.costs.iter().all(|cost| keeps_cost(&cost))
        {
            return None;
        }
        let left = Batch {
            spans: batch.spans.iter().filter(keeps_span).cloned().collect(),
            events: batch.events.iter().filter(keeps_event).cloned().collect(),
            costs: batch.costs.iter().filter(keeps_cost).cloned().collect(),
            metrics,
        };
        // A metric that lost a single point or exemplar counts as changed, too.
        let gone = (batch.len() - left.len()).max(1);
        Some((left, u64::try_from(gone).unwrap_or(u64::MAX)))
    }

    fn named_in(&self, attributes: &Attributes) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.is_in(attributes))
    }

    fn has_span(&self, span: &Span) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.has_span(span))
    }

    fn has_event(&self, event: &Event) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.has_event(event))
    }

    /// The rest of a metric.
    fn metric(&self, metric: &Metric, traces: &HashSet<TraceId>) -> Option<Metric> {
        if self.named_in(&metric.resource.attributes) {
            return None;
        }
        let mut left = metric.clone();
        left.points.retain(|point| !self.named_in(&point.attributes));
        for point in &mut left.points {
            point.exemplars.retain(|exemplar| !traces.contains(&exemplar.trace_id));
            if let Some(sent) = &mut point.wire {
                sent.exemplars.retain(|exemplar| {
                    let named = self.named_in(&exemplar.attributes);
                    !named && exemplar.trace_id.is_none_or(|trace| !traces.contains(&trace))
                });
            }
        }
        (!left.points.is_empty() || metric.points.is_empty()).then_some(left)
    }
}
