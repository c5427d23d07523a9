//! Property tests: invented instrumentations of several languages come to their truth, or to none.

use std::fmt::Write as _;

use proptest::prelude::*;
use quipu_adapter_generic::Generic;
use quipu_core::{Adapter, Canonical, Kind, SpanEvent, Value};
use serde_json::json;

use crate::span;

/// A call as the provider counted it.
#[derive(Debug, Clone, Copy)]
struct Truth {
    input: u64,
    output: u64,
    cached: u64,
    reasoning: u64,
}

fn truth() -> impl Strategy<Value = Truth> {
    (100_u64..90_000, 1_u64..9_000, 0_u64..100, 0_u64..9_000).prop_map(
        |(input, output, cached, reasoning)| Truth { input, output, cached, reasoning: reasoning % output },
    )
}

/// The notations of objects: what stands before the members, between name and value, between members, and
/// after them.
const NOTATIONS: &[[&str; 4]] = &[
    ["Usage { ", ": ", ", ", " }"],
    ["Usage { ", " = ", ", ", " }"],
    ["Some(Usage { ", ": ", ", ", " })"],
    ["CompletionUsage(", "=", ", ", ")"],
    ["DefaultUsage[", "=", ", ", "]"],
    ["&{", ":", " ", "}"],
    ["{", ":", " ", "}"],
    ["%Usage{", ": ", ", ", "}"],
    ["%{", ": ", ", ", "}"],
    ["#<struct Usage ", "=", ", ", ">"],
    ["{:", "=>", ", :", "}"],
];

/// The names of input, output, total and cached tokens in several languages.
const NAMES: &[[&str; 4]] = &[
    ["prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens"],
    ["promptTokens", "completionTokens", "totalTokens", "cachedTokens"],
    ["InputTokens", "OutputTokens", "TotalTokens", "CacheReadTokens"],
    ["input_token_count", "output_token_count", "total_token_count", "cached_token_count"],
];

fn printed(notation: &[&str; 4], members: &[(&str, u64)]) -> String {
    let mut text = notation[0].to_owned();
    for (at, (name, value)) in members.iter().enumerate() {
        let before = if at == 0 { "" } else { notation[2] };
        write!(text, "{before}{name}{}{value}", notation[1]).unwrap();
    }
    text + notation[3]
}

fn read(attributes: &[(&str, Value)]) -> Canonical {
    Generic.canonical(&span(attributes))
}

fn figures(read: &Canonical) -> Option<[u64; 4]> {
    let usage = read.usage.as_ref()?;
    Some([usage.input, usage.output, usage.cache_read, usage.reasoning].map(|count| count.unwrap_or(0)))
}

fn grouped(count: u64, sign: char) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(sign);
        }
        text.push(digit);
    }
    text
}

