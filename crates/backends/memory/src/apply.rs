//! Application of a batch: all of it, or nothing.

use std::collections::{HashSet, btree_map};
use std::sync::Arc;

use quipu_answers::{Entry, Series, Taken, started_at};
use quipu_core::{Batch, Cost, Error, ErrorKind, Event, Metric, Result, Span, SpanConflict, SpanId, TraceId};

use crate::held::Records;
use crate::memory::NAME;

impl Records {
    /// Takes a batch.
    ///
    /// # Errors
    /// It holds a ledger row of a span that is unknown; nothing was taken.
    pub(crate) fn take(&mut self, batch: &Batch, capacity: usize) -> Result<()> {
        let new: HashSet<_> = batch.spans.iter().map(|span| (span.trace_id, span.span_id)).collect();
        let known = |cost: &Cost| new.contains(&(cost.trace_id, cost.span_id)) || self.knows(cost);
        if let Some(cost) = batch.costs.iter().find(|cost| !known(cost)) {
            let context = format!("ledger row of unknown span {} in trace {}", cost.span_id, cost.trace_id);
            return Err(Error::new(ErrorKind::Invalid, "write batch", context).of_backend(NAME));
        }
        batch.spans.iter().for_each(|span| self.take_span(span));
        batch.costs.iter().for_each(|cost| self.take_cost(cost));
        batch.events.iter().for_each(|event| self.take_event(event));
        batch.metrics.iter().for_each(|metric| self.take_metric(metric));
        self.make_room(capacity);
        Ok(())
    }

    fn knows(&self, cost: &Cost) -> bool {
        self.traces.get(&cost.trace_id).is_some_and(|trace| trace.contains_key(&cost.span_id))
            || self.dropped.contains(&cost.trace_id)
    }

    fn take_span(&mut self, span: &Span) {
        for meeting in span.meetings() {
            self.meetings.entry(meeting).or_default().insert(span.trace_id);
        }
        let entry = match self.traces.entry(span.trace_id).or_default().entry(span.span_id) {
            btree_map::Entry::Occupied(known) => known.into_mut(),
            btree_map::Entry::Vacant(free) => {
                free.insert(Entry::new(Arc::new(span.clone())));
                return;
            }
        };
        if let Taken::Refused { is_kept, .. } = entry.take(span) {
            self.conflicts.note(span.trace_id, span.span_id, is_kept);
        }
    }

    fn take_cost(&mut self, cost: &Cost) {
        let entry = self.traces.get_mut(&cost.trace_id).and_then(|trace| trace.get_mut(&cost.span_id));
        if let Some(entry) = entry {
            entry.cost = Some(cost.clone());
        }
    }

    /// Adds refused versions to their spans; unknown spans are left out.
    pub(crate) fn restore(&mut self, refused: Vec<(TraceId, SpanId, Vec<SpanConflict>)>) {
        for (trace, span, versions) in refused {
            let entry = self.traces.get_mut(&trace).and_then(|trace| trace.get_mut(&span));
            if let Some(entry) = entry {
                entry.restore(versions);
            }
        }
    }

    fn take_event(&mut self, event: &Event) {
        // The rest of the wire record is not part of an event's identity, and no query reads it.
        let event = Event { wire: None, ..event.clone() };
        if self.event_texts.insert(format!("{event:?}")) {
            self.next_event += 1;
            self.events.insert(self.next_event, event);
        }
    }

    fn take_metric(&mut self, metric: &Metric) {
        for point in &metric.points {
            let series =
                self.series.entry(Series::key(metric, point)).or_insert_with(|| Series::of(metric, point));
            series.points.entry(point.time).or_insert_with(|| point.clone());
        }
    }

    /// Drops the oldest traces until the rest fits; the last one stays, however large.
    fn make_room(&mut self, capacity: usize) {
        let mut spans = self.spans();
        if spans <= capacity {
            return;
        }
        while spans > capacity && self.traces.len() > 1 {
            let oldest =
                self.traces.iter().min_by_key(|(id, trace)| (started_at(trace), **id)).map(|(id, _)| *id);
            let Some(id) = oldest else { break };
            spans -= self.traces.remove(&id).map_or(0, |trace| trace.len());
            self.dropped_traces += 1;
            self.dropped.push_back(id);
            if self.dropped.len() > capacity {
                self.dropped.pop_front();
            }
        }
        self.forget_meetings();
    }
}
