//! Messages in the bodies of providers' requests and answers, by their shape.

use quipu_core::{Message, Part, Role, Value};

use super::{blocks, message, schema};
use crate::finish;

/// Lists with one answer in each item: OpenAI, Gemini.
const ALTERNATIVES: [&str; 2] = ["choices", "candidates"];
/// The text of an answer as a member: Ollama, and Llama on Bedrock.
const TEXTS: [&str; 2] = ["response", "generation"];
/// The reason for the end of an answer.
const REASONS: [&str; 5] = ["finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason"];

/// The messages of a provider's answer: of OpenAI, Gemini, Bedrock, Cohere or Ollama. Empty for other values.
/// Anthropic's answer is a message itself.
pub(super) fn answer(body: &Value) -> Vec<Message> {
    if let Some(list) = ALTERNATIVES.iter().find_map(|key| body.get(key)?.as_array()) {
        return list.iter().filter_map(alternative).collect();
    }
    match body.get("output") {
        // The Responses API has messages, tool calls and reasoning as items.
        Some(Value::Array(items)) => return items.iter().filter_map(item).collect(),
        Some(output @ Value::Map(_)) => return held(output, body).into_iter().collect(),
        _ => {}
    }
    if let Some(ended) = body.get("response").filter(|inner| matches!(inner, Value::Map(_))) {
        return answer(ended);
    }
    if let Some(said) = held(body, body) {
        return vec![said];
    }
    // A `response` alone is no answer of a model. Ollama and Bedrock say how it ended, or count its tokens.
    let is_answer = || ["done", "model", "stop_reason"].iter().any(|key| body.get(key).is_some());
    let text = TEXTS.iter().find_map(|key| body.get(key)?.as_str()).filter(|_| is_answer());
    text.and_then(|text| said(vec![Part::Text(text.to_owned())], body)).into_iter().collect()
}

/// The messages of a provider's request whose input is one text, after its instructions.
pub(super) fn request(body: &Value) -> Vec<Message> {
    let text = |key| body.get(key).and_then(Value::as_str).filter(|text: &&str| !text.is_empty());
    if text("model").is_none() {
        return Vec::new();
    }
    let Some(asked) = text("input").or_else(|| text("prompt")) else { return Vec::new() };
    let plain = |role, text: &str| message(role, vec![Part::Text(text.to_owned())]);
    let instructions = text("instructions").and_then(|text| plain(Role::System, text));
    instructions.into_iter().chain(plain(Role::User, asked)).collect()
}

/// An item of a list of alternatives: a message, Gemini's content, or the text of an older completion.
fn alternative(choice: &Value) -> Option<Message> {
    let inner = ["message", "delta", "content"].iter().find_map(|key| choice.get(key));
    let parts = match inner {
        Some(inner @ Value::Map(_)) => of_message(inner),
        _ => choice.get("text").map(blocks::parts).unwrap_or_default(),
    };
    said(parts, choice)
}

/// An item of the Responses API.
fn item(value: &Value) -> Option<Message> {
    if value.get("type").and_then(Value::as_str) != Some("reasoning") {
        return schema::messages(value).into_iter().next();
    }
    let summary = value.get("summary").and_then(Value::as_array).unwrap_or_default();
    let texts = summary.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
    message(Role::Assistant, texts.map(|text| Part::Reasoning(text.to_owned())).collect())
}

/// The message that an object holds; the reason for its end is beside it.
fn held(holder: &Value, body: &Value) -> Option<Message> {
    let inner = holder.get("message").filter(|inner| inner.get("role").is_some())?;
    said(of_message(inner), body)
}

fn of_message(value: &Value) -> Vec<Part> {
    let mut parts = ["parts", "content"]
        .iter()
        .find_map(|key| value.get(key))
        .filter(|content| **content != Value::Null)
        .map(blocks::parts)
        .unwrap_or_default();
    let calls = value.get("tool_calls").and_then(Value::as_array).unwrap_or_default();
    parts.extend(calls.iter().filter_map(blocks::tool_call));
    parts
}

fn said(parts: Vec<Part>, beside: &Value) -> Option<Message> {
    let reason = REASONS.iter().find_map(|key| beside.get(key)?.as_str()).map(finish::reason);
    let mut said = message(Role::Assistant, parts)?;
    said.finish_reason = reason;
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> Value {
        crate::parse(json).unwrap_or_else(|| panic!("{json}"))
    }

    #[test]
    fn the_text_of_an_answer_is_found_in_the_body_of_each_provider() {
        for json in [
            r#"{"choices": [{"message": {"role": "assistant", "content": "It is sunny."}, "finish_reason": "stop"}]}"#,
            r#"{"choices": [{"text": "It is sunny.", "finish_reason": "stop"}]}"#,
            r#"{"candidates": [{"content": {"role": "model", "parts": [{"text": "It is sunny."}]}, "finishReason": "STOP"}]}"#,
            r#"{"output": {"message": {"role": "assistant", "content": [{"text": "It is sunny."}]}}, "stopReason": "end_turn"}"#,
            r#"{"message": {"role": "assistant", "content": "It is sunny."}, "done_reason": "stop"}"#,
            r#"{"model": "llama3", "response": "It is sunny.", "done_reason": "stop"}"#,
            r#"{"generation": "It is sunny.", "stop_reason": "stop"}"#,
        ] {
            let said = answer(&body(json));
            assert_eq!(said.len(), 1, "{json}");
            assert_eq!(said[0].parts, [Part::Text("It is sunny.".into())], "{json}");
            assert!(said[0].finish_reason.is_some(), "{json}");
        }
    }

    #[test]
    fn tool_calls_and_reasoning_of_an_answer_are_parts() {
        let calls = r#"{"choices": [{"message": {"role": "assistant", "content": null, "tool_calls":
            [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]}}]}"#;
        assert!(matches!(answer(&body(calls))[0].parts[..], [Part::ToolCall { .. }]));
        let items = r#"{"output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Sunny."}]}]}"#;
        let said = answer(&body(items));
        assert_eq!(said[0].parts, [Part::Reasoning("Hm.".into())]);
        assert_eq!(said[1].parts, [Part::Text("Sunny.".into())]);
    }

    #[test]
    fn other_objects_are_no_bodies() {
        for json in [
            r#"{"response": "ok"}"#,
            r#"{"output": "ok"}"#,
            r#"{"message": "ok"}"#,
            r#"{"choices": []}"#,
            "{}",
        ] {
            assert!(answer(&body(json)).is_empty(), "{json}");
        }
        assert!(request(&body(r#"{"input": "Is it sunny?"}"#)).is_empty(), "a request names its model");
    }

    #[test]
    fn a_request_of_one_text_has_its_instructions_first() {
        let asked =
            request(&body(r#"{"model": "gpt-4o", "instructions": "Be short.", "input": "Is it sunny?"}"#));
        assert_eq!(
            asked.iter().map(|message| message.role.clone()).collect::<Vec<_>>(),
            [Role::System, Role::User]
        );
        assert_eq!(asked[1].parts, [Part::Text("Is it sunny?".into())]);
    }
}
