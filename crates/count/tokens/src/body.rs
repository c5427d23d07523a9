//! Token counts of OpenAI, Anthropic and Gemini request bodies, read as a stream without a tree.
//!
//! Names are compared in their folded form. A repeated member is counted each time, so the sum includes the
//! one that a provider reads.

use quipu_json::{RawValue, fold, is_null, members, pick};

use crate::images::{Detail, size_of_base64};
use crate::tally::Tally;
use crate::tools::offer;
use crate::value::{any_text, compact, each, is_object, is_text, number, text, told, word};

/// Maximum depth of parsed content. Deeper content is counted as raw text.
const DEPTH: usize = 16;

/// Counts all input of a request body. `embeds`: the texts are to be embedded, without framing.
pub(crate) fn request(tally: &mut Tally<'_>, body: &RawValue, embeds: bool) {
    let _ = members(body, &mut |name, value| match &*fold(&name) {
        "prompt" => texts(tally, value),
        "input" if embeds => texts(tally, value),
        "input" => items(tally, value),
        "system" | "instructions" | "systeminstruction" if !is_null(value) => {
            tally.message("system");
            content(tally, value, 0);
        }
        "messages" | "contents" | "content" | "requests" | "instances" => turns(tally, value, embeds),
        "tools" | "functions" => each(value, &mut |entry| tool(tally, entry)),
        // Google's code assistants wrap the request.
        "request" if is_object(value) => request(tally, value, embeds),
        _ => {}
    });
    settings(tally, body);
}

/// Counts the output settings, which each provider writes into the prompt as text.
fn settings(tally: &mut Tally<'_>, body: &RawValue) {
    let schemas: [&[&str]; 5] = [
        &["responseformat", "jsonschema", "schema"],
        &["text", "format", "schema"],
        &["outputformat", "schema"],
        &["outputconfig", "format", "schema"],
        &["generationconfig", "responseschema"],
    ];
    for schema in schemas.iter().filter_map(|path| quipu_json::at(body, path)) {
        tally.around(if tally.is_openai() { 8 } else { 120 });
        tally.rough(&compact(schema));
    }
    let [choice, thinking] = pick(body, ["toolchoice", "thinking"]);
    let forced = choice.is_some_and(|choice| match text(choice) {
        Some(choice) => choice == "required" || choice == "any",
        None => is_object(choice) && word(choice, "type") != "auto",
    });
    if forced {
        tally.around(12);
    }
    if thinking.is_some_and(|thinking| matches!(&*word(thinking, "type"), "enabled" | "adaptive")) {
        tally.around(28);
    }
}

/// The output limit in a request body, for all choices together.
pub(crate) fn max_output(body: &RawValue) -> Option<u64> {
    let limits: [&[&str]; 5] = [
        &["maxcompletiontokens"],
        &["maxoutputtokens"],
        &["maxtokens"],
        &["maxtokenstosample"],
        &["generationconfig", "maxoutputtokens"],
    ];
    let most = limits.iter().filter_map(|path| number(quipu_json::at(body, path)?)).max()?;
    Some(most.saturating_mul(choices(body)))
}

/// The number of requested answers; at least one.
pub(crate) fn choices(body: &RawValue) -> u64 {
    let places: [&[&str]; 2] = [&["n"], &["generationconfig", "candidatecount"]];
    places.iter().find_map(|path| number(quipu_json::at(body, path)?)).unwrap_or(1).max(1)
}

/// Counts texts without framing: one, several, or token ids.
fn texts(tally: &mut Tally<'_>, value: &RawValue) {
    match value.get().as_bytes().first() {
        Some(b'"') => tally.text(&any_text(value)),
        Some(b'[') => each(value, &mut |item| match item.get().as_bytes().first() {
            Some(b'"') => tally.text(&any_text(item)),
            // Token ids. Anything nested here is no text.
            Some(b'[') => each(item, &mut |_| tally.add(1)),
            Some(b'0'..=b'9' | b'-') => tally.add(1),
            _ => {}
        }),
        _ => {}
    }
}

/// Counts `input` of OpenAI's responses: a text, or messages, calls and their answers.
fn items(tally: &mut Tally<'_>, value: &RawValue) {
    if is_text(value) {
        tally.message("user");
        return tally.text(&any_text(value));
    }
    each(value, &mut |item| message(tally, item));
}

fn turns(tally: &mut Tally<'_>, value: &RawValue, embeds: bool) {
    match value.get().as_bytes().first() {
        Some(b'[') => each(value, &mut |item| message(tally, item)),
        Some(b'n') | None => {}
        Some(_) if embeds => content(tally, value, 0),
        Some(_) => message(tally, value),
    }
}

fn message(tally: &mut Tally<'_>, item: &RawValue) {
    if is_text(item) {
        tally.message("user");
        return tally.text(&any_text(item));
    }
    let [kind, role] = pick(item, ["type", "role"]).map(|value| value.and_then(text).unwrap_or_default());
    if role.is_empty() && !kind.is_empty() && kind != "message" {
        return part(tally, item, 0);
    }
    tally.message(if role.is_empty() { "user" } else { &role });
    let _ = members(item, &mut |name, value| match &*fold(&name) {
        "name" if is_text(value) => tally.name(&any_text(value)),
        "content" | "parts" => content(tally, value, 0),
        "tools" => each(value, &mut |one| tool(tally, one)),
        "toolcalls" => each(value, &mut |call| {
            let [inner] = pick(call, ["function"]);
            function(tally, inner.unwrap_or(call));
        }),
        "functioncall" if !is_null(value) => function(tally, value),
        _ => {}
    });
}

