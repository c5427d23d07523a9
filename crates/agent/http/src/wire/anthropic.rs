//! Anthropic's messages API, direct, on Vertex and behind gateways.
//!
//! Sources: [messages](https://docs.anthropic.com/en/api/messages),
//! [streaming](https://docs.anthropic.com/en/docs/build-with-claude/streaming), [prompt
//! caching](https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching). `input_tokens` excludes
//! tokens read from and written to the cache. A stream's `message_start` reports the input, and
//! `message_delta` the cumulative output.

use quipu_core::{Reading, Usage};
use serde_json::{Map, Value};

use super::Draft;
use super::draft::{Slot, error_of};
use super::fields::{count, count_in, list, sum, text};

/// Reads the usage of a message's `usage` object, as the sum of all three kinds of input; `None` without
/// figures.
pub fn usage(told: &Value) -> Option<Usage> {
    let split = told.get("cache_creation").unwrap_or(&Value::Null);
    let write_5m = count(split, "ephemeral_5m_input_tokens");
    let write_1h = count(split, "ephemeral_1h_input_tokens");
    let cache_read = count(told, "cache_read_input_tokens");
    let cache_write = count(told, "cache_creation_input_tokens").or_else(|| sum(write_5m, write_1h));
    // The compaction of the context is a separate call, which the top-level figures exclude.
    let compactions = list(told, "iterations").iter().filter(|one| text(one, "type") == Some("compaction"));
    let (mut input, mut output) = (count(told, "input_tokens"), count(told, "output_tokens"));
    for compaction in compactions {
        input = sum(input, count(compaction, "input_tokens"));
        output = sum(output, count(compaction, "output_tokens"));
    }
    let mut usage = Usage {
        input: sum(input, sum(cache_read, cache_write)),
        cache_read,
        cache_write,
        cache_write_5m: write_5m,
        cache_write_1h: write_1h,
        output,
        reasoning: count_in(told, "output_tokens_details", "thinking_tokens")
            .or_else(|| count_in(told, "output_tokens_details", "reasoning_tokens")),
        reading: Reading::Exclusive,
        ..Usage::default()
    };
    // The provider's own tools are billed in addition to tokens.
    if let Some(searches) =
        count_in(told, "server_tool_use", "web_search_requests").filter(|searches| *searches > 0)
    {
        usage = usage.unit("web_searches", searches);
    }
    (usage.is_known() || !usage.units.is_empty()).then_some(usage)
}

/// Reads a message.
pub fn message(body: &Value, draft: &mut Draft) {
    draft.id(text(body, "id"));
    draft.model(text(body, "model"));
    draft.stopped(0, text(body, "stop_reason"));
    used(body, draft);
    if let Some(error) = error_of(body) {
        draft.failed(error);
    }
    for (at, block) in list(body, "content").iter().enumerate() {
        content(block, Slot::At(at as u64), draft);
    }
}

/// Reads an event of a stream.
pub fn event(event: &Value, draft: &mut Draft) {
    let slot = Slot::At(count(event, "index").unwrap_or(0));
    let inner = |key: &str| event.get(key).unwrap_or(&Value::Null);
    match text(event, "type").unwrap_or_default() {
        "message_start" => message(inner("message"), draft),
        "content_block_start" => content(inner("content_block"), slot, draft),
        "content_block_delta" => delta(inner("delta"), slot, draft),
        "message_delta" => {
            draft.stopped(0, text(inner("delta"), "stop_reason"));
            used(event, draft);
        }
        "message_stop" => draft.answer.is_complete = true,
        "error" => draft.failed(inner("error")),
        // A gateway can answer a streaming request with a complete message.
        "message" => message(event, draft),
        _ => {}
    }
}

fn delta(delta: &Value, slot: Slot, draft: &mut Draft) {
    let piece = |key: &str| text(delta, key).unwrap_or_default();
    match text(delta, "type").unwrap_or_default() {
        "text_delta" => draft.text(0, slot, piece("text")),
        "thinking_delta" => draft.reasoning(0, slot, piece("thinking")),
        "input_json_delta" => draft.arguments(0, slot, piece("partial_json")),
        _ => {}
    }
}

