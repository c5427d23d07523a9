//! What was said: prompts, answers, arguments and results.

use quipu_core::{Attributes, Event, Span, Value};
use quipu_semconv as keys;

const KEYS: [&str; 5] = [
    keys::INPUT_MESSAGES,
    keys::OUTPUT_MESSAGES,
    keys::SYSTEM_INSTRUCTIONS,
    "gen_ai.retrieval.query.text",
    "process.command_line",
];

const LISTS: [&[&str]; 12] = [
    keys::TOOL_DEFINITIONS,
    keys::TOOL_ARGUMENTS,
    keys::TOOL_RESULT,
    keys::AI_PROMPT_MESSAGES,
    keys::AI_PROMPT,
    keys::AI_VALUES,
    keys::AI_TEXT,
    keys::AI_REASONING,
    keys::AI_OBJECT,
    keys::ALL_MESSAGES,
    keys::WHOLE_INPUT,
    keys::WHOLE_OUTPUT,
];

/// Flattened messages and definitions.
const FAMILIES: [&str; 6] = [
    keys::OPENINFERENCE_INPUT,
    keys::OPENINFERENCE_OUTPUT,
    keys::OPENINFERENCE_TOOLS,
    keys::TRACELOOP_PROMPT,
    keys::TRACELOOP_COMPLETION,
    keys::TRACELOOP_FUNCTIONS,
];

/// Whether what is under the key was said by or to a model or tool.
pub(crate) fn is_content(key: &str) -> bool {
    KEYS.contains(&key)
        || LISTS.iter().any(|list| list.contains(&key))
        || keys::AI_TOOL_CALLS.contains(&key)
        || FAMILIES.iter().any(|family| key.starts_with(family))
}

/// Whether the event's body is a message.
pub(crate) fn is_message(event: &Event) -> bool {
    event.name == keys::DETAILS_EVENT || keys::MESSAGE_EVENTS.iter().any(|(name, _)| event.name == *name)
}

/// The span without what was said.
pub(crate) fn quiet_span(span: &Span) -> Span {
    let mut span = span.clone();
    span.attributes = quiet(&span.attributes);
    for event in &mut span.events {
        event.attributes = quiet(&event.attributes);
    }
    span
}

/// The event without what was said.
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