fn content(tally: &mut Tally<'_>, value: &RawValue, depth: usize) {
    match value.get().as_bytes().first() {
        Some(b'"') => tally.text(&any_text(value)),
        Some(b'[' | b'{') if depth >= DEPTH => tally.text(value.get()),
        Some(b'[') => each(value, &mut |item| content(tally, item, depth + 1)),
        Some(b'{') => part(tally, value, depth + 1),
        _ => {}
    }
}

/// Counts a content block by its `type`, or by its key in a format without types (Gemini).
fn part(tally: &mut Tally<'_>, item: &RawValue, depth: usize) {
    match &*word(item, "type") {
        "image" | "image_url" | "input_image" => return image(tally, item),
        "tool_use" | "function_call" | "server_tool_use" | "mcp_call" => return function(tally, item),
        "tool_result" | "function_call_output" | "tool_response" => return answer(tally, item, depth),
        "document" => return document(tally, item, depth),
        // Providers mostly drop the reasoning of earlier turns.
        "reasoning" => {
            let [summary] = pick(item, ["summary"]);
            return tally.perhaps(&summary.map(compact).unwrap_or_default());
        }
        "file" | "input_file" | "input_audio" | "audio" | "video" => {
            return tally.unknown(bytes_in(item));
        }
        _ => {}
    }
    let [data, call, found] = pick(item, ["inlinedata", "functioncall", "functionresponse"]);
    if let Some(data) = data {
        return inline(tally, data);
    }
    if let Some(call) = call {
        return function(tally, call);
    }
    if let Some(found) = found {
        return answer(tally, found, depth);
    }
    let _ = members(item, &mut |name, value| match &*fold(&name) {
        "tools" => each(value, &mut |one| tool(tally, one)),
        "tool" if is_object(value) => tool(tally, pick(value, ["definition"])[0].unwrap_or(value)),
        "title" | "text" | "thinking" | "refusal" | "summary" | "content" | "parts" | "outputtext" => {
            content(tally, value, depth);
        }
        _ => {}
    });
}

fn function(tally: &mut Tally<'_>, call: &RawValue) {
    let arguments = pick(call, ["arguments", "input", "args"]).into_iter().flatten().next();
    tally.call(&word(call, "name"), &arguments.map(told).unwrap_or_default());
}

fn answer(tally: &mut Tally<'_>, item: &RawValue, depth: usize) {
    tally.answer(&word(item, "name"));
    for value in pick(item, ["content", "output", "response"]).into_iter().flatten() {
        if is_object(value) { tally.text(&compact(value)) } else { content(tally, value, depth) }
    }
}

/// Counts an image: `image_url` as a text or an object with `url` and `detail` (OpenAI), `source`
/// (Anthropic).
fn image(tally: &mut Tally<'_>, item: &RawValue) {
    let [address, detail, data, source] = pick(item, ["imageurl", "detail", "data", "source"]);
    let detail = address.and_then(|address| pick(address, ["detail"])[0]).or(detail).and_then(text);
    let detail = if detail.as_deref() == Some("low") { Detail::Low } else { Detail::High };
    let url = address.and_then(|address| text(address).or_else(|| text(pick(address, ["url"])[0]?)));
    let data = source.and_then(|source| pick(source, ["data"])[0]).or(data).and_then(text);
    let size = match (&data, &url) {
        (Some(data), _) => size_of_base64(data),
        (None, url) => url.as_deref().and_then(data_of).and_then(size_of_base64),
    };
    tally.image(size, detail);
}

/// The base64 content of a data URL.
pub(crate) fn data_of(url: &str) -> Option<&str> {
    url.strip_prefix("data:")?.split_once(";base64,").map(|(_, data)| data)
}

fn inline(tally: &mut Tally<'_>, data: &RawValue) {
    let kind = word(data, "mimetype");
    let bytes = word(data, "data");
    if kind.starts_with("image/") {
        tally.image(size_of_base64(&bytes), Detail::High);
    } else {
        tally.unknown(bytes.len() / 4 * 3);
    }
}

/// Counts a document of Anthropic: its text, or a file. Citations add a prompt of some 500 tokens, according
/// to recordings.
fn document(tally: &mut Tally<'_>, item: &RawValue, depth: usize) {
    if quipu_json::at(item, &["citations", "enabled"]).is_some_and(|value| value.get() == "true") {
        tally.around(500);
    }
    let [source] = pick(item, ["source"]);
    let Some(source) = source else { return tally.unknown(bytes_in(item)) };
    match &*word(source, "type") {
        "text" => tally.text(&word(source, "data")),
        "content" => {
            if let [Some(inner)] = pick(source, ["content"]) {
                content(tally, inner, depth);
            }
        }
        _ => tally.unknown(bytes_in(item)),
    }
}

/// Size in bytes of the base64 content of a block.
fn bytes_in(item: &RawValue) -> usize {
    let paths: [&[&str]; 5] =
        [&["source", "data"], &["file", "filedata"], &["filedata"], &["inputaudio", "data"], &["data"]];
    let data = paths.iter().find_map(|path| quipu_json::at(item, path).filter(|value| is_text(value)));
    data.map_or(0, |data| data.get().len() / 4 * 3)
}

fn tool(tally: &mut Tally<'_>, entry: &RawValue) {
    let [declared, inner] = pick(entry, ["functiondeclarations", "function"]);
    if let Some(list) = declared.filter(|list| list.get().starts_with('[')) {
        return each(list, &mut |one| tool(tally, one));
    }
    let one = inner.unwrap_or(entry);
    let schema =
        pick(one, ["parameters", "inputschema", "parametersjsonschema"]).into_iter().flatten().next();
    offer(tally, &word(one, "name"), &word(one, "description"), schema, one);
}
