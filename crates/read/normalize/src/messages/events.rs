//! Messages as span events, one event per message: the GenAI conventions before 1.37.

use quipu_core::{Message, Messages, Part, Role, Span, SpanEvent, Value};
use quipu_semconv::MESSAGE_EVENTS;

use super::{Sides, blocks, role, structured};
use crate::finish;

/// The input and output messages; choices are the model's answers.
pub(super) fn conversation(span: &Span) -> Sides {
    let (mut input, mut output) = (Vec::new(), Vec::new());
    for (event, word) in message_events(span) {
        match word {
            "choice" => output.extend(choice(event)),
            word => input.extend(asked(event, word)),
        }
    }
    (input, output)
}

/// Reads a tool's arguments and result, for sources that send them as messages.
pub(super) fn tool(span: &Span, said: &mut Messages) {
    for (event, word) in message_events(span) {
        match word {
            "tool" if said.tool_arguments.is_none() => {
                said.tool_arguments = event.attributes.get("content").map(structured)
            }
            "choice" if said.tool_result.is_none() => {
                said.tool_result = event.attributes.get("message").map(structured)
            }
            _ => {}
        }
    }
}

fn message_events(span: &Span) -> impl Iterator<Item = (&SpanEvent, &'static str)> {
    let word = |event: &SpanEvent| MESSAGE_EVENTS.iter().find(|(name, _)| *name == event.name.as_str());
    span.events.iter().filter_map(move |event| Some((event, word(event)?.1)))
}

fn asked(event: &SpanEvent, word: &str) -> Option<Message> {
    let role = event.attributes.text("role").map_or_else(|| role(word), role);
    let content = event.attributes.get("content");
    let mut parts = content.map(blocks::parts).unwrap_or_default();
    let id = event.attributes.text("id").or_else(|| event.attributes.text("tool_call_id"));
    if let (Role::Tool, Some(id), Some(content)) = (&role, id, content) {
        parts = vec![Part::ToolCallResponse {
            id: Some(id.to_owned()),
            response: structured(content),
            failed: false,
        }];
    }
    parts.extend(calls(event.attributes.get("tool_calls")));
    super::message(role, parts)
}

fn choice(event: &SpanEvent) -> Option<Message> {
    let said = event.attributes.get("message").or_else(|| event.attributes.get("content")).map(structured)?;
    let content = said.get("content").unwrap_or(&said);
    let mut parts =
        if matches!(said, Value::Map(_)) && said.get("content").is_none() && said.get("tool_calls").is_some()
        {
            Vec::new()
        } else {
            blocks::parts(content)
        };
    parts.extend(calls(said.get("tool_calls")));
    let finish_reason = event.attributes.text("finish_reason").map(finish::reason);
    (!parts.is_empty()).then_some(Message { role: Role::Assistant, parts, finish_reason })
}

fn calls(value: Option<&Value>) -> Vec<Part> {
    let list = value.map(structured).unwrap_or_default();
    list.as_array().unwrap_or_default().iter().filter_map(blocks::tool_call).collect()
}
