//! Requests in the shapes of OpenAI, Anthropic and Gemini.

use serde_json::Value;

use crate::images::{Detail, size_of_base64};
use crate::tally::Tally;
use crate::tools::offer;

/// How deep content is read.
const DEPTH: usize = 16;

/// All that goes in by the body of a request. `embeds`: texts to embed, without framing.
pub(crate) fn request(tally: &mut Tally<'_>, body: &Value, embeds: bool) {
    let text = |key: &str| body.get(key).filter(|value| value.is_string() || value.is_array());
    for key in ["prompt", "input"] {
        let Some(value) = text(key) else { continue };
        if embeds || key == "prompt" { texts(tally, value) } else { items(tally, value) }
    }
    for key in ["system", "instructions", "systemInstruction", "system_instruction"] {
        if let Some(value) = body.get(key).filter(|value| !value.is_null()) {
            tally.message("system");
            content(tally, value, 0);
        }
    }
    for key in ["messages", "contents", "content", "requests"] {
        let list = body.get(key);
        match list {
            Some(Value::Array(list)) => list.iter().for_each(|item| message(tally, item)),
            Some(Value::Null) | None => {}
            Some(other) if embeds => content(tally, other, 0),
            Some(other) => message(tally, other),
        }
    }
    for key in ["tools", "functions"] {
        body.get(key).and_then(Value::as_array).into_iter().flatten().for_each(|entry| tool(tally, entry));
    }
    settings(tally, body);
}

/// What is asked of the answer: each provider tells its models so in words.
fn settings(tally: &mut Tally<'_>, body: &Value) {
    let schemas = [
        "/response_format/json_schema/schema",
        "/text/format/schema",
        "/output_format/schema",
        "/output_config/format/schema",
        "/generationConfig/responseSchema",
    ];
    for schema in schemas.iter().filter_map(|path| body.pointer(path)) {
        tally.around(if tally.is_openai() { 8 } else { 120 });
        tally.rough(&schema.to_string());
    }
    let forced = match body.get("tool_choice") {
        Some(Value::String(choice)) => choice == "required" || choice == "any",
        Some(Value::Object(choice)) => choice.get("type").and_then(Value::as_str) != Some("auto"),
        _ => false,
    };
    if forced {
        tally.around(12);
    }
    if matches!(body.pointer("/thinking/type").and_then(Value::as_str), Some("enabled" | "adaptive")) {
        tally.around(28);
    }
}

/// How many tokens may come out by the body of a request, all choices together.
pub(crate) fn max_output(body: &Value) -> Option<u64> {
    let limits = [
        "/max_completion_tokens",
        "/max_output_tokens",
        "/max_tokens",
        "/max_tokens_to_sample",
        "/generationConfig/maxOutputTokens",
        "/generation_config/max_output_tokens",
    ];
    let most = limits.iter().find_map(|path| body.pointer(path)?.as_u64())?;
    Some(most.saturating_mul(choices(body)))
}

/// How many answers are asked for; at least one.
pub(crate) fn choices(body: &Value) -> u64 {
    let places = ["/n", "/generationConfig/candidateCount"];
    places.iter().find_map(|path| body.pointer(path)?.as_u64()).unwrap_or(1).max(1)
}

/// Texts without framing: one, many, or already tokens.
fn texts(tally: &mut Tally<'_>, value: &Value) {
    match value {
        Value::String(text) => tally.text(text),
        Value::Array(list) => list.iter().for_each(|item| texts(tally, item)),
        Value::Number(_) => tally.add(1),
        _ => {}
    }
}

/// `input` of OpenAI's responses: a text, or messages, calls and their answers.
fn items(tally: &mut Tally<'_>, value: &Value) {
    match value {
        Value::String(text) => {
            tally.message("user");
            tally.text(text);
        }
        Value::Array(list) => list.iter().for_each(|item| message(tally, item)),
        _ => {}
    }
}

fn message(tally: &mut Tally<'_>, item: &Value) {
    if let Some(text) = item.as_str() {
        tally.message("user");
        return tally.text(text);
    }
    let kind = word(item, "type");
    if item.get("role").is_none() && !kind.is_empty() && kind != "message" {
        return part(tally, item, 0);
    }
    let role = word(item, "role");
    tally.message(if role.is_empty() { "user" } else { role });
    if let Some(name) = item.get("name").and_then(Value::as_str) {
        tally.name(name);
    }
    for key in ["content", "parts"] {
        if let Some(value) = item.get(key) {
            content(tally, value, 0);
        }
    }
    item.get("tools").and_then(Value::as_array).into_iter().flatten().for_each(|one| tool(tally, one));
    let calls = item.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    calls.for_each(|call| function(tally, call.get("function").unwrap_or(call)));
    if let Some(call) = item.get("function_call") {
        function(tally, call);
    }
}

fn content(tally: &mut Tally<'_>, value: &Value, depth: usize) {
    match value {
        Value::String(text) => tally.text(text),
        Value::Array(list) if depth < DEPTH => list.iter().for_each(|item| content(tally, item, depth + 1)),
        Value::Object(_) if depth < DEPTH => part(tally, value, depth + 1),
        _ => {}
    }
}

