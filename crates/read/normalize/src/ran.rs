//! Id and name of a tool run from its result, if a framework writes the result as a message to the model.

use compact_str::CompactString;
use quipu_core::{Value, answer_id_is_unique};
use quipu_semconv::TOOL_RESULT;

use crate::{Slots, json, text};

/// Key of the model's id of the tool call in a message.
const ID: &str = "tool_call_id";
/// Maximum size of a searched result, in bytes.
const LARGEST: usize = 64 << 10;
/// Maximum number of objects and lists around the message.
const DEEPEST: usize = 8;

/// Facts of a tool run that the message of its result holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    /// The model's id of the tool call.
    pub id: Option<CompactString>,
    /// The tool's name. Some instrumentations know the class of the tool only.
    pub tool: Option<CompactString>,
}

/// Reads the message of a result. Nothing is read if the result holds messages of several tool calls.
pub(crate) fn by_result(slots: &Slots<'_>) -> Ran {
    let attributes = &slots.span.attributes;
    let mut results = TOOL_RESULT.iter().filter_map(|key| attributes.text(key));
    let is_message = |text: &&str| text.len() <= LARGEST && text.contains(ID);
    let Some(text) = results.next().filter(is_message) else { return Ran::default() };
    let mut messages = Vec::new();
    match json::parse(text) {
        Some(value) => messages_in(&value, DEEPEST, &mut messages),
        None => messages.extend(in_python(text)),
    }
    let mut messages = messages.into_iter();
    match (messages.next(), messages.next()) {
        (Some(only), None) => only,
        _ => Ran::default(),
    }
}

fn messages_in(value: &Value, depth: usize, found: &mut Vec<Ran>) {
    let Some(deeper) = depth.checked_sub(1) else { return };
    match value {
        Value::Map(pairs) => {
            let label = |key: &str| value.get(key).and_then(text::label);
            if let Some(id) = label(ID).filter(|id| answer_id_is_unique(id)) {
                found.push(Ran { id: Some(id), tool: label("name") });
            }
            pairs.iter().for_each(|(_, value)| messages_in(value, deeper, found));
        }
        Value::Array(values) => values.iter().take(64).for_each(|value| messages_in(value, deeper, found)),
        // Some results are a message in Python's notation, as a JSON string.
        Value::String(text) if text.contains(ID) => found.extend(in_python(text)),
        _ => {}
    }
}

/// The message in Python's notation, such as `content='18' name='weather' tool_call_id='call_1'`. The content
/// comes first and can hold the same words, so the last ones count.
fn in_python(text: &str) -> Option<Ran> {
    let word = |key: &str| {
        let (_, rest) = text.rsplit_once(&format!(" {key}='"))?;
        text::label(&Value::from(rest.split_once('\'')?.0))
    };
    let id = word(ID).filter(|id| answer_id_is_unique(id))?;
    Some(Ran { id: Some(id), tool: word("name") })
}
