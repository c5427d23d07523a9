//! The same telemetry, split, ordered and timed differently.

use std::sync::Arc;

use quipu_core::{Batch, Event, Metric, Span, Timestamp, Value};

/// One batch a span, a log record, a metric.
pub fn apart(batches: &[Batch]) -> Vec<Batch> {
    let mut parts = Vec::new();
    for batch in batches {
        let part = || Batch::default();
        parts.extend(batch.spans.iter().map(|span| Batch { spans: vec![span.clone()], ..part() }));
        parts.extend(batch.events.iter().map(|event| Batch { events: vec![event.clone()], ..part() }));
        parts.extend(batch.metrics.iter().map(|metric| Batch { metrics: vec![metric.clone()], ..part() }));
    }
    parts
}

/// The same other order for the same seed.
pub fn shuffled<T>(mut items: Vec<T>, seed: u64) -> Vec<T> {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    for last in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, (state >> 33) as usize % (last + 1));
    }
    items
}

/// Neighbours put together, as many at a time as the sizes say in turn.
pub fn joined(parts: Vec<Batch>, sizes: &[usize]) -> Vec<Batch> {
    let mut parts = parts.into_iter();
    let mut sizes = sizes.iter().copied().cycle();
    let mut whole = Vec::new();
    while parts.len() > 0 {
        let size = sizes.next().unwrap_or(1).max(1);
        let mut batch = Batch::default();
        parts.by_ref().take(size).for_each(|part| batch.append(part));
        whole.push(batch);
    }
    whole
}

/// Shifts in nanoseconds that bring a full hour one second after the first record, one second before it, and
/// into the middle of `most` spans.
pub fn hours(batches: &[Batch], most: usize) -> Vec<i64> {
    let step = batches.iter().map(|batch| batch.spans.len()).sum::<usize>().div_ceil(most).max(1);
    let spans = || batches.iter().flat_map(|batch| &batch.spans);
    let events = batches.iter().flat_map(|batch| &batch.events).map(|event| event.time);
    let Some(first) = spans().map(|span| span.start).chain(events).min() else { return Vec::new() };
    let middle = |span: &Span| span.start.plus(span.end.map_or(0, |end| end.since(span.start) / 2));
    let onto_the_hour = |time: Timestamp| time.floor(Timestamp::HOUR).plus(Timestamp::HOUR).since(time);
    let edges = [first.plus(Timestamp::SECOND), first.plus(-Timestamp::SECOND)];
    edges.into_iter().chain(spans().step_by(step).map(middle)).map(onto_the_hour).collect()
}

/// All times of the telemetry moved by `nanos`.
pub fn moved(mut batches: Vec<Batch>, nanos: i64) -> Vec<Batch> {
    for batch in &mut batches {
        batch.spans.iter_mut().for_each(|span| move_span(span, nanos));
        batch.events.iter_mut().for_each(|event| move_event(event, nanos));
        batch.metrics.iter_mut().for_each(|metric| move_metric(metric, nanos));
    }
    batches
}

fn move_span(span: &mut Span, nanos: i64) {
    span.start = span.start.plus(nanos);
    span.end = span.end.map(|end| end.plus(nanos));
    span.events.iter_mut().for_each(|event| event.time = event.time.plus(nanos));
}

/// Coding agents write the time of an event into an attribute too.
const EVENT_TIME: &str = "event.timestamp";

fn move_event(event: &mut Event, nanos: i64) {
    event.time = event.time.plus(nanos);
    for (_, value) in event.attributes.iter_mut().filter(|(key, _)| key == EVENT_TIME) {
        let Value::String(text) = &value else { continue };
        let Ok(time) = text.parse::<Timestamp>() else { continue };
        *value = time.plus(nanos).to_string().into();
    }
    if let Some(wire) = &mut event.wire {
        wire.observed = wire.observed.map(|time| time.plus(nanos));
    }
}

fn move_metric(metric: &mut Metric, nanos: i64) {
    for point in &mut metric.points {
        point.time = point.time.plus(nanos);
        point.start = point.start.map(|start| start.plus(nanos));
        point.exemplars.iter_mut().for_each(|exemplar| exemplar.time = exemplar.time.plus(nanos));
    }
}

#[test]
fn nothing_is_lost_on_the_way() {
    let all: Vec<_> = crate::recording::ALL.iter().flat_map(crate::recording::Recording::batches).collect();
    let whole: usize = all.iter().map(Batch::len).sum();
    let parts = apart(&all);
    assert_eq!(parts.len(), whole);
    assert!(Arc::ptr_eq(&parts[0].spans[0].resource, &all[0].spans[0].resource));
    let again = joined(shuffled(parts, 7), &[1, 5, 2]);
    assert_eq!(again.iter().map(Batch::len).sum::<usize>(), whole);
}