fn content(block: &Value, slot: Slot, draft: &mut Draft) {
    let piece = |key: &str| text(block, key).unwrap_or_default();
    match text(block, "type").unwrap_or_default() {
        "text" => draft.text(0, slot, piece("text")),
        "thinking" => draft.reasoning(0, slot, piece("thinking")),
        "tool_use" => {
            draft.tool(0, slot, text(block, "id"), text(block, "name"));
            // In a stream the input starts empty and arrives in deltas.
            let input =
                block.get("input").filter(|input| input.as_object().is_some_and(|input| !input.is_empty()));
            if let Some(input) = input {
                draft.arguments(0, slot, &input.to_string());
            }
        }
        "" => {}
        kind => draft.other(0, slot, serde_json::json!({"type": kind})),
    }
}

/// Merges a usage object. A stream's figures are cumulative, and some servers send zeros for unknown values,
/// so the larger figure counts.
fn used(body: &Value, draft: &mut Draft) {
    let Some(Value::Object(told)) = body.get("usage") else { return };
    merge(&mut draft.usage_object, told);
    let whole = Value::Object(std::mem::take(&mut draft.usage_object));
    if let Some(usage) = usage(&whole) {
        draft.answer.usage = Some(usage);
    }
    let fast = text(&whole, "speed").filter(|speed| *speed == "fast");
    draft.service_tier(fast.or_else(|| text(&whole, "service_tier")));
    if let Value::Object(whole) = whole {
        draft.usage_object = whole;
    }
}

fn merge(known: &mut Map<String, Value>, told: &Map<String, Value>) {
    for (key, value) in told {
        match (known.get_mut(key), value) {
            (_, Value::Null) => {}
            (Some(Value::Object(inner)), Value::Object(value)) => merge(inner, value),
            (Some(Value::Number(held)), Value::Number(number)) => {
                if number.as_f64() > held.as_f64() {
                    *held = number.clone();
                }
            }
            _ => {
                known.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn input_is_the_sum_of_all_three() {
        let told = json!({"input_tokens": 120, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 900,
            "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}, "output_tokens": 17});
        let expected = Usage {
            cache_write_5m: Some(10),
            cache_write_1h: Some(20),
            reading: Reading::Exclusive,
            ..Usage::of(1050, 17).cache_read(900).cache_write(30)
        };
        assert_eq!(usage(&told), Some(expected));
        assert_eq!(usage(&json!({})), None);
    }

    #[test]
    fn searches_of_the_provider_are_charged_beside_the_tokens() {
        let told = |count: u64| json!({"input_tokens": 9, "output_tokens": 3, "server_tool_use": {"web_search_requests": count}});
        let searches = |told: &Value| usage(told).and_then(|usage| usage.units.get("web_searches").copied());
        assert_eq!((searches(&told(2)), searches(&told(0))), (Some(2), None));
        // A stream reports them at its end.
        let mut draft = Draft::new(false);
        event(&json!({"type": "message_start", "message": {"usage": {"input_tokens": 9}}}), &mut draft);
        let end = json!({"output_tokens": 3, "server_tool_use": {"web_search_requests": 2}});
        event(&json!({"type": "message_delta", "usage": end}), &mut draft);
        let usage = draft.finish().usage.unwrap_or_default();
        assert_eq!(
            (usage.input, usage.output, usage.units.get("web_searches")),
            (Some(9), Some(3), Some(&2))
        );
    }

    #[test]
    fn compactions_are_on_top() {
        let told = json!({"input_tokens": 100, "output_tokens": 10, "iterations": [
            {"type": "compaction", "input_tokens": 5000, "output_tokens": 300},
            {"type": "message", "input_tokens": 100, "output_tokens": 10}]});
        let usage = usage(&told).unwrap_or_default();
        assert_eq!((usage.input, usage.output), (Some(5100), Some(310)));
    }

    #[test]
    fn a_delta_without_input_or_with_zeros_keeps_what_the_start_told() {
        let mut draft = Draft::new(false);
        event(
            &json!({"type": "message_start", "message": {"id": "m", "model": "c", "usage":
                {"input_tokens": 120, "cache_read_input_tokens": 900, "output_tokens": 1}}}),
            &mut draft,
        );
        event(
            &json!({"type": "message_delta", "usage": {"input_tokens": 0, "output_tokens": 17}}),
            &mut draft,
        );
        let usage = draft.finish().usage.unwrap_or_default();
        assert_eq!((usage.input, usage.output), (Some(1020), Some(17)));
    }
}
