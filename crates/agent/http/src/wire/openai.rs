//! OpenAI's APIs, and compatible ones: chat completions, completions, responses, embeddings.
//!
//! Sources: [chat](https://platform.openai.com/docs/api-reference/chat/object) and its
//! [stream](https://platform.openai.com/docs/api-reference/chat-streaming),
//! [responses](https://platform.openai.com/docs/api-reference/responses/object) and their
//! [stream](https://platform.openai.com/docs/api-reference/responses-streaming). Input includes cached
//! tokens, and output includes reasoning. A chat stream reports usage in a last chunk, and only if
//! `stream_options.include_usage` is set.

use quipu_core::{Reading, Usage, Usd};
use serde_json::Value;

use super::Draft;
use super::draft::{Slot, error_of};
use super::fields::{any_count, count, list, text, word};

/// Reads the usage of chat completions, responses or embeddings; `None` without figures.
///
/// Some compatible providers count differently. If the figures prove it, they are corrected. More cached
/// tokens than input means that input excludes them. Reasoning is added to output if it exceeds output, or if
/// the total requires it.
pub fn usage(body: &Value) -> Option<Usage> {
    let told = body.get("usage").or_else(|| body.get("x_groq").and_then(|groq| groq.get("usage")))?;
    let input = detail(told, &["prompt_tokens_details", "input_tokens_details"]);
    let output = detail(told, &["completion_tokens_details", "output_tokens_details"]);
    let mut usage = Usage {
        input: any_count(told, &["prompt_tokens", "input_tokens"]),
        cache_read: count(input, "cached_tokens").or_else(|| {
            any_count(told, &["cache_read_input_tokens", "prompt_cache_hit_tokens", "cached_tokens"])
        }),
        cache_write: any_count(input, &["cache_write_tokens", "cache_creation_tokens"])
            .or_else(|| count(told, "cache_creation_input_tokens")),
        input_audio: count(input, "audio_tokens"),
        input_image: count(input, "image_tokens"),
        output: any_count(told, &["completion_tokens", "output_tokens"]),
        reasoning: count(output, "reasoning_tokens"),
        output_audio: count(output, "audio_tokens"),
        output_image: count(output, "image_tokens"),
        ..Usage::default()
    };
    put_right(&mut usage, count(told, "total_tokens"));
    usage.is_known().then_some(usage)
}

fn detail<'a>(told: &'a Value, keys: &[&str]) -> &'a Value {
    keys.iter().find_map(|key| told.get(key)).unwrap_or(&Value::Null)
}

fn put_right(usage: &mut Usage, total: Option<u64>) {
    let cached = usage.cache_read.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0));
    let (input, output) = (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    if cached > input {
        usage.input = Some(input.saturating_add(cached));
        usage.reading = Reading::ProvenExclusive;
    }
    let reasoning = usage.reasoning.unwrap_or(0);
    let with_reasoning = usage.input.unwrap_or(0).saturating_add(output).saturating_add(reasoning);
    if reasoning > 0 && (reasoning > output || total == Some(with_reasoning)) {
        usage.output = Some(output.saturating_add(reasoning));
    }
}

/// Cost in US dollars that gateways such as OpenRouter report.
pub fn cost(body: &Value) -> Option<Usd> {
    body.get("usage")?.get("cost")?.as_f64().and_then(Usd::from_reported)
}

fn head(body: &Value, draft: &mut Draft) {
    draft.id(text(body, "id"));
    draft.model(text(body, "model"));
    draft.service_tier(text(body, "service_tier"));
    if let Some(usage) = usage(body) {
        draft.answer.usage = Some(usage);
    }
    if let Some(cost) = cost(body) {
        draft.answer.cost = Some(cost);
    }
    if let Some(error) = error_of(body) {
        draft.failed(error);
    }
}

/// Reads a chat completion, a completion, or a chunk of its stream.
pub fn chat(body: &Value, draft: &mut Draft) {
    head(body, draft);
    for choice in list(body, "choices") {
        let at = count(choice, "index").unwrap_or(0);
        draft.stopped(at, text(choice, "finish_reason"));
        draft.text(at, Slot::Text, text(choice, "text").unwrap_or_default());
        if let Some(message) = choice.get("delta").or_else(|| choice.get("message")) {
            said(message, at, draft);
        }
    }
}

fn said(message: &Value, choice: u64, draft: &mut Draft) {
    let reasoning = ["reasoning_content", "reasoning"].iter().find_map(|key| text(message, key));
    draft.reasoning(choice, Slot::Reasoning, reasoning.unwrap_or_default());
    for key in ["content", "refusal"] {
        draft.text(choice, Slot::Text, text(message, key).unwrap_or_default());
    }
    for part in list(message, "content") {
        draft.text(choice, Slot::Text, text(part, "text").unwrap_or_default());
    }
    for (place, call) in list(message, "tool_calls").iter().enumerate() {
        let slot = Slot::At(count(call, "index").unwrap_or(place as u64));
        let function = call.get("function").or_else(|| call.get("custom")).unwrap_or(&Value::Null);
        draft.tool(choice, slot, text(call, "id"), text(function, "name"));
        let arguments = text(function, "arguments").or_else(|| text(function, "input"));
        draft.arguments(choice, slot, arguments.unwrap_or_default());
    }
    if let Some(call) = message.get("function_call") {
        draft.tool(choice, Slot::At(0), None, text(call, "name"));
        draft.arguments(choice, Slot::At(0), text(call, "arguments").unwrap_or_default());
    }
}

