//! Input messages of Gemini's requests.

use serde_json::{Value, json};

use super::{InputMessages, answered, listed, media, message, text_part};
use crate::wire::fields::{list, text, word};

pub(super) fn contents(body: &Value) -> InputMessages {
    let mut messages: Vec<Value> = match body.get("contents") {
        Some(Value::String(text)) => vec![message("user", vec![text_part(text)])],
        _ => list(body, "contents").iter().map(one).collect(),
    };
    // Embedding requests have one content, or several requests with one each.
    messages.extend(body.get("content").map(one));
    messages.extend(list(body, "requests").iter().filter_map(|request| request.get("content")).map(one));
    let system = ["systemInstruction", "system_instruction"].iter().find_map(|key| body.get(key));
    let system = system.map(parts).filter(|parts| !parts.is_empty()).map(Value::Array);
    InputMessages { messages: listed(messages), system, tools: None }
}

fn one(content: &Value) -> Value {
    let parts = parts(content);
    let is_answer = |part: &Value| text(part, "type") == Some("tool_call_response");
    let role = match word(content, "role").unwrap_or("user") {
        "model" => "assistant",
        "function" => "tool",
        _ if !parts.is_empty() && parts.iter().all(is_answer) => "tool",
        role => role,
    };
    message(role, parts)
}

fn parts(content: &Value) -> Vec<Value> {
    list(content, "parts").iter().map(part).collect()
}

fn part(part: &Value) -> Value {
    let get = |camel: &str, snake: &str| part.get(camel).or_else(|| part.get(snake));
    if let Some(said) = text(part, "text") {
        let is_thought = part.get("thought").and_then(Value::as_bool).unwrap_or(false);
        return if is_thought { json!({"type": "reasoning", "content": said}) } else { text_part(said) };
    }
    if let Some(call) = get("functionCall", "function_call") {
        let name = text(call, "name").unwrap_or_default();
        return json!({"type": "tool_call", "id": text(call, "id"), "name": name, "arguments": call.get("args")});
    }
    if let Some(answer) = get("functionResponse", "function_response") {
        let id = text(answer, "id").or_else(|| text(answer, "name"));
        return answered(id, answer.get("response").cloned().unwrap_or_default());
    }
    if let Some(data) = get("inlineData", "inline_data") {
        let mime = text(data, "mimeType").or_else(|| text(data, "mime_type"));
        return media(modality(mime), mime, text(data, "data").unwrap_or_default());
    }
    if let Some(file) = get("fileData", "file_data") {
        let mime = text(file, "mimeType").or_else(|| text(file, "mime_type"));
        let place = text(file, "fileUri").or_else(|| text(file, "file_uri"));
        return media(modality(mime), mime, place.unwrap_or_default());
    }
    let kind = part.as_object().and_then(|part| part.keys().next());
    json!({"type": kind.map_or("unknown", String::as_str)})
}

fn modality(mime: Option<&str>) -> &str {
    mime.and_then(|mime| mime.split('/').next()).filter(|kind| !kind.is_empty()).unwrap_or("document")
}
