//! Input messages of Anthropic's requests.

use serde_json::{Value, json};

use super::{InputMessages, answered, listed, media, message, text_part};
use crate::wire::fields::{list, text, word};

pub(super) fn messages(body: &Value) -> InputMessages {
    let messages = list(body, "messages").iter().map(one).collect();
    let system = body.get("system").map(blocks).filter(|parts| !parts.is_empty()).map(Value::Array);
    InputMessages { messages: listed(messages), system, tools: None }
}

fn one(sent: &Value) -> Value {
    let parts = blocks(sent.get("content").unwrap_or(&Value::Null));
    let is_answer = |part: &Value| text(part, "type") == Some("tool_call_response");
    // In Anthropic's API the user role returns tool results; the schema has its own role for them.
    let role = match word(sent, "role").unwrap_or("user") {
        "user" if !parts.is_empty() && parts.iter().all(is_answer) => "tool",
        role => role,
    };
    message(role, parts)
}

fn blocks(content: &Value) -> Vec<Value> {
    match content {
        Value::String(text) => vec![text_part(text)],
        Value::Array(blocks) => blocks.iter().map(block).collect(),
        _ => Vec::new(),
    }
}

fn block(block: &Value) -> Value {
    let piece = |key: &str| text(block, key).unwrap_or_default();
    match piece("type") {
        "text" => text_part(piece("text")),
        "thinking" => json!({"type": "reasoning", "content": piece("thinking")}),
        "tool_use" => {
            json!({"type": "tool_call", "id": text(block, "id"), "name": piece("name"), "arguments": block.get("input")})
        }
        "tool_result" => {
            let content = match block.get("content") {
                Some(Value::Array(inner)) => match inner.as_slice() {
                    [only] if text(only, "type") == Some("text") => json!(text(only, "text")),
                    inner => Value::Array(inner.iter().map(self::block).collect()),
                },
                other => other.cloned().unwrap_or_default(),
            };
            answered(text(block, "tool_use_id"), content)
        }
        kind @ ("image" | "document") => {
            let source = block.get("source").unwrap_or(&Value::Null);
            let place = text(source, "url").or_else(|| text(source, "data")).unwrap_or_default();
            media(kind, text(source, "media_type"), place)
        }
        kind => json!({"type": kind}),
    }
}
