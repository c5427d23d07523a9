//! Text values: placeholders and length limits.

use compact_str::{CompactString, ToCompactString};
use quipu_core::Value;
use quipu_semconv::SENTINELS;

/// Maximum length of a name, id or label, in bytes.
const LONGEST_LABEL: usize = 1_024;
/// Whether a text is empty or a placeholder.
pub(crate) fn is_missing(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || SENTINELS.contains(&text)
}

/// A name or id from a value. Numbers become their digits, placeholders become `None`, long texts are cut at
/// 1,024 bytes.
pub fn label(value: &Value) -> Option<CompactString> {
    match value {
        Value::String(text) if !is_missing(text) => {
            Some(CompactString::from(cut(text.trim(), LONGEST_LABEL)))
        }
        Value::Int(int) => Some(int.to_compact_string()),
        _ => None,
    }
}

/// The longest prefix of `text` with at most `bytes` bytes that ends at a character boundary.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let mut end = bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_missing() {
        for text in ["", "  ", "<not specified>", "[REDACTED]", "{}"] {
            assert_eq!(label(&text.into()), None, "{text:?}");
        }
        assert_eq!(label(&Value::Int(7)).as_deref(), Some("7"));
    }

    #[test]
    fn long_labels_are_cut_between_characters() {
        let long = "é".repeat(1_000);
        assert_eq!(label(&long.as_str().into()).unwrap().len(), 1_024);
    }
}
