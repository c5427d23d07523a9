//! Values and messages as JSON text, for conventions that put JSON into attributes.

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use quipu_core::{Message, Part, Value};
use serde_json::{Value as Json, json};

/// Text unchanged, every other value as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => json_of(other).to_string(),
    }
}

/// The plain JSON of a value: bytes become base64; NaN and infinities become null.
pub(super) fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(int) => (*int).into(),
        Value::Double(double) => (*double).into(),
        Value::String(text) => text.as_str().into(),
        Value::Bytes(bytes) => STANDARD.encode(bytes).into(),
        Value::Array(values) => values.iter().map(json_of).collect(),
        Value::Map(pairs) => {
            Json::Object(pairs.iter().map(|(key, value)| (key.to_string(), json_of(value))).collect())
        }
    }
}

/// Encodes messages by the schema of the GenAI conventions.
pub(super) fn messages(messages: &[Message]) -> String {
    let message = |message: &Message| {
        let parts: Json = message.parts.iter().map(part).collect();
        json!({"role": message.role.as_str(), "parts": parts})
    };
    messages.iter().map(message).collect::<Json>().to_string()
}

fn part(part: &Part) -> Json {
    match part {
        Part::Text(text) => json!({"type": "text", "content": text}),
        Part::Reasoning(text) => json!({"type": "reasoning", "content": text}),
        Part::ToolCall { id, name, arguments } => {
            json!({"type": "tool_call", "id": id, "name": name, "arguments": json_of(arguments)})
        }
        Part::ToolCallResponse { id, response, .. } => {
            json!({"type": "tool_call_response", "id": id, "response": json_of(response)})
        }
        Part::Other { kind, value } => json!({"type": kind, "value": json_of(value)}),
    }
}