/// Reads the answer to an embedding request.
pub fn embeddings(body: &Value, draft: &mut Draft) {
    head(body, draft);
}

/// Reads a response of the responses API.
pub fn response(body: &Value, draft: &mut Draft) {
    head(body, draft);
    // A stream has already reported its items one by one.
    if !draft.has_parts() {
        for (at, item) in list(body, "output").iter().enumerate() {
            output_item(item, at as u64, draft);
        }
    }
    let status = text(body, "status").unwrap_or_default();
    let reason = body.get("incomplete_details").and_then(|details| text(details, "reason"));
    match status {
        "completed" if draft.has_tool_calls() => draft.stopped(0, Some("tool_calls")),
        "completed" => draft.stopped(0, Some("stop")),
        "incomplete" => draft.stopped(0, reason.or(Some(status))),
        _ => {}
    }
}

/// Reads an event of a responses stream.
pub fn response_event(event: &Value, draft: &mut Draft) {
    let kind = text(event, "type").unwrap_or_default();
    let place = |inner: &str| {
        Slot::At(
            output(count(event, "output_index").unwrap_or(0)) + count(event, inner).unwrap_or(0).min(4000),
        )
    };
    let delta = text(event, "delta").unwrap_or_default();
    match kind {
        "response.output_text.delta" | "response.refusal.delta" => {
            draft.text(0, place("content_index"), delta)
        }
        "response.reasoning_summary_text.delta" => draft.reasoning(0, place("summary_index"), delta),
        "response.reasoning_text.delta" => draft.reasoning(0, place("content_index"), delta),
        "response.output_item.added" | "response.output_item.done" => {
            let item = event.get("item").unwrap_or(&Value::Null);
            if is_tool(item) {
                draft.tool(0, place("none"), text(item, "call_id"), text(item, "name"));
            }
        }
        "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
            draft.arguments(0, place("none"), delta);
        }
        "error" => draft.failed(event.get("error").unwrap_or(event)),
        _ => {
            if let Some(body) = event.get("response") {
                response(body, draft);
            }
            draft.answer.is_complete |=
                matches!(kind, "response.completed" | "response.incomplete" | "response.failed");
        }
    }
}

fn output(index: u64) -> u64 {
    index.saturating_mul(4096)
}

fn is_tool(item: &Value) -> bool {
    matches!(text(item, "type"), Some("function_call" | "custom_tool_call"))
}

fn output_item(item: &Value, index: u64, draft: &mut Draft) {
    let at = |inner: usize| Slot::At(output(index) + inner as u64);
    match text(item, "type").unwrap_or_default() {
        "message" => {
            for (inner, part) in list(item, "content").iter().enumerate() {
                draft.text(
                    0,
                    at(inner),
                    word(part, "text").or_else(|| word(part, "refusal")).unwrap_or_default(),
                );
            }
        }
        "reasoning" => {
            for (inner, part) in list(item, "summary").iter().enumerate() {
                draft.reasoning(0, at(inner), text(part, "text").unwrap_or_default());
            }
        }
        _ if is_tool(item) => {
            draft.tool(0, at(0), text(item, "call_id"), text(item, "name"));
            let arguments = text(item, "arguments").or_else(|| text(item, "input"));
            draft.arguments(0, at(0), arguments.unwrap_or_default());
        }
        kind => draft.other(0, at(0), serde_json::json!({"type": kind})),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn usage_is_input_with_cached_and_output_with_reasoning() {
        let body = json!({"usage": {"prompt_tokens": 120, "completion_tokens": 17, "total_tokens": 137,
            "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 5}}});
        let expected = Usage { input_audio: Some(3), ..Usage::of(120, 17).cache_read(64).reasoning(5) };
        assert_eq!(usage(&body), Some(expected));
        let body = json!({"usage": {"input_tokens": 120, "output_tokens": 17,
            "input_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 5}}});
        assert_eq!(usage(&body), Some(Usage::of(120, 17).cache_read(64).cache_write(0).reasoning(5)));
        assert_eq!(usage(&json!({"usage": null})), None);
        assert_eq!(usage(&json!({"usage": {"prompt_tokens": -1}})), None);
    }

    #[test]
    fn figures_that_prove_another_arithmetic_are_put_right() {
        let on_top = json!({"usage": {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 20,
            "completion_tokens_details": {"reasoning_tokens": 7}}});
        assert_eq!(usage(&on_top), Some(Usage::of(10, 10).reasoning(7)));
        let apart =
            json!({"usage": {"prompt_tokens": 10, "completion_tokens": 3, "cache_read_input_tokens": 90}});
        assert_eq!(usage(&apart).unwrap().input, Some(100));
    }
}
