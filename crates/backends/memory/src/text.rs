//! Texts of records, for search and labels.

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
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Whether all words occur in the span's name, text attributes, status message, or the texts of its events.
pub(crate) fn has_words(span: &Span, wanted: &[String]) -> bool {
    let attributes = span.attributes.iter().filter_map(|(_, value)| value.as_str());
    let events =
        span.events.iter().flat_map(|event| event.attributes.iter().filter_map(|(_, value)| value.as_str()));
    let names = [span.name.as_str(), span.status_message.as_str()];
    let texts: Vec<&str> = names.into_iter().chain(attributes).chain(events).collect();
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
