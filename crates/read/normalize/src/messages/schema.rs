//! Messages as JSON: the GenAI message schema, and similar chat formats of providers and frameworks.

use quipu_core::{Message, Part, Role, Value};

use super::{blocks, role};
use crate::finish;

/// The messages of a list or of a single message; empty for any other value.
pub(super) fn messages(value: &Value) -> Vec<Message> {
    match value {
        Value::Array(values) => values.iter().filter_map(message).collect(),
        single => message(single).into_iter().collect(),
    }
}

/// The messages of a list, or of a list under a usual name within an object.
pub(super) fn messages_within(value: &Value) -> Vec<Message> {
    let inside = ["messages", "input", "contents", "replies", "generations"]
        .iter()
        .find_map(|name| value.get(name).filter(|list| list.as_array().is_some()));
    match (value, inside) {
        (Value::Array(_), _) => nested(value),
        (_, Some(list)) => nested(list),
        (single, None) => message(single).into_iter().collect(),
    }
}

/// A list of messages, or the first of several lists: `LangChain` runs prompts in batches and answers each
/// with candidates.
fn nested(list: &Value) -> Vec<Message> {
    match list.as_array().and_then(<[Value]>::first) {
        Some(first @ Value::Array(_)) => messages(first),
        _ => messages(list),
    }
}

/// Unwraps a `LangChain` message. It is written as its class and its arguments, and a candidate as an object
/// around the message.
fn unpacked(value: &Value) -> Option<Message> {
    if let Some(inner) =
        value.get("message").filter(|_| value.get("generation_info").is_some() || value.get("text").is_some())
    {
        return message(inner);
    }
    let inside = value.get("kwargs")?;
    let class = value.get("id")?.as_array()?.last()?.as_str()?;
    let said = match class.strip_suffix("Chunk").unwrap_or(class) {
        "HumanMessage" => "user",
        "SystemMessage" => "system",
        "AIMessage" => "assistant",
        "ToolMessage" | "FunctionMessage" => "tool",
        _ => inside.get("type").or_else(|| inside.get("role"))?.as_str()?,
    };
    let parts = parts(inside, said);
    let metadata = inside.get("response_metadata");
    let finish_reason = metadata.and_then(reason);
    (!parts.is_empty() || finish_reason.is_some()).then(|| Message { role: role(said), parts, finish_reason })
}

/// One message. It must name its role, or be a record of the older event format, whose name implies the role.
fn message(value: &Value) -> Option<Message> {
    let parsed;
    let value = match value {
        Value::String(_) => {
            parsed = super::structured(value);
            &parsed
        }
        other => other,
    };
    let event = value.get("event.name").and_then(Value::as_str);
    if event == Some("gen_ai.choice") {
        let mut inner = message(value.get("message")?)?;
        inner.finish_reason = reason(value).or(inner.finish_reason);
        return Some(inner);
    }
    let Some(said) = value.get("role").and_then(Value::as_str).or_else(|| event?.split('.').nth(1)) else {
        return unpacked(value).or_else(|| item(value));
    };
    let message = Message { role: role(said), parts: parts(value, said), finish_reason: reason(value) };
    (!message.parts.is_empty() || message.finish_reason.is_some()).then_some(message)
}

/// A tool call or its result as an item of its own beside the messages, as the Responses API has them.
fn item(value: &Value) -> Option<Message> {
    let role = match value.get("type")?.as_str()? {
        "function_call" => Role::Assistant,
        "function_call_output" => Role::Tool,
        _ => return None,
    };
    super::message(role, blocks::parts(value))
}

fn reason(value: &Value) -> Option<compact_str::CompactString> {
    value.get("finish_reason").and_then(Value::as_str).map(finish::reason)
}

/// The parts of a message: those of the schema, otherwise its content and tool calls.
fn parts(value: &Value, said: &str) -> Vec<Part> {
    let answers = (role(said) == Role::Tool).then(|| answer(value)).flatten();
    if let Some(answer) = answers {
        return vec![answer];
    }
    let mut parts = value.get("parts").map(blocks::parts).unwrap_or_default();
    if parts.is_empty() {
        parts = value.get("content").or_else(|| value.get("blocks")).map(blocks::parts).unwrap_or_default();
    }
    let has_calls = parts.iter().any(|part| matches!(part, Part::ToolCall { .. }));
    let calls = value.get("tool_calls").filter(|_| !has_calls).and_then(Value::as_array).unwrap_or_default();
    parts.extend(calls.iter().filter_map(blocks::tool_call));
    parts
}

/// A tool's answer in the chat format of providers: the id of the answered call next to the content.
fn answer(value: &Value) -> Option<Part> {
    let id =
        ["tool_call_id", "call_id", "id"].iter().find_map(|key| value.get(key)).and_then(Value::as_str)?;
    let content = value.get("content")?;
    Some(Part::ToolCallResponse {
        id: Some(id.to_owned()),
        response: super::structured(content),
        failed: blocks::says_failed(value),
    })
}
