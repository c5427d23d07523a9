//! Messages in the form of the OpenTelemetry GenAI message schema:
//! <https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-input-messages.json>

use serde_json::{Value as Json, json};

/// A message of a role.
pub(crate) fn message(role: &str, parts: Vec<Json>) -> Json {
    json!({"role": role, "parts": parts})
}

/// The model's answer.
pub(crate) fn answer(parts: &[Json], finish_reason: Option<&str>) -> Json {
    match finish_reason {
        Some(reason) => json!({"role": "assistant", "parts": parts, "finish_reason": reason}),
        None => json!({"role": "assistant", "parts": parts}),
    }
}

pub(crate) fn text(text: &str, most: usize) -> Json {
    json!({"type": "text", "content": cut(text, most)})
}

pub(crate) fn reasoning(text: &str, most: usize) -> Json {
    json!({"type": "reasoning", "content": cut(text, most)})
}

pub(crate) fn tool_call(id: &str, name: &str, arguments: &Json) -> Json {
    json!({"type": "tool_call", "id": id, "name": name, "arguments": arguments})
}

pub(crate) fn tool_answer(id: &str, response: &str, most: usize) -> Json {
    json!({"type": "tool_call_response", "id": id, "response": cut(response, most)})
}

/// An image or file, without its bytes.
pub(crate) fn blob(kind: &str, mime_type: Option<&str>, bytes: usize) -> Json {
    json!({"type": "blob", "modality": kind, "mime_type": mime_type, "bytes": bytes})
}

/// A text, or its beginning with the number of missing bytes.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let kept = text.floor_char_boundary(most);
    format!("{}… ({} more bytes)", &text[..kept], text.len() - kept)
}

/// A list as an attribute's text; `None` for an empty list.
pub(crate) fn listed(messages: &[Json]) -> Option<String> {
    (!messages.is_empty()).then(|| Json::Array(messages.to_vec()).to_string())
}
