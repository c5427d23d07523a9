//! Messages that a source sent as separate events instead of span attributes.
//!
//! Two forms exist. The current one is a single `gen_ai.client.inference.operation.details` event with the
//! span's message attributes; the older one is an event a message, named `gen_ai.<role>.message`, and
//! `gen_ai.choice`. Source: OpenTelemetry semantic conventions for generative AI events, version 1.37 and,
//! for the older form, 1.36.

use quipu_core::{Adapters, Event, Messages, Span, Value};
use serde_json::Value as Json;

use crate::dto::{self, Message, Part, json};

const DETAILS: &str = "gen_ai.client.inference.operation.details";
const CHOICE: &str = "gen_ai.choice";

/// Whether an event may tell messages.
pub(crate) fn tells(event: &Event) -> bool {
    let name = name(event);
    name == DETAILS || name == CHOICE || role(name).is_some()
}

/// Fills a span's messages in from its events, oldest first.
pub(crate) fn fill(span: &mut dto::Span, raw: &Span, adapters: &Adapters, events: &[Event]) {
    let details = events.iter().rev().filter(|event| name(event) == DETAILS);
    if let Some(said) = details.map(|event| of_details(raw, event, adapters)).find(|said| !is_empty(said)) {
        span.fill_said(&said);
        return;
    }
    span.input_messages = Some(events.iter().filter_map(input).collect());
    span.output_messages = Some(events.iter().filter(|event| name(event) == CHOICE).map(choice).collect());
}

fn is_empty(said: &Messages) -> bool {
    said.input.is_empty() && said.output.is_empty()
}

/// Older instrumentations put the name into an attribute.
fn name(event: &Event) -> &str {
    if event.name.is_empty() { event.attributes.text("event.name").unwrap_or_default() } else { &event.name }
}

fn role(name: &str) -> Option<&str> {
    let role = name.strip_prefix("gen_ai.")?.strip_suffix(".message")?;
    matches!(role, "system" | "user" | "assistant" | "tool").then_some(role)
}

/// The event holds what the span would have held: the adapter reads the span as if it did.
fn of_details(raw: &Span, event: &Event, adapters: &Adapters) -> Messages {
    let mut span = raw.clone();
    let body = match &event.body {
        Value::Map(pairs) => pairs.as_slice(),
        _ => &[],
    };
    let told = event.attributes.iter().chain(body).filter(|(key, _)| key.starts_with("gen_ai."));
    told.for_each(|(key, value)| span.attributes.push(key.clone(), value.clone()));
    adapters.messages(&span)
}

/// A field of an event's body, or the attribute of that name.
fn field<'a>(event: &'a Event, key: &str) -> Option<&'a Value> {
    event.body.get(key).or_else(|| event.attributes.get(key))
}

fn input(event: &Event) -> Option<Message> {
    let role = role(name(event))?;
    let said = field(event, "role").and_then(Value::as_str).unwrap_or(role);
    let content =
        field(event, "content").or_else(|| Some(&event.body).filter(|body| body.as_str().is_some()));
    let parts = if role == "tool" {
        vec![Part::ToolCallResponse { id: text(field(event, "id")), response: parsed(content) }]
    } else {
        parts(content, field(event, "tool_calls"))
    };
    Some(Message { role: said.to_owned(), parts, finish_reason: None })
}

fn choice(event: &Event) -> Message {
    let message = field(event, "message");
    let inner = |key: &str| message.and_then(|message| message.get(key)).or_else(|| field(event, key));
    let content = inner("content").or_else(|| message.filter(|message| message.as_str().is_some()));
    Message {
        role: text(inner("role")).unwrap_or_else(|| "assistant".to_owned()),
        parts: parts(content, inner("tool_calls")),
        finish_reason: text(field(event, "finish_reason")),
    }
}

fn parts(content: Option<&Value>, tool_calls: Option<&Value>) -> Vec<Part> {
    let said = match content {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(parts)) => parts.iter().map(part).collect(),
        Some(content) => vec![part(content)],
    };
    let calls = tool_calls.and_then(Value::as_array).unwrap_or_default();
    said.into_iter().chain(calls.iter().map(call)).collect()
}

fn part(value: &Value) -> Part {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or("text");
    let content =
        value.as_str().or_else(|| ["text", "content"].iter().find_map(|key| value.get(key)?.as_str()));
    match (kind, content) {
        ("text", Some(content)) => Part::Text { content: content.to_owned() },
        (kind, _) => Part::other(kind, json(value)),
    }
}

fn call(value: &Value) -> Part {
    let function = value.get("function").unwrap_or(value);
    Part::ToolCall {
        id: text(value.get("id")),
        name: text(function.get("name")).unwrap_or_default(),
        arguments: parsed(function.get("arguments")),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

/// A value, parsed where it is a text that holds JSON of more than one word.
fn parsed(value: Option<&Value>) -> Json {
    let whole = value.map(json).unwrap_or_default();
    let object = whole.as_str().filter(|text| text.trim_start().starts_with(['{', '[']));
    object.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(whole)
}
