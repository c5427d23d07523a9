//! Selects the spans for Jaeger, and adds their events.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use quipu_core::{Attributes, Batch, Event, Leftover, Span, SpanEvent, SpanId, TraceId, Value};
use quipu_otlp::outgoing::{self, Mapping};

/// The exported spans of a batch, in the words of a mapping. Running spans are left out, because Jaeger can
/// neither update nor show them, as are spans that sampling left out. With `events` the spans carry the
/// batch's events that belong to them, as Jaeger's logs.
pub(crate) fn shown(batch: &Batch, mapping: Mapping, events: bool) -> Cow<'_, [Span]> {
    let is_shown = |span: &Span| span.end.is_some() && span.is_sampled();
    let mut spans = match outgoing::map(batch, mapping) {
        spans if spans.iter().all(is_shown) => spans,
        Cow::Borrowed(spans) => Cow::Owned(spans.iter().filter(|span| is_shown(span)).cloned().collect()),
        Cow::Owned(mut spans) => {
            spans.retain(is_shown);
            Cow::Owned(spans)
        }
    };
    if events {
        attach(&mut spans, &batch.events);
    }
    spans
}

fn attach(spans: &mut Cow<'_, [Span]>, events: &[Event]) {
    let id = |event: &Event| event.trace_id.zip(event.span_id);
    let of_spans: Vec<_> = events.iter().filter(|event| id(event).is_some()).collect();
    if of_spans.is_empty() {
        return;
    }
    let places: HashMap<(TraceId, SpanId), usize> =
        spans.iter().enumerate().map(|(at, span)| ((span.trace_id, span.span_id), at)).collect();
    for event in of_spans {
        if let Some(at) = id(event).and_then(|id| places.get(&id))
            && let Some(span) = spans.to_mut().get_mut(*at)
        {
            span.events.push(log(event));
        }
    }
}

/// Converts an event to a log with Jaeger's fields: `event` for the name, `level` and `message`
/// (<https://github.com/opentracing/specification/blob/master/semantic_conventions.md#log-fields-table>).
fn log(event: &Event) -> SpanEvent {
    let mut attributes = Attributes::with_capacity(event.attributes.len() + 2);
    attributes.push("level", event.level.as_str());
    if event.body != Value::Null {
        attributes.push("message", event.body.clone());
    }
    for (key, value) in &event.attributes {
        attributes.push(key.clone(), value.clone());
    }
    let name = if event.name.is_empty() { "log".into() } else { event.name.clone() };
    SpanEvent { time: event.time, name, attributes }
}

/// Identity of a span.
pub(crate) type Id = (TraceId, SpanId);

/// The rest of a batch: its original spans with these ids. Spans to send again come with all events and
/// ledger rows of the batch.
pub(crate) fn left(batch: &Batch, again: &[Id], refused: &[Id], unnamed: u64) -> Leftover {
    let of = |ids: &[Id]| -> Vec<Span> {
        let wanted: HashSet<&Id> = ids.iter().collect();
        let left = |span: &&Span| wanted.contains(&(span.trace_id, span.span_id));
        batch.spans.iter().filter(left).cloned().collect()
    };
    let mut left = Leftover { unnamed, ..Leftover::default() };
    left.refused.spans = of(refused);
    if !again.is_empty() {
        let (events, costs) = (batch.events.clone(), batch.costs.clone());
        left.again = Batch { spans: of(again), events, costs, ..Batch::default() };
    }
    left
}
