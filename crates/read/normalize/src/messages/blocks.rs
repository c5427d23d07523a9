//! Content blocks of messages in the formats of the GenAI schema, OpenAI, Anthropic, Bedrock and Gemini.

use quipu_core::{Part, Value};

use super::structured;

/// The parts of a content value: a text, a block, or a list of either.
pub(super) fn parts(value: &Value) -> Vec<Part> {
    match value {
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => match structured(value) {
            Value::Array(values) if values.iter().any(is_block) => values.iter().filter_map(part).collect(),
            _ => vec![Part::Text(text.clone())],
        },
        Value::Array(values) => values.iter().filter_map(part).collect(),
        other => part(other).into_iter().collect(),
    }
}

/// Whether a value looks like a content block. A text that is a JSON list by coincidence must stay text.
fn is_block(value: &Value) -> bool {
    ["type", "text", "toolUse", "toolResult", "tool_call", "tool_call_result"]
        .iter()
        .any(|key| value.get(key).is_some())
}

fn part(value: &Value) -> Option<Part> {
    match value {
        Value::String(text) => (!text.is_empty()).then(|| Part::Text(text.clone())),
        Value::Map(_) => Some(typed(value).or_else(|| untyped(value)).unwrap_or_else(|| other(value))),
        _ => None,
    }
}

fn typed(value: &Value) -> Option<Part> {
    let content = || ["content", "text"].iter().find_map(|key| text(value, key));
    match value.get("type").or_else(|| value.get("block_type"))?.as_str()? {
        "text" | "input_text" | "output_text" => content().map(Part::Text),
        "reasoning" | "thinking" => content().or_else(|| text(value, "thinking")).map(Part::Reasoning),
        "tool_call" | "tool_use" | "function_call" | "function" | "tool-call" => tool_call(value),
        "tool_call_response" | "tool_result" | "function_call_output" | "tool-result" => {
            Some(tool_answer(value))
        }
        _ => None,
    }
}

/// A block of Bedrock or Gemini, identified by its only key.
fn untyped(value: &Value) -> Option<Part> {
    if let Some(call) =
        value.get("toolUse").or_else(|| value.get("functionCall")).or_else(|| value.get("function_call"))
    {
        return tool_call(call);
    }
    if let Some(answer) = value.get("toolResult").or_else(|| value.get("functionResponse")) {
        return Some(tool_answer(answer));
    }
    if let Some(call) = value.get("tool_call").filter(|call| matches!(call, Value::Map(_))) {
        return tool_call(call);
    }
    if let Some(answer) = value.get("tool_call_result").filter(|answer| matches!(answer, Value::Map(_))) {
        let id = answer.get("origin").and_then(|call| text(call, "id"));
        return Some(Part::ToolCallResponse {
            id,
            response: answer.get("result").map(structured).unwrap_or_default(),
            failed: says_failed(answer),
        });
    }
    if let Some(reasoning) = value.get("reasoningContent") {
        return reasoning.get("reasoningText").and_then(|inner| text(inner, "text")).map(Part::Reasoning);
    }
    text(value, "text").map(Part::Text)
}

fn other(value: &Value) -> Part {
    let kind = text(value, "type").unwrap_or_else(|| "value".to_owned());
    Part::Other { kind, value: value.clone() }
}

/// A tool request, flat or with the function in a nested object; `None` without a name.
pub(super) fn tool_call(value: &Value) -> Option<Part> {
    let function = value.get("function").filter(|inner| matches!(inner, Value::Map(_))).unwrap_or(value);
    let name = ["name", "toolName", "tool_name"].iter().find_map(|key| text(function, key))?;
    let id =
        ["id", "toolUseId", "call_id", "toolCallId", "tool_call_id"].iter().find_map(|key| text(value, key));
    let arguments = ["arguments", "input", "args", "tool_kwargs"]
        .iter()
        .find_map(|key| function.get(key))
        .map(structured);
    Some(Part::ToolCall { id, name, arguments: arguments.unwrap_or_default() })
}

/// The parts of an answer in one object: `text`, `reasoningText`, `toolCalls`. Empty for any other object.
pub(super) fn answer(value: &Value) -> Vec<Part> {
    let Some(said) = text(value, "text") else { return Vec::new() };
    let mut parts: Vec<_> = text(value, "reasoningText").map(Part::Reasoning).into_iter().collect();
    parts.extend((!said.is_empty()).then_some(Part::Text(said)));
    let calls = value.get("toolCalls").and_then(Value::as_array).unwrap_or_default();
    parts.extend(calls.iter().filter_map(tool_call));
    parts
}

fn tool_answer(outer: &Value) -> Part {
    let id = ["id", "tool_use_id", "toolUseId", "call_id", "toolCallId", "tool_call_id"]
        .iter()
        .find_map(|key| text(outer, key));
    let answer =
        ["response", "result", "content", "output"].iter().find_map(|key| outer.get(key)).map(structured);
    let answer = answer.unwrap_or_default();
    // The AI SDK adds the type of an output: `{"type": "json", "value": …}`.
    let value = answer.get("type").and_then(|_| answer.get("value")).cloned();
    let kind = answer.get("type").and_then(Value::as_str).unwrap_or_default();
    let failed = says_failed(outer) || kind.starts_with("error-");
    Part::ToolCallResponse { id, response: value.unwrap_or(answer), failed }
}

/// Whether a block marks the tool result as an error: `is_error` (Anthropic), `status` (Bedrock), `error`
/// (Haystack).
pub(super) fn says_failed(value: &Value) -> bool {
    let is = |key| value.get(key) == Some(&Value::Bool(true));
    is("is_error") || is("isError") || is("error") || text(value, "status").as_deref() == Some("error")
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}
