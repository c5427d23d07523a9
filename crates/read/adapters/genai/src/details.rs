//! Log records with all attributes of one model call.
//!
//! The event is documented at <https://github.com/open-telemetry/semantic-conventions-genai>. It carries the
//! trace and span ids of the call's span, which may be unsampled. It has no ids if only events are exported.

use quipu_core::{Attributes, Event, Kind, Signal, Span, SpanId, TraceId, Value};
use quipu_normalize::{Slots, canonical, name_of};
use quipu_semconv::{Field, INFERENCE_DETAILS, OWN_TELLERS};

/// The span of a record with a call's tokens. `None` for requests without an answer, and for sources that
/// report the call by a record of their own.
pub(crate) fn span(event: &Event) -> Option<Span> {
    if !INFERENCE_DETAILS.contains(&name_of(event)) || tells_itself(event) {
        return None;
    }
    let attributes = attributes(event);
    let mut span = made(event, attributes);
    let read = canonical(&Slots::of(&span), "genai");
    let is_call = read.kind.is_call() || (read.kind == Kind::Other && read.operation.is_none());
    if !is_call || read.usage.is_none() {
        return None;
    }
    if read.operation.is_none() {
        span.attributes.push(Field::Operation.keys()[0], "chat");
    }
    let operation = read.operation.as_deref().unwrap_or("chat");
    span.name = read.model().map_or_else(|| operation.into(), |model| format!("{operation} {model}").into());
    Some(span)
}

/// A call without usage with the attributes of its one event of details. SDKs can write log records as events
/// of the current span.
pub(crate) fn completed(span: &Span, kind: Kind) -> Option<Span> {
    let mut events = span.events.iter().filter(|event| INFERENCE_DETAILS.contains(&event.name.as_str()));
    let (event, None) = (events.next()?, events.next()) else { return None };
    if !kind.is_call() || canonical(&Slots::of(span), "genai").usage.is_some() {
        return None;
    }
    let mut whole = span.clone();
    for (key, value) in &event.attributes {
        if whole.attributes.get(key).is_none() {
            whole.attributes.push(key.clone(), value.clone());
        }
    }
    Some(whole)
}

fn tells_itself(event: &Event) -> bool {
    let is_own = |name: &str| OWN_TELLERS.contains(&name);
    is_own(&event.scope.name) || event.resource.service().is_some_and(is_own)
}

/// The attributes. Older senders put them into the body.
fn attributes(event: &Event) -> Attributes {
    let mut attributes = event.attributes.clone();
    if let Value::Map(pairs) = &event.body {
        for (key, value) in pairs {
            if attributes.get(key).is_none() {
                attributes.push(key.clone(), value.clone());
            }
        }
    }
    attributes
}

/// A child of the span that the record names, otherwise a separate span. The record lacks the duration of the
/// call.
fn made(event: &Event, mut attributes: Attributes) -> Span {
    let time = event.time.nanos().to_string();
    let response = Field::ResponseId.keys().iter().find_map(|key| attributes.text(key)).unwrap_or_default();
    let service = event.resource.service().unwrap_or_default();
    let trace = event.trace_id.unwrap_or_else(|| TraceId::made_of(&["details", service, response, &time]));
    let parent = event.trace_id.and(event.span_id);
    let above = parent.map(|id| id.to_string()).unwrap_or_default();
    let id = SpanId::made_of(&["details", &trace.to_string(), &above, response, &time]);
    attributes.push(Signal::ATTRIBUTE, Signal::Details.as_str());
    let mut span = Span::new(trace, id, "", event.time, event.time);
    span.parent_id = parent;
    span.resource = event.resource.clone();
    span.scope = event.scope.clone();
    span.attributes = attributes;
    span
}
