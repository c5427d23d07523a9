//! The items of a response.

use serde_json::Value as Json;

use crate::json::{any, any_text, as_text, at, count, text};
use crate::messages;

/// A tool call requested by the model.
pub(super) struct ToolRequest {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) input: Json,
}

/// A tool's answer.
pub(super) struct Answered<'a> {
    pub(super) id: &'a str,
    pub(super) said: String,
    /// Whether it failed, if reported.
    pub(super) failed: Option<bool>,
}

/// The tool call that an item requests.
pub(super) fn asked(item: &Json) -> Option<ToolRequest> {
    let id = any_text(item, &["call_id", "id"])?.to_owned();
    let (name, input) = match text(item, "type")? {
        "function_call" => (text(item, "name")?, structured(item.get("arguments"))),
        "custom_tool_call" => (text(item, "name")?, structured(item.get("input"))),
        "local_shell_call" => ("local_shell", structured(item.get("action"))),
        _ => return None,
    };
    Some(ToolRequest { id, name: name.to_owned(), input })
}

/// Parses JSON within text, as Codex writes arguments; other text stays unchanged.
fn structured(json: Option<&Json>) -> Json {
    match json {
        Some(Json::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone())),
        Some(other) => other.clone(),
        None => Json::Null,
    }
}

/// The tool's answer in an item.
pub(super) fn answered(item: &Json) -> Option<Answered<'_>> {
    if !matches!(text(item, "type")?, "function_call_output" | "custom_tool_call_output") {
        return None;
    }
    let id = text(item, "call_id")?;
    let output = structured(item.get("output"));
    let said = match any(&output, &["content", "output"]) {
        Some(Json::Array(parts)) => written(parts),
        Some(inner) => as_text(inner),
        None => match &output {
            Json::Array(parts) => written(parts),
            Json::Null => String::new(),
            other => as_text(other),
        },
    };
    let failed = failed(&output, &said);
    Some(Answered { id, said, failed })
}

/// Whether a tool failed: by its own report, by its exit code, or by the line with the exit code.
fn failed(output: &Json, said: &str) -> Option<bool> {
    if let Some(success) = output.get("success").and_then(Json::as_bool) {
        return Some(!success);
    }
    if let Some(metadata) = at(output, &["metadata"])
        && metadata.get("exit_code").is_some()
    {
        return Some(count(metadata, "exit_code") != Some(0));
    }
    let lines = said.lines().take(8);
    let code = |line: &str| {
        ["Process exited with code ", "Exit code: "]
            .iter()
            .find_map(|word| line.strip_prefix(word))
            .map(str::to_owned)
    };
    lines.filter_map(code).map(|code| code.trim() != "0").next()
}

/// The texts of a message's content.
pub(super) fn written(parts: &[Json]) -> String {
    parts.iter().filter_map(|part| text(part, "text")).collect::<Vec<_>>().join("\n")
}

/// An item as parts of the GenAI schema.
pub(super) fn parts(item: &Json, most: usize) -> Vec<Json> {
    if let Some(asked) = asked(item) {
        return vec![messages::tool_call(&asked.id, &asked.name, &asked.input)];
    }
    if let Some(answered) = answered(item) {
        return vec![messages::tool_answer(answered.id, &answered.said, most)];
    }
    let list = |key: &str| item.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    match text(item, "type") {
        Some("message") => list("content").iter().filter_map(|part| content(part, most)).collect(),
        Some("reasoning") => {
            let texts = list("summary").iter().chain(list("content")).filter_map(|part| text(part, "text"));
            texts.map(|text| messages::reasoning(text, most)).collect()
        }
        Some("web_search_call") => {
            let id = text(item, "id").unwrap_or_default();
            vec![messages::tool_call(id, "web_search", item.get("action").unwrap_or(&Json::Null))]
        }
        _ => Vec::new(),
    }
}

fn content(part: &Json, most: usize) -> Option<Json> {
    if let Some(text) = text(part, "text") {
        return Some(messages::text(text, most));
    }
    let image = text(part, "image_url")?;
    Some(messages::blob("image", None, image.len()))
}
