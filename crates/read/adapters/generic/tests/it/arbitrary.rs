//! Property tests: calls of invented sources with invented keys match their truth, and noise gives no call.

use proptest::prelude::*;
use quipu_adapter_generic::Generic;
use quipu_conformance::sample::draft;
use quipu_core::{Adapter, Attributes, Kind, Span, SpanEvent, Value};
use serde_json::{Value as Json, json};

/// A call as the provider counted it.
#[derive(Debug, Clone, Copy)]
struct Truth {
    input: u64,
    cached: u64,
    output: u64,
    reasoning: u64,
}

fn truth() -> impl Strategy<Value = Truth> {
    (1_u64..100_000, 0_u64..100_000, 1_u64..50_000, 0_u64..50_000).prop_map(
        |(input, cached, output, reasoning)| Truth {
            input,
            cached: cached % (input + 1),
            output,
            reasoning: reasoning % (output + 1),
        },
    )
}

/// A provider's answer in one of the formats, and whether it includes the cache, and reasoning.
fn answer(shape: usize, truth: Truth) -> (Json, bool, bool) {
    let Truth { input, cached, output, reasoning } = truth;
    let fresh = input - cached;
    let total = input + output;
    match shape {
        0 => (
            json!({"id": "chatcmpl-1", "model": "m-1", "usage": {"prompt_tokens": input, "completion_tokens": output,
                "total_tokens": total, "prompt_tokens_details": {"cached_tokens": cached},
                "completion_tokens_details": {"reasoning_tokens": reasoning}}}),
            true,
            true,
        ),
        1 => (
            json!({"id": "resp_1", "usage": {"input_tokens": input, "output_tokens": output, "total_tokens": total,
                "input_tokens_details": {"cached_tokens": cached}, "output_tokens_details": {"reasoning_tokens": reasoning}}}),
            true,
            true,
        ),
        2 => (
            json!({"id": "msg_1", "usage": {"input_tokens": fresh, "output_tokens": output,
                "cache_read_input_tokens": cached, "cache_creation_input_tokens": 0}}),
            true,
            false,
        ),
        3 => (
            json!({"usageMetadata": {"promptTokenCount": input, "candidatesTokenCount": output - reasoning,
                "thoughtsTokenCount": reasoning, "cachedContentTokenCount": cached, "totalTokenCount": total}}),
            true,
            true,
        ),
        4 => (
            json!({"usage": {"inputTokens": fresh, "outputTokens": output, "totalTokens": total,
                "cacheReadInputTokens": cached, "cacheWriteInputTokens": 0}}),
            true,
            false,
        ),
        5 => (
            json!({"meta": {"billed_units": {"input_tokens": input, "output_tokens": output},
            "tokens": {"input_tokens": input + 70, "output_tokens": output}}}),
            false,
            false,
        ),
        6 => (
            json!({"usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": total}}),
            false,
            false,
        ),
        _ => (
            json!({"model": "llama", "prompt_eval_count": input, "eval_count": output, "eval_duration": 77}),
            false,
            false,
        ),
    }
}

fn word() -> impl Strategy<Value = String> {
    // A sequence of letters that no meaningful word contains.
    "[bdfghk][aou][zxvw][a-z]{1,5}q"
}

fn nest(answer: Json, path: &[String]) -> Json {
    path.iter().rev().fold(answer, |inner, word| json!({ word.as_str(): inner, "status": "ok" }))
}

fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Int(number.as_i64().unwrap()),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(values) => Value::Array(values.iter().map(value_of).collect()),
        Json::Object(pairs) => {
            Value::Map(pairs.iter().map(|(key, value)| (key.as_str().into(), value_of(value))).collect())
        }
    }
}

