//! The blocks of a message's content.

use serde_json::Value as Json;

use crate::json::{at, flag, text};
use crate::messages;

/// A tool call requested by the model.
pub(super) struct ToolRequest<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) input: &'a Json,
}

/// A tool's answer.
pub(super) struct Answered<'a> {
    pub(super) id: &'a str,
    pub(super) failed: bool,
    pub(super) said: String,
}

/// The blocks of a message; plain text counts as one block.
pub(super) fn blocks(message: &Json) -> impl Iterator<Item = &Json> {
    let content = message.get("content");
    let alone = content.filter(|content| content.is_string());
    content.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default().iter().chain(alone)
}

/// The tool call that a block requests.
pub(super) fn asked(block: &Json) -> Option<ToolRequest<'_>> {
    let is = matches!(text(block, "type")?, "tool_use" | "server_tool_use" | "mcp_tool_use");
    let (id, name) = (text(block, "id")?, text(block, "name")?);
    is.then(|| ToolRequest { id, name, input: block.get("input").unwrap_or(&Json::Null) })
}

/// The tool's answer that a block holds.
pub(super) fn answered(block: &Json) -> Option<Answered<'_>> {
    let is = text(block, "type")?.ends_with("tool_result");
    let id = text(block, "tool_use_id")?;
    is.then(|| Answered { id, failed: flag(block, "is_error"), said: said(block.get("content")) })
}

/// The text of a tool's answer; other contents, such as images, are only named.
fn said(content: Option<&Json>) -> String {
    match content {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(blocks)) => {
            let texts = blocks.iter().map(|block| match (text(block, "text"), text(block, "type")) {
                (Some(text), _) => text.to_owned(),
                (None, kind) => format!("[{}]", kind.unwrap_or("block")),
            });
            texts.collect::<Vec<_>>().join("\n")
        }
        Some(Json::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// The text of a message from the user; `None` for other messages.
pub(super) fn written(message: &Json) -> Option<String> {
    let texts = blocks(message).filter_map(|block| block.as_str().or_else(|| text(block, "text")));
    let texts: Vec<_> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// A block as a part of the GenAI schema; `None` for a block without content.
pub(super) fn part(block: &Json, most: usize) -> Option<Json> {
    if let Some(text) = block.as_str() {
        return Some(messages::text(text, most));
    }
    if let Some(asked) = asked(block) {
        return Some(messages::tool_call(asked.id, asked.name, asked.input));
    }
    if let Some(answered) = answered(block) {
        return Some(messages::tool_answer(answered.id, &answered.said, most));
    }
    match text(block, "type")? {
        "text" => text(block, "text").map(|text| messages::text(text, most)),
        "thinking" => text(block, "thinking").map(|text| messages::reasoning(text, most)),
        kind @ ("image" | "document") => {
            let bytes =
                at(block, &["source", "data"]).and_then(Json::as_str).map_or(0, |data| data.len() / 4 * 3);
            let mime = at(block, &["source", "media_type"]).and_then(Json::as_str);
            Some(messages::blob(kind, mime, bytes))
        }
        _ => None,
    }
}
