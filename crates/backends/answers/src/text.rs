//! Texts of records, for search and labels.

use std::collections::BTreeSet;

use quipu_core::{Span, Value};

/// A value as a label: text as it is, everything else in its shortest form.
pub(crate) fn label_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Double(double) => double.to_string(),
        Value::String(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// Words of a text: runs of letters and digits, in lower case.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// The searched texts of a span: its name, text attributes, status message, and the texts of its events.
fn texts(span: &Span) -> impl Iterator<Item = &str> {
    let attributes = span.attributes.iter().filter_map(|(_, value)| value.as_str());
    let events =
        span.events.iter().flat_map(|event| event.attributes.iter().filter_map(|(_, value)| value.as_str()));
    [span.name.as_str(), span.status_message.as_str()].into_iter().chain(attributes).chain(events)
}

/// Every searched word of a span, sorted and once.
pub fn words_of(span: &Span) -> BTreeSet<String> {
    texts(span).flat_map(words).collect()
}

/// Whether all words occur in the span's searched texts.
pub(crate) fn has_words(span: &Span, wanted: &[String]) -> bool {
    let texts: Vec<&str> = texts(span).collect();
    wanted.iter().all(|wanted| texts.iter().any(|text| words(text).any(|word| word == *wanted)))
}

/// Whether a text occurs in any text of a value; case does not matter. `wanted` is in lower case.
pub(crate) fn occurs_in(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text.to_lowercase().contains(wanted),
        Value::Array(values) => values.iter().any(|value| occurs_in(value, wanted)),
        Value::Map(pairs) => pairs.iter().any(|(_, value)| occurs_in(value, wanted)),
        _ => false,
    }
}
