//! Lists of words in every form.

use compact_str::CompactString;
use quipu_core::Value;

use crate::json;
use crate::text::label;

/// Maximum number of entries kept of a list of words.
const MOST_WORDS: usize = 256;

/// A list of words from a list, a JSON list in text, a comma-separated text (if `commas`), or a single word.
pub(crate) fn words(value: &Value, commas: bool) -> Vec<CompactString> {
    match value {
        Value::Array(values) => values.iter().filter_map(label).take(MOST_WORDS).collect(),
        Value::String(text) if text.trim_start().starts_with('[') => match json::parse(text) {
            Some(list @ Value::Array(_)) => words(&list, false),
            _ => label(value).into_iter().collect(),
        },
        Value::String(text) if commas => text
            .split(',')
            .map(|word| Value::from(word.trim()))
            .filter_map(|word| label(&word))
            .take(MOST_WORDS)
            .collect(),
        _ => label(value).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_in_many_shapes() {
        let list = Value::Array(vec!["a".into(), "b".into()]);
        for value in [list, r#"["a", "b"]"#.into(), "a, b".into()] {
            assert_eq!(words(&value, true), ["a", "b"]);
        }
        assert_eq!(words(&"a, b".into(), false), ["a, b"]);
        assert_eq!(words(&"[not json".into(), false), ["[not json"]);
    }
}
