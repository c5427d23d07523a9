//! Finish reasons of model answers.

use compact_str::CompactString;
use quipu_core::Value;
use quipu_semconv::FINISH_REASONS;

use crate::words::words;

/// The canonical finish reasons from any form: a list, a JSON list in text, a single word, an enum's name.
pub(crate) fn reasons(value: &Value) -> Vec<CompactString> {
    words(value, false).iter().map(|word| reason(word)).collect()
}

/// The canonical word of one finish reason: lower case, with underscores. Vendors' words are mapped to common
/// ones.
pub fn reason(word: &str) -> CompactString {
    let word = word.rsplit('.').next().unwrap_or(word);
    let lower: CompactString =
        word.trim().chars().map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect();
    FINISH_REASONS
        .iter()
        .find(|(vendor, _)| *vendor == lower.as_str())
        .map_or(lower, |(_, common)| CompactString::const_new(common))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_common_ones() {
        for (sent, word) in [
            ("STOP", "stop"),
            ("tool-calls", "tool_calls"),
            ("tool_use", "tool_calls"),
            ("FinishReason.TOOL_CALLS", "tool_calls"),
            ("MAX_TOKENS", "length"),
            ("end_turn", "stop"),
            ("something_new", "something_new"),
        ] {
            assert_eq!(reasons(&sent.into()), [word], "{sent}");
        }
        assert_eq!(reasons(&r#"["stop", "length"]"#.into()), ["stop", "length"]);
    }
}
