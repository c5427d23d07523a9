//! Somebody's records, taken out of what waits for a backend and of what it refused.

use std::collections::HashSet;

use quipu_core::{Attributes, Batch, Cost, Event, Metric, Owner, OwnerKind, Span, TraceId};
use serde::Serialize;

/// Whose records are taken out: those of traces, and those that name a user or session, with all else of their traces.
#[derive(Debug, Clone, Default)]
pub struct Forgotten {
    /// Traces.
    pub traces: HashSet<TraceId>,
    /// A user or session.
    pub owner: Option<Owner>,
}

/// What one backend had waiting or refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// The backend.
    pub backend: String,
    /// Records that waited for it in memory and on no disk.
    pub waiting: u64,
    /// Records in its spool, delivered ones that lie there still with them.
    pub spooled: u64,
    /// Records of its dead letters.
    pub dead_letters: u64,
    /// What could not be looked at or changed, and why.
    pub troubles: Vec<String>,
}

impl Swept {
    /// All of them.
    pub const fn records(&self) -> u64 {
        self.waiting + self.spooled + self.dead_letters
    }
}

impl Forgotten {
    /// What is left of a batch, and how many records are not; `None` when all of it stays.
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
        // A metric that only lost a point or an example of one was changed, too.
        let gone = (batch.len() - left.len()).max(1);
        Some((left, u64::try_from(gone).unwrap_or(u64::MAX)))
    }

    fn named_in(&self, attributes: &Attributes) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.is_in(attributes))
    }

    fn has_span(&self, span: &Span) -> bool {
        let Some(owner) = &self.owner else { return false };
        let read = match owner.kind {
            OwnerKind::User => &span.canonical.user,
            OwnerKind::Session => &span.canonical.session,
        };
        read.as_ref().is_some_and(|id| *id == owner.id)
            || owner.is_in(&span.attributes)
            || span.events.iter().any(|event| owner.is_in(&event.attributes))
            || owner.is_of(&span.resource)
    }

    fn has_event(&self, event: &Event) -> bool {
        let Some(owner) = &self.owner else { return false };
        let session = event.session.as_ref().filter(|_| owner.kind == OwnerKind::Session);
        session.is_some_and(|id| *id == owner.id)
            || owner.is_in(&event.attributes)
            || owner.is_of(&event.resource)
    }

    /// What is left of a metric.
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