fn noise() -> impl Strategy<Value = Vec<(String, Value)>> {
    let value = prop_oneof![
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Double),
        "[a-z /]{0,30}".prop_map(Value::String),
        Just(Value::from(r#"{"limits": {"max_tokens": 4096}, "retries": [1, 2]}"#)),
        Just(Value::from(r#"{"rows": [{"token": "abc", "id": 3}]}"#)),
    ];
    let bound = (word(), "(max|limit|remaining|budget)_tokens", 0_i64..9_000)
        .prop_map(|(word, key, bound)| (format!("{word}.{key}"), Value::Int(bound)));
    let plain = ((word(), word()), value).prop_map(|((a, b), value)| (format!("{a}.{b}"), value));
    prop::collection::vec(prop_oneof![3 => plain, 1 => bound], 0..8)
}

fn span(attributes: Vec<(String, Value)>) -> Span {
    let mut span = draft(1, 1).span();
    span.attributes = attributes.into_iter().collect::<Attributes>();
    span
}

/// A span with these attributes, and with others on the span or on an event.
fn with(mut attributes: Vec<(String, Value)>, others: Vec<(String, Value)>, in_event: bool) -> Span {
    if !in_event {
        attributes.extend(others);
        return span(attributes);
    }
    let mut span = span(attributes);
    let event =
        |name: &str, attributes: Attributes| SpanEvent { time: span.start, name: name.into(), attributes };
    span.events = vec![
        event("data.started", Attributes::default()),
        event("metadata", others.into_iter().collect()),
        event("exception", [("exception.message", "used 7 tokens")].into_iter().collect()),
    ];
    span
}

/// Spellings of input, output, total, cache and reasoning.
const SPELLINGS: &[[&str; 5]] = &[
    ["prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens"],
    ["tokens.in", "tokens.out", "tokens.total", "tokens.cached", "tokens.reasoning"],
    ["inputTokens", "outputTokens", "totalTokens", "cacheReadTokens", "thinkingTokens"],
    ["tok/prompt", "tok/generated", "tok/all", "tok/cache_hit", "tok/thoughts"],
    [
        "token-count-input",
        "token-count-output",
        "token-count-total",
        "token-count-cached",
        "token-count-reasoning",
    ],
];

/// Spellings of the input without cached tokens.
const UNCACHED: [&str; 4] =
    ["non_cached_input_tokens", "uncachedInputTokens", "tokens.input.uncached", "not-cached-prompt-tokens"];

/// Spellings of a span's kind that say that it is a call of a model.
const KINDS: [(&str, &str); 4] = [
    ("span.type", "inference"),
    ("spanKind", "LLM"),
    ("type", "generation"),
    ("observation_type", "llm_call"),
];

proptest! {
    #[test]
    fn an_input_in_parts_comes_to_its_truth(
        truth in truth(), spelling in 0..UNCACHED.len(), prefix in word(), has_object in any::<bool>(),
        noise in noise(),
    ) {
        let rest = truth.input - truth.cached;
        let spelling = UNCACHED[spelling];
        let pairs = [(spelling, rest), ("output_tokens", truth.output), ("cache_read_tokens", truth.cached)];
        let mut attributes: Vec<_> =
            pairs.iter().map(|(key, count)| (format!("{prefix}.{key}"), Value::Int(*count as i64))).collect();
        if has_object {
            attributes.push((format!("{prefix}.answer"), answer(0, truth).0.to_string().into()));
        }
        attributes.push(("app.model".to_owned(), "m-1".into()));
        let read = Generic.canonical(&with(noise, attributes, false));
        prop_assert_eq!(read.kind, Kind::Llm, "{:?}", read.notes);
        let usage = read.usage.unwrap();
        prop_assert_eq!(
            (usage.input, usage.output, usage.cache_read),
            (Some(truth.input), Some(truth.output), Some(truth.cached))
        );
    }

    #[test]
    fn a_stated_kind_is_a_call_without_usage(kind in 0..KINDS.len(), prefix in word(), noise in noise()) {
        let (key, text) = KINDS[kind];
        let mut attributes = noise;
        attributes.push((key.to_owned(), text.into()));
        prop_assert_eq!(Generic.canonical(&span(attributes.clone())).kind, Kind::Other, "no model");
        attributes.push((format!("{prefix}.model"), "my-model-7b".into()));
        let read = Generic.canonical(&span(attributes));
        prop_assert_eq!((read.kind, read.usage), (Kind::Llm, None), "{:?}", read.notes);
        prop_assert_eq!(read.request_model.as_deref(), Some("my-model-7b"));
    }

    #[test]
    fn answers_come_to_their_truth(
        truth in truth(), shape in 0_usize..8, key in word(), path in prop::collection::vec(word(), 0..4),
        as_text in any::<bool>(), in_event in any::<bool>(), noise in noise(),
    ) {
        let (answer, tells_cache, tells_reasoning) = answer(shape, truth);
        let nested = nest(answer, &path);
        let value = if as_text { Value::from(nested.to_string()) } else { value_of(&nested) };
        let span = with(noise, vec![(key, value)], in_event);
        prop_assert!(Generic.claims(&span));
        let read = Generic.canonical(&span);
        prop_assert_eq!(read.kind, Kind::Llm, "{:?}", read.notes);
        let usage = read.usage.unwrap();
        prop_assert_eq!((usage.input, usage.output), (Some(truth.input), Some(truth.output)));
        prop_assert!(!tells_cache || usage.cache_read.unwrap_or(0) == truth.cached);
        prop_assert!(!tells_reasoning || usage.reasoning.unwrap_or(0) == truth.reasoning);
    }

    #[test]
    fn single_figures_come_to_their_truth(
        truth in truth(), spelling in 0..SPELLINGS.len(), prefix in prop::collection::vec(word(), 0..3),
        nested in any::<bool>(), in_event in any::<bool>(), noise in noise(),
    ) {
        let figures = [truth.input, truth.output, truth.input + truth.output, truth.cached, truth.reasoning];
        let pairs = SPELLINGS[spelling].iter().zip(figures);
        let mut attributes = Vec::new();
        if nested {
            let object: serde_json::Map<String, Json> = pairs.map(|(key, count)| ((*key).to_owned(), json!(count))).collect();
            attributes.push(("app".to_owned(), nest(Json::Object(object), &prefix).to_string().into()));
        } else {
            let prefix: String = prefix.iter().map(|word| format!("{word}.")).collect();
            attributes.extend(pairs.map(|(key, count)| (format!("{prefix}{key}"), Value::Int(count as i64))));
        }
        let mut noise = noise;
        noise.push(("app.model".to_owned(), "some-model-7b".into()));
        let read = Generic.canonical(&with(noise, attributes, in_event));
        prop_assert_eq!(read.kind, Kind::Llm, "{:?}", read.notes);
        let usage = read.usage.unwrap();
        prop_assert_eq!((usage.input, usage.output), (Some(truth.input), Some(truth.output)));
        prop_assert_eq!((usage.cache_read, usage.reasoning), (Some(truth.cached), Some(truth.reasoning)));
    }

    #[test]
    fn noise_never_counts(noise in noise(), model in any::<bool>()) {
        let mut attributes = noise;
        if model {
            attributes.push(("app.model".to_owned(), "gpt-4o".into()));
        }
        let read = Generic.canonical(&span(attributes));
        prop_assert_eq!((read.kind, read.usage), (Kind::Other, None));
    }

    #[test]
    fn contradictions_never_count(truth in truth(), off in 1_u64..9, spelling in 0..SPELLINGS.len()) {
        let figures = [truth.input, truth.output, truth.input + truth.output + off];
        let pairs = SPELLINGS[spelling].iter().zip(figures);
        let mut attributes: Vec<_> = pairs.map(|(key, count)| ((*key).to_owned(), Value::Int(count as i64))).collect();
        attributes.push(("app.model".to_owned(), "gpt-4o".into()));
        let read = Generic.canonical(&span(attributes));
        prop_assert_eq!((read.kind, read.usage), (Kind::Other, None));
    }
}
