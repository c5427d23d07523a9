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
    (text.contains("ool") || text.contains("function")) && WORDS.iter().any(|word| text.contains(word))
}