proptest! {
    #[test]
    fn objects_printed_by_programs_come_to_their_truth(
        truth in truth(), notation in 0..NOTATIONS.len(), names in 0..NAMES.len(), is_nested in any::<bool>(),
    ) {
        let [input, output, total, cached] = NAMES[names];
        let members = [
            (output, truth.output), (input, truth.input), (total, truth.input + truth.output), (cached, truth.cached),
        ];
        let usage = printed(&NOTATIONS[notation], &members);
        let text = if is_nested {
            format!("Response(id='chatcmpl-7', model='gpt-4o', message='It is (really) fine', usage={usage})")
        } else {
            usage
        };
        let read = read(&[("shop.model", "gpt-4o".into()), ("shop.reply", text.as_str().into())]);
        prop_assert_eq!(read.kind, Kind::Llm, "{}: {:?}", text, read.notes);
        prop_assert_eq!(figures(&read), Some([truth.input, truth.output, truth.cached, 0]), "{}", text);
        // In a question or an answer it is only a text.
        let said = self::read(&[("shop.model", "gpt-4o".into()), ("shop.prompt", text.as_str().into())]);
        prop_assert_eq!((said.kind, said.usage), (Kind::Other, None));
    }

    #[test]
    fn usage_that_does_not_say_tokens_needs_its_total_or_words_of_models(
        truth in truth(), off in 0_u64..3, is_event in any::<bool>(), unit in 0_usize..3,
    ) {
        let Truth { input, output, .. } = truth;
        let int = |count: u64| Value::from(i64::try_from(count).unwrap());
        let sides = [("input", "output"), ("prompt", "completion")];
        for (at, (one, other)) in sides.into_iter().enumerate() {
            let total = input + output + off;
            let prefix = if is_event { "" } else { "bot.usage." };
            let keys = [one, other, "total"].map(|key| format!("{prefix}{key}"));
            let pairs = keys.iter().map(String::as_str).zip([input, output, total].map(int));
            let mut made = span(&[("bot.model", "gpt-4o".into())]);
            if is_event {
                made.events.push(SpanEvent { time: made.start, name: "llm.usage".into(), attributes: pairs.collect() });
            } else {
                pairs.for_each(|(key, value)| made.attributes.push(key, value));
            }
            let units = [None, Some("TOKENS"), Some("cents")];
            units[unit].into_iter().for_each(|unit| made.attributes.push("bot.usage.unit", unit));
            let read = Generic.canonical(&made);
            let counts = off == 0 && unit != 2;
            prop_assert_eq!(
                figures(&read), counts.then_some([input, output, 0, 0]), "{} {:?} {:?}", at, read.notes, made.attributes
            );
        }
    }

    #[test]
    fn numbers_may_be_in_groups_of_three_digits(truth in truth(), sign in prop::sample::select(vec![',', '_'])) {
        let texts = [truth.input, truth.output].map(|count| grouped(count, sign));
        let read = read(&[
            ("bot.model", "gpt-4o".into()),
            ("bot.tokens.in", texts[0].as_str().into()),
            ("bot.tokens.out", texts[1].as_str().into()),
        ]);
        prop_assert_eq!(figures(&read), Some([truth.input, truth.output, 0, 0]), "{:?} {:?}", texts, read.notes);
    }

    #[test]
    fn thoughts_are_beside_the_candidates_of_gemini(truth in truth()) {
        let int = |count: u64| Value::from(i64::try_from(count).unwrap());
        let read = read(&[
            ("bot.model", "gemini-2.5-flash".into()),
            ("bot.prompt_tokens", int(truth.input)),
            ("bot.candidates_tokens", int(truth.output - truth.reasoning)),
            ("bot.thoughts_tokens", int(truth.reasoning)),
        ]);
        prop_assert_eq!(figures(&read), Some([truth.input, truth.output, 0, truth.reasoning]), "{:?}", read.notes);
    }

    #[test]
    fn details_within_an_object_of_camel_case_are_read(truth in truth()) {
        let Truth { input, output, cached, reasoning } = truth;
        let reply = json!({"id": "x", "model": "gpt-4o", "usage": {
            "promptTokens": input, "completionTokens": output, "totalTokens": input + output,
            "promptTokensDetails": {"cachedTokens": cached}, "completionTokensDetails": {"reasoningTokens": reasoning},
        }});
        let read = read(&[("bot.reply", reply.to_string().into())]);
        prop_assert_eq!(figures(&read), Some([input, output, cached, reasoning]), "{:?}", read.notes);
    }
}

#[test]
fn machines_and_money_are_no_tokens() {
    for attributes in [
        vec![("cpu.usage.input", 10.into()), ("cpu.usage.output", 20.into()), ("cpu.usage.total", 30.into())],
        vec![
            ("usage.credits.input", 3.into()),
            ("usage.credits.output", 4.into()),
            ("usage.credits.total", 7.into()),
        ],
        vec![("usage.prompt", 12.into()), ("usage.completion", 30.into()), ("usage.currency", "EUR".into())],
        vec![("tokens", Value::from("1,23")), ("x.tokens_in", Value::from("1.234,5"))],
    ] {
        let attributes = [vec![("model", Value::from("gpt-4o"))], attributes].concat();
        let read = read(&attributes);
        assert_eq!((read.kind, &read.usage), (Kind::Other, &None), "{attributes:?}");
    }
}

#[test]
fn the_model_that_served_a_request_answers() {
    let read = read(&[
        ("requestedModel", "fast".into()),
        ("servedModel", "gpt-4o-mini".into()),
        ("usage.promptTokens", 5.into()),
        ("usage.completionTokens", 6.into()),
    ]);
    assert_eq!(read.kind, Kind::Llm, "{:?}", read.notes);
    assert_eq!(
        (read.request_model.as_deref(), read.response_model.as_deref()),
        (Some("fast"), Some("gpt-4o-mini"))
    );
}
