//! A cheap test for tool calls and results in the texts of a span.

use crate::{SpanEvent, Value};

/// Words that JSON of tool calls and results has in every notation that is read, and no definition of a tool.
const WORDS: [&str; 19] = [
    "tool_call",
    "tool_use",
    "tool_result",
    "tool_response",
    "tool-call",
    "tool-result",
    "tool-return",
    "toolCall",
    "toolUse",
    "toolResult",
    "toolRequest",
    "toolResponse",
    "ToolMessage",
    "ToolCall",
    "\"tool\"",
    "function_call",
    "functionCall",
    "functionResponse",
    "function_response",
];

/// Longest text in bytes that is searched byte by byte.
const SHORT: usize = 64;

pub(super) fn is_of_tool(event: &SpanEvent) -> bool {
    event.name.contains("tool.message")
}

/// Keys of tool definitions are left out: they are long, and tell of no run.
pub(super) fn is_content(key: &str) -> bool {
    !key.ends_with("tool.definitions")
        && !key.ends_with(".tools")
        && !key.starts_with("llm.tools.")
        && !key.starts_with("llm.request.functions.")
}

pub(super) fn hints(key: &str, value: &Value) -> bool {
    is_hint(key) || is_hint_in(value)
}

fn is_hint_in(value: &Value) -> bool {
    match value {
        Value::String(text) => text == "tool" || is_hint(text),
        Value::Array(values) => values.iter().any(is_hint_in),
        Value::Map(pairs) => pairs.iter().any(|(key, value)| hints(key, value)),
        _ => false,
    }
}

fn is_hint(text: &str) -> bool {
    has_stem(text) && WORDS.iter().any(|word| text.contains(word))
}

/// Whether a text has a part that each of the words has.
fn has_stem(text: &str) -> bool {
    // The standard search calls a function for each position of a short text.
    if text.len() <= SHORT {
        return text.as_bytes().windows(3).any(|part| matches!(part, b"ool" | b"unc"));
    }
    text.contains("ool") || text.contains("unc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_hint_in_a_short_and_in_a_long_text() {
        let before = "word ".repeat(SHORT);
        for word in WORDS {
            assert!(is_hint(word) && is_hint(&format!("{before}{word}")), "{word}");
        }
        for plain in ["tool", "function", "o", ""] {
            assert!(!is_hint(plain) && !is_hint(&format!("{before}{plain}")), "{plain}");
        }
    }
}
