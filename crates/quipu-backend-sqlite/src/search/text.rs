//! The words of a span.

use quipu_core::{Attributes, Value};

use crate::codec::SpanBody;
use crate::search::words::spaced;

/// Bytes of one span that are indexed; what is beyond is not found.
const MOST_BYTES: usize = 256 << 10;
/// From this length on, a text without spaces that looks drawn by lot is taken as an id.
const ID_BYTES: usize = 16;

/// Everything of a span that can be found: its name, texts of its attributes and events, its status message.
pub(crate) fn of_span(name: &str, body: &SpanBody) -> String {
    let mut text = String::new();
    add(&mut text, name);
    add(&mut text, &body.message);
    add_attributes(&mut text, &body.attributes);
    for (name, attributes) in body.events() {
        add(&mut text, name);
        add_attributes(&mut text, attributes);
    }
    text
}

fn add_attributes(text: &mut String, attributes: &Attributes) {
    attributes.iter().for_each(|(_, value)| add_value(text, value));
}

fn add_value(text: &mut String, value: &Value) {
    match value {
        Value::String(string) => add(text, string),
        Value::Array(values) => values.iter().for_each(|value| add_value(text, value)),
        Value::Map(pairs) => pairs.iter().for_each(|(_, value)| add_value(text, value)),
        _ => {}
    }
}

/// Every id would be a word of its own, which makes an index as large as the ids.
fn is_id(string: &str) -> bool {
    string.len() >= ID_BYTES
        && string.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && string.bytes().filter(u8::is_ascii_digit).count() * 5 >= string.len()
}

fn add(text: &mut String, string: &str) {
    let room = MOST_BYTES.saturating_sub(text.len());
    if string.is_empty() || room == 0 || is_id(string) {
        return;
    }
    let string = &string[..string.floor_char_boundary(room)];
    text.push_str(&spaced(string));
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_left_out_and_names_are_not() {
        for id in [
            "0af7651916cd43dd8448eb211c80319c",
            "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b",
            "chatcmpl-CuHX83jq0Yz7719a2",
        ] {
            assert!(is_id(id), "{id}");
        }
        for name in
            ["gpt-4o-mini", "search_knowledge_base", "claude-sonnet-4-5-20250929x and more", "Valparaiso"]
        {
            assert!(!is_id(name), "{name}");
        }
    }
}
