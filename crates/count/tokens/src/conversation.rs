//! Token counts of conversations in Quipu's own format.

use quipu_core::{Message, Part, Role, Value};

use crate::body::data_of;
use crate::images::{Detail, size_of, size_of_base64};
use crate::tally::Tally;

/// Counts all messages of a conversation.
pub(crate) fn messages(tally: &mut Tally<'_>, messages: &[Message]) {
    for message in messages {
        tally.message(match &message.role {
            Role::Other(role) => role,
            role => role.as_str(),
        });
        message.parts.iter().for_each(|part| self::part(tally, part));
    }
}

/// The pieces of messages alone, as a model writes them.
pub(crate) fn parts(tally: &mut Tally<'_>, messages: &[Message]) {
    messages.iter().flat_map(|message| &message.parts).for_each(|part| self::part(tally, part));
}

fn part(tally: &mut Tally<'_>, part: &Part) {
    match part {
        Part::Text(text) | Part::Reasoning(text) => tally.text(text),
        Part::ToolCall { name, arguments, .. } => tally.call(name, &text_of(arguments)),
        Part::ToolCallResponse { response, .. } => tally.answer(&text_of(response)),
        Part::Other { kind, value } => other(tally, kind, value),
    }
}

/// Counts an image or another file: `blob` has its bytes, `uri` its address.
fn other(tally: &mut Tally<'_>, kind: &str, value: &Value) {
    let word = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let bytes = match value.get("content").or_else(|| value.get("data")) {
        Some(Value::Bytes(bytes)) => bytes.as_slice(),
        Some(Value::String(text)) => text.as_bytes(),
        _ => &[],
    };
    let picture =
        word("modality") == "image" || kind.contains("image") || word("mime_type").starts_with("image/");
    if !picture {
        return if bytes.is_empty() { tally.text(&text_of(value)) } else { tally.unknown(bytes.len()) };
    }
    let url = ["uri", "url", "image_url"].iter().find_map(|key| value.get(key).and_then(Value::as_str));
    let size = size_of(bytes)
        .or_else(|| size_of_base64(std::str::from_utf8(bytes).ok()?))
        .or_else(|| size_of_base64(data_of(url?)?));
    let detail = if word("detail") == "low" { Detail::Low } else { Detail::High };
    tally.image(size, detail);
}

/// A value as sent to a provider: text unchanged, any other value as JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => json(other).to_string(),
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Int(int) => (*int).into(),
        Value::Double(double) => (*double).into(),
        Value::String(text) => text.as_str().into(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
        Value::Array(list) => list.iter().map(json).collect(),
        Value::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| (key.to_string(), json(value)));
            serde_json::Value::Object(pairs.collect())
        }
    }
}
