//! Input messages of OpenAI's requests.

use serde_json::Value;

use super::{InputMessages, answered, listed, media, message, text_part};
use crate::wire::draft::tool_call;
use crate::wire::fields::{list, text, word};

/// Messages of chat completions, or the prompt of completions.
pub(super) fn chat(body: &Value) -> InputMessages {
    let messages = list(body, "messages").iter().map(chat_message);
    let prompt = text(body, "prompt").map(|prompt| message("user", vec![text_part(prompt)]));
    InputMessages { messages: listed(messages.chain(prompt).collect()), ..InputMessages::default() }
}

fn chat_message(sent: &Value) -> Value {
    let role = word(sent, "role").unwrap_or("user");
    if role == "tool" || role == "function" {
        let response = sent.get("content").cloned().unwrap_or_default();
        return message("tool", vec![answered(text(sent, "tool_call_id"), response)]);
    }
    let mut parts: Vec<Value> = word(sent, "reasoning_content")
        .map(|thought| serde_json::json!({"type": "reasoning", "content": thought}))
        .into_iter()
        .collect();
    parts.extend(contents(sent.get("content").unwrap_or(&Value::Null)));
    parts.extend(list(sent, "tool_calls").iter().map(|call| {
        let function = call.get("function").or_else(|| call.get("custom")).unwrap_or(&Value::Null);
        let arguments = text(function, "arguments").or_else(|| text(function, "input"));
        tool_call(text(call, "id"), text(function, "name").unwrap_or_default(), arguments)
    }));
    message(if role == "developer" { "system" } else { role }, parts)
}

fn contents(content: &Value) -> Vec<Value> {
    match content {
        Value::String(text) => vec![text_part(text)],
        Value::Array(parts) => parts.iter().map(content_part).collect(),
        _ => Vec::new(),
    }
}

fn content_part(part: &Value) -> Value {
    let kind = text(part, "type").unwrap_or_default();
    match kind {
        "text" | "input_text" | "output_text" => text_part(text(part, "text").unwrap_or_default()),
        "image_url" => media(
            "image",
            None,
            part.get("image_url").and_then(|image| text(image, "url")).unwrap_or_default(),
        ),
        "input_image" => media("image", None, text(part, "image_url").unwrap_or_default()),
        "input_audio" => {
            let audio = part.get("input_audio").unwrap_or(&Value::Null);
            media("audio", text(audio, "format"), text(audio, "data").unwrap_or_default())
        }
        _ => serde_json::json!({"type": kind}),
    }
}

/// Messages of the responses API.
pub(super) fn responses(body: &Value) -> InputMessages {
    let messages = match body.get("input") {
        Some(Value::String(text)) => vec![message("user", vec![text_part(text)])],
        Some(Value::Array(items)) => items.iter().map(item).collect(),
        _ => Vec::new(),
    };
    let system = text(body, "instructions").map(|text| Value::Array(vec![text_part(text)]));
    InputMessages { messages: listed(messages), system, tools: None }
}

fn item(item: &Value) -> Value {
    match text(item, "type").unwrap_or("message") {
        "message" => {
            let role = word(item, "role").unwrap_or("user");
            let role = if role == "developer" { "system" } else { role };
            message(role, contents(item.get("content").unwrap_or(&Value::Null)))
        }
        "function_call" | "custom_tool_call" => {
            let arguments = text(item, "arguments").or_else(|| text(item, "input"));
            let name = text(item, "name").unwrap_or_default();
            message("assistant", vec![tool_call(text(item, "call_id"), name, arguments)])
        }
        "function_call_output" | "custom_tool_call_output" => {
            let output = item.get("output").cloned().unwrap_or_default();
            message("tool", vec![answered(text(item, "call_id"), output)])
        }
        "reasoning" => {
            let thoughts = list(item, "summary").iter().filter_map(|part| text(part, "text"));
            let part = |thought| serde_json::json!({"type": "reasoning", "content": thought});
            message("assistant", thoughts.map(part).collect())
        }
        kind => message("assistant", vec![serde_json::json!({"type": kind})]),
    }
}

/// Texts of an embedding request.
pub(super) fn embeddings(body: &Value) -> InputMessages {
    let parts: Vec<Value> = match body.get("input") {
        Some(Value::String(text)) => vec![text_part(text)],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).map(text_part).collect(),
        _ => Vec::new(),
    };
    InputMessages {
        messages: (!parts.is_empty()).then(|| Value::Array(vec![message("user", parts)])),
        ..InputMessages::default()
    }
}
