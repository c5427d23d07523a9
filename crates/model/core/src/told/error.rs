//! The shapes of errors in tool results.

use crate::Value;

/// Whether a tool's answer has the shape of an error.
pub(super) fn is_error(response: &Value) -> bool {
    match response {
        Value::String(text) => is_error_text(text),
        Value::Map(_) => is_error_map(response),
        Value::Array(pieces) => match pieces.as_slice() {
            [piece] => is_error(piece.get("text").unwrap_or(piece)),
            _ => false,
        },
        _ => false,
    }
}

fn is_error_map(response: &Value) -> bool {
    let says = |value: &Value| {
        !matches!(value, Value::Null | Value::Bool(false) | Value::Int(0)) && value.as_str() != Some("")
    };
    let is_true = |key| response.get(key) == Some(&Value::Bool(true));
    let is_false = |key| response.get(key) == Some(&Value::Bool(false));
    let status = response.get("status").and_then(Value::as_str).unwrap_or_default();
    response.get("error").is_some_and(says)
        || is_true("is_error")
        || is_true("isError")
        || is_false("success")
        || matches!(status, "error" | "failed" | "failure")
        || ["text", "content", "output", "result"]
            .iter()
            .filter_map(|key| response.get(key))
            .any(is_error_text_of)
}

fn is_error_text_of(value: &Value) -> bool {
    match value {
        Value::Array(pieces) => {
            pieces.first().and_then(|piece| piece.get("text")).is_some_and(is_error_text_of)
        }
        value => value.as_str().is_some_and(is_error_text),
    }
}

/// `Error: …`, `Error executing tool …`, `ValueError: …`, `Traceback (most recent call last)`.
fn is_error_text(text: &str) -> bool {
    let text = text.trim_start_matches(['"', '\'', '<', '[', ' ', '\n', '\t']);
    let first = text
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .next()
        .unwrap_or_default();
    let after = &text[first.len()..];
    match first {
        "Error" | "error" | "ERROR" | "Exception" => !after.is_empty(),
        "Traceback" | "tool_use_error" | "tool_error" => true,
        _ => (first.ends_with("Error") || first.ends_with("Exception")) && after.starts_with([':', '(']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_known_by_their_shape() {
        let map = |key: &str, value: Value| Value::Map(vec![(key.into(), value)]);
        let errors = [
            "Error: no such city".into(),
            "Error executing tool broken_tool: boom".into(),
            "ValueError: boom".into(),
            "Traceback (most recent call last)".into(),
            map("error", "boom".into()),
            map("isError", true.into()),
            map("status", "error".into()),
            map("success", false.into()),
            Value::Array(vec![map("text", "Error: boom".into())]),
        ];
        for error in errors {
            assert!(is_error(&error), "{error:?}");
        }
        let fine = [
            "Errors are human".into(),
            "18 degrees, no error".into(),
            map("error", Value::Null),
            map("error", "".into()),
            map("status", "ok".into()),
            map("temp", 18_i64.into()),
        ];
        for fine in fine {
            assert!(!is_error(&fine), "{fine:?}");
        }
    }
}
