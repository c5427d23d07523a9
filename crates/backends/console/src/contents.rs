//! Message contents: prompts, answers, arguments and results, and their removal.

use quipu_core::{Attributes, Event, Span, Value};
use quipu_semconv as keys;

/// Whether the key holds contents of a model or tool, or describes the tools offered to a model.
pub(crate) fn is_content(key: &str) -> bool {
    let within = |lists: &[&[&str]]| lists.iter().any(|list| list.contains(&key));
    let begins = |families: &[&str]| families.iter().any(|family| key.starts_with(family));
    within(keys::CONTENTS)
        || begins(keys::CONTENT_PREFIXES)
        || within(&[keys::TOOL_DEFINITIONS])
        || begins(&[keys::OPENINFERENCE_TOOLS, keys::TRACELOOP_FUNCTIONS])
}

/// Whether the event's body is a message.
pub(crate) fn is_message(event: &Event) -> bool {
    event.name == keys::DETAILS_EVENT || keys::MESSAGE_EVENTS.iter().any(|(name, _)| event.name == *name)
}

/// The span without contents.
pub(crate) fn quiet_span(span: &Span) -> Span {
    let mut span = span.clone();
    span.attributes = quiet(&span.attributes);
    for event in &mut span.events {
        event.attributes = quiet(&event.attributes);
    }
    span
}

/// The event without contents.
pub(crate) fn quiet_event(event: &Event) -> Event {
    let mut event = event.clone();
    event.attributes = quiet(&event.attributes);
    if is_message(&event) {
        event.body = Value::Null;
    }
    event
}

fn quiet(attributes: &Attributes) -> Attributes {
    attributes.iter().filter(|(key, _)| !is_content(key)).cloned().collect()
}
