//! Messages of a span, in any convention.

mod ai_sdk;
mod blocks;
mod bodies;
mod events;
mod flat;
mod openinference;
mod schema;

use quipu_core::{Attributes, Kind, Message, Messages, Part, Role, Span, Value};
use quipu_semconv::{
    ALL_MESSAGES, DETAILS_EVENT, INPUT_MESSAGES, INPUT_MESSAGES_REF, OUTPUT_MESSAGES, OUTPUT_MESSAGES_REF,
    SYSTEM_INSTRUCTIONS, TOOL_ARGUMENTS, TOOL_DEFINITIONS, TOOL_RESULT, WHOLE_INPUT, WHOLE_OUTPUT,
};

use crate::{Slots, json, kind, text};

/// Input and output messages.
type Sides = (Vec<Message>, Vec<Message>);

/// All messages of a span, from the first form with content. The order is from the message schema to plain
/// texts.
pub fn messages(span: &Span) -> Messages {
    messages_as(span, kind(&Slots::of(span)))
}

/// The same for a span whose kind an adapter knows.
pub fn messages_as(span: &Span, kind: Kind) -> Messages {
    let mut said = Messages { tool_definitions: tool_definitions(span), ..Messages::default() };
    if kind == Kind::Tool {
        tool(span, &mut said);
        return said;
    }
    (said.input, said.output) = conversation(span);
    said
}

/// The messages of a value in any chat format, or of a text in such a format. The format is a list, a
/// message, an object with either under a usual name, or the body of a provider's request or answer. Plain
/// text is one message of `role`; an empty value has no messages.
pub fn message_list(value: &Value, role: &Role) -> Vec<Message> {
    let parsed = structured(value);
    let listed = schema::messages_within(&parsed);
    if !listed.is_empty() || matches!(value, Value::Null) {
        return listed;
    }
    let of_body = body_messages(&parsed, role);
    if !of_body.is_empty() {
        return of_body;
    }
    message(role.clone(), whole_parts(value)).into_iter().collect()
}

/// The messages in the body of a provider's request (`role` is the user) or answer; empty for other values.
pub fn body_messages(body: &Value, role: &Role) -> Vec<Message> {
    match (body, role) {
        (Value::Map(_), Role::Assistant) => bodies::answer(body),
        (Value::Map(_), _) => bodies::request(body),
        _ => Vec::new(),
    }
}

/// The parts of a message's content in any format: a text, a block, or a list of either.
pub fn parts_of(value: &Value) -> Vec<Part> {
    blocks::parts(value)
}

/// The answers in span events, one event each.
pub(crate) fn said_in_events(span: &Span) -> Vec<Message> {
    events::conversation(span).1
}

fn conversation(span: &Span) -> Sides {
    let forms: [fn(&Span) -> Sides; 8] = [
        by_schema,
        openinference::conversation,
        ai_sdk::conversation,
        events::conversation,
        flat::conversation,
        whole_run,
        by_reference,
        whole,
    ];
    let mut instructions = Vec::new();
    for form in forms {
        let (mut input, output) = form(span);
        let is_instructions = |message: &Message| message.role == Role::System;
        if !output.is_empty() || !input.iter().all(is_instructions) {
            if !input.iter().any(is_instructions) {
                input.splice(0..0, instructions);
            }
            return (input, output);
        }
        // Some sources send instructions by the schema and everything else in another form.
        if instructions.is_empty() {
            instructions = input;
        }
    }
    (instructions, Vec::new())
}

/// The message keys of the GenAI conventions, on the span or on a span event.
fn by_schema(span: &Span) -> Sides {
    let on_events =
        span.events.iter().filter(|event| event.name == DETAILS_EVENT).map(|event| &event.attributes);
    std::iter::once(&span.attributes)
        .chain(on_events)
        .map(|attributes| {
            let list = |key| {
                attributes.get(key).map(|value| schema::messages(&structured(value))).unwrap_or_default()
            };
            let mut input = instructions(attributes);
            let asked = list(INPUT_MESSAGES);
            // Some sources repeat the instructions as the first message.
            if asked.first().is_some_and(|first| first.role == Role::System) {
                input.clear();
            }
            input.extend(asked);
            (input, list(OUTPUT_MESSAGES))
        })
        .find(|(input, output)| !input.is_empty() || !output.is_empty())
        .unwrap_or_default()
}