/// A part of a message by its `type`, or by its key where the shape has none (Gemini).
fn part(tally: &mut Tally<'_>, item: &Value, depth: usize) {
    match word(item, "type") {
        "image" | "image_url" | "input_image" => return image(tally, item),
        "tool_use" | "function_call" | "server_tool_use" | "mcp_call" => return function(tally, item),
        "tool_result" | "function_call_output" | "tool_response" => return answer(tally, item, depth),
        "document" => return document(tally, item, depth),
        // Reasoning of former turns is mostly left out by the provider.
        "reasoning" => return tally.perhaps(&item.get("summary").map(Value::to_string).unwrap_or_default()),
        "file" | "input_file" | "input_audio" | "audio" | "video" => {
            return tally.unknown(bytes_in(item));
        }
        _ => {}
    }
    if let Some(data) = item.get("inlineData").or_else(|| item.get("inline_data")) {
        return inline(tally, data);
    }
    if let Some(call) = item.get("functionCall").or_else(|| item.get("function_call")) {
        return function(tally, call);
    }
    if let Some(found) = item.get("functionResponse").or_else(|| item.get("function_response")) {
        return answer(tally, found, depth);
    }
    if let Some(list) = item.get("tools").and_then(Value::as_array) {
        list.iter().for_each(|one| tool(tally, one));
    }
    if let Some(one) = item.get("tool").map(|one| one.get("definition").unwrap_or(one)) {
        tool(tally, one);
    }
    for key in ["title", "text", "thinking", "refusal", "summary", "content", "parts", "output_text"] {
        if let Some(value) = item.get(key) {
            content(tally, value, depth);
        }
    }
}

fn function(tally: &mut Tally<'_>, call: &Value) {
    let arguments = ["arguments", "input", "args"].iter().find_map(|key| call.get(key));
    let text = match arguments {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    tally.call(word(call, "name"), &text);
}

fn answer(tally: &mut Tally<'_>, item: &Value, depth: usize) {
    tally.answer(word(item, "name"));
    for key in ["content", "output", "response"] {
        match item.get(key) {
            Some(Value::Object(map)) => tally.text(&Value::Object(map.clone()).to_string()),
            Some(value) => content(tally, value, depth),
            None => {}
        }
    }
}

/// A picture: `image_url` as a text or an object with `url` and `detail` (OpenAI), `source` (Anthropic).
fn image(tally: &mut Tally<'_>, item: &Value) {
    let address = item.get("image_url");
    let detail = address.and_then(|address| address.get("detail")).or_else(|| item.get("detail"));
    let detail = if detail.and_then(Value::as_str) == Some("low") { Detail::Low } else { Detail::High };
    let url = address.and_then(|address| address.as_str().or_else(|| address.get("url")?.as_str()));
    let data = item.pointer("/source/data").or_else(|| item.get("data")).and_then(Value::as_str);
    let data = data.or_else(|| url.and_then(data_of));
    tally.image(data.and_then(size_of_base64), detail);
}

/// The base64 of a data URL.
pub(crate) fn data_of(url: &str) -> Option<&str> {
    url.strip_prefix("data:")?.split_once(";base64,").map(|(_, data)| data)
}

fn inline(tally: &mut Tally<'_>, data: &Value) {
    let kind = [word(data, "mimeType"), word(data, "mime_type")].concat();
    let bytes = word(data, "data");
    if kind.starts_with("image/") {
        tally.image(size_of_base64(bytes), Detail::High);
    } else {
        tally.unknown(bytes.len() / 4 * 3);
    }
}

/// A document of Anthropic's: its text, or a file. Citations bring a prompt of some 500 tokens with them, by recordings.
fn document(tally: &mut Tally<'_>, item: &Value, depth: usize) {
    if item.pointer("/citations/enabled") == Some(&Value::Bool(true)) {
        tally.around(500);
    }
    let source = item.get("source").unwrap_or(&Value::Null);
    match word(source, "type") {
        "text" => tally.text(word(source, "data")),
        "content" => content(tally, source.get("content").unwrap_or(&Value::Null), depth),
        _ => tally.unknown(bytes_in(item)),
    }
}

/// Bytes of whatever a part holds in base64.
fn bytes_in(item: &Value) -> usize {
    let paths = ["/source/data", "/file/file_data", "/file_data", "/input_audio/data", "/data"];
    let data = paths.iter().find_map(|path| item.pointer(path)?.as_str());
    data.map_or(0, |data| data.len() / 4 * 3)
}

fn tool(tally: &mut Tally<'_>, entry: &Value) {
    for key in ["functionDeclarations", "function_declarations"] {
        if let Some(list) = entry.get(key).and_then(Value::as_array) {
            return list.iter().for_each(|one| tool(tally, one));
        }
    }
    let one = entry.get("function").unwrap_or(entry);
    let schema = ["parameters", "input_schema", "parametersJsonSchema"].iter().find_map(|key| one.get(key));
    offer(tally, word(one, "name"), word(one, "description"), schema.unwrap_or(&Value::Null), one);
}

fn word<'a>(item: &'a Value, key: &str) -> &'a str {
    item.get(key).and_then(Value::as_str).unwrap_or_default()
}
