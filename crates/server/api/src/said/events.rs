//! Messages that a source sent as separate log events instead of span attributes.
//!
//! Two forms exist. The current one is a single `gen_ai.client.inference.operation.details` event with the
//! span's message attributes; the older one is an event a message, named `gen_ai.<role>.message`, and
//! `gen_ai.choice`. Source: OpenTelemetry semantic conventions for generative AI events, version 1.37 and,
//! for the older form, 1.36. Both forms also exist as events of the span, so the adapters read the span as if
//! it held them.

use compact_str::CompactString;
use quipu_core::{Adapters, Attributes, Event, Messages, Span, SpanEvent, Value};
use quipu_semconv::{DETAILS_EVENT, MESSAGE_EVENTS};

/// Whether an event may hold messages.
pub(crate) fn tells(event: &Event) -> bool {
    let name = name(event);
    name == DETAILS_EVENT || MESSAGE_EVENTS.iter().any(|(known, _)| *known == name)
}

/// The messages of a span with the log events of that span, oldest first.
pub(crate) fn messages(span: &Span, events: &[Event], adapters: &Adapters) -> Messages {
    let mut whole = span.clone();
    let (details, single): (Vec<_>, Vec<_>) = events.iter().partition(|event| name(event) == DETAILS_EVENT);
    // The first attribute of a name is read, so the newest details come first.
    for event in details.into_iter().rev() {
        let told = fields(event).filter(|(key, _)| key.starts_with("gen_ai."));
        told.for_each(|(key, value)| whole.attributes.push(key.clone(), value.clone()));
    }
    whole.events.extend(single.into_iter().map(as_span_event));
    adapters.messages(&whole)
}

/// Older instrumentations put the name into an attribute.
fn name(event: &Event) -> &str {
    if event.name.is_empty() { event.attributes.text("event.name").unwrap_or_default() } else { &event.name }
}

/// Members of the body, then the attributes.
fn fields(event: &Event) -> impl Iterator<Item = &(CompactString, Value)> {
    let body = match &event.body {
        Value::Map(pairs) => pairs.as_slice(),
        _ => &[],
    };
    body.iter().chain(event.attributes.iter())
}

/// A log event in the form of a span event. A body that is a text is the message's content.
fn as_span_event(event: &Event) -> SpanEvent {
    let mut attributes = Attributes::default();
    fields(event).for_each(|(key, value)| attributes.push(key.clone(), value.clone()));
    if event.body.as_str().is_some() {
        attributes.push("content", event.body.clone());
    }
    SpanEvent { time: event.time, name: name(event).into(), attributes }
}