fn instructions(attributes: &Attributes) -> Vec<Message> {
    let Some(value) = attributes.get(SYSTEM_INSTRUCTIONS) else { return Vec::new() };
    let parts = blocks::parts(&structured(value));
    message(Role::System, parts).into_iter().collect()
}

/// A conversation in a single list. The messages after the last one that is not the model's are the answer.
fn whole_run(span: &Span) -> Sides {
    let lists = ALL_MESSAGES.iter().filter_map(|key| span.attributes.get(key));
    let mut all = lists
        .map(|value| schema::messages(&structured(value)))
        .find(|list| !list.is_empty())
        .unwrap_or_default();
    let asked = all.iter().rposition(|message| message.role != Role::Assistant).map_or(0, |last| last + 1);
    let answered = all.split_off(asked);
    (all, answered)
}

/// Messages stored elsewhere, as a part with their URI.
fn by_reference(span: &Span) -> Sides {
    let side = |key, role| {
        let uri = span.attributes.get(key)?;
        message(role, vec![Part::Other { kind: "uri".to_owned(), value: uri.clone() }])
    };
    let list = |key, role| side(key, role).into_iter().collect();
    (list(INPUT_MESSAGES_REF, Role::User), list(OUTPUT_MESSAGES_REF, Role::Assistant))
}

/// Input and output as one text each.
fn whole(span: &Span) -> Sides {
    let side = |keys: &[&str], role: &Role| {
        first(&span.attributes, keys).map(|value| message_list(value, role)).unwrap_or_default()
    };
    (side(WHOLE_INPUT, &Role::User), side(WHOLE_OUTPUT, &Role::Assistant))
}

fn whole_parts(value: &Value) -> Vec<Part> {
    let pieces = blocks::answer(&structured(value));
    if !pieces.is_empty() {
        return pieces;
    }
    match value {
        Value::String(text) => vec![Part::Text(text.clone())],
        other => vec![Part::Other { kind: "value".to_owned(), value: other.clone() }],
    }
}

fn tool(span: &Span, said: &mut Messages) {
    said.tool_arguments = first(&span.attributes, TOOL_ARGUMENTS).map(structured);
    said.tool_result = first(&span.attributes, TOOL_RESULT).map(structured);
    events::tool(span, said);
}

fn tool_definitions(span: &Span) -> Vec<Value> {
    let sent = TOOL_DEFINITIONS.iter().find_map(|key| span.attributes.get(key)).map(structured);
    match sent {
        Some(Value::Array(tools)) => tools.iter().map(structured).collect(),
        Some(tool @ Value::Map(_)) => vec![tool],
        _ => flat::tool_definitions(span),
    }
}

/// The first of `keys` with a value that is not empty.
fn first<'a>(attributes: &'a Attributes, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().filter_map(|key| attributes.get(key)).find(|value| match value {
        Value::String(text) => !text::is_missing(text) || text.trim() == "{}",
        other => **other != Value::Null,
    })
}

/// A value, parsed if it is a text of a JSON object or array.
fn structured(value: &Value) -> Value {
    value.as_str().and_then(json::parse).unwrap_or_else(|| value.clone())
}

fn message(role: Role, parts: Vec<Part>) -> Option<Message> {
    (!parts.is_empty()).then_some(Message { role, parts, finish_reason: None })
}

fn role(word: &str) -> Role {
    match word {
        "system" | "developer" => Role::System,
        "user" | "human" => Role::User,
        "assistant" | "model" | "ai" => Role::Assistant,
        "tool" | "function" | "tool-response" => Role::Tool,
        other => Role::Other(other.into()),
    }
}
