//! Property tests: laws of every bill.

use proptest::prelude::*;
use quipu_core::{PriceAnswer, Usage, Usd};

use crate::ask::{Ask, ask};

fn usage() -> impl Strategy<Value = Usage> {
    let count = || prop_oneof![Just(None), (0..400_000_u64).prop_map(Some), any::<u64>().prop_map(Some)];
    proptest::array::uniform12(count()).prop_map(|counts| Usage {
        input: counts[0],
        cache_read: counts[1],
        cache_write: counts[2],
        cache_write_5m: counts[3],
        cache_write_1h: counts[4],
        input_audio: counts[5],
        input_image: counts[6],
        cache_read_audio: counts[7],
        output: counts[8],
        reasoning: counts[9],
        output_audio: counts[10],
        output_image: counts[11],
        ..Usage::default()
    })
}

/// Models of every shape: tiers, variants, speech, dates, the second book.
fn model() -> impl Strategy<Value = (Option<&'static str>, &'static str)> {
    prop::sample::select(vec![
        (Some("anthropic"), "claude-haiku-4-5"),
        (Some("openai"), "gpt-realtime-mini"),
        (Some("openai"), "gpt-5.6-sol"),
        (Some("google"), "gemini-2.5-flash"),
        (Some("google"), "gemini-3.8-live"),
        (Some("deepseek"), "deepseek-chat"),
        (Some("kyma"), "grok-4.3"),
        (Some("azure"), "azure/eu/gpt-5"),
        (Some("openrouter"), "openai/gpt-oss-120b:free"),
        (None, "gpt-4o"),
    ])
}

fn consistent(answer: &PriceAnswer) -> Result<(), TestCaseError> {
    prop_assert_eq!(answer.lines.iter().map(|line| line.amount).sum::<Usd>(), answer.total);
    prop_assert!(answer.input + answer.output <= answer.total);
    for line in &answer.lines {
        prop_assert!(line.count > 0 && line.amount >= Usd::ZERO && line.per > 0);
    }
    Ok(())
}

fn asked((provider, model): (Option<&'static str>, &str), usage: Usage) -> Ask {
    ask(provider, model).usage(usage)
}

proptest! {
    #[test]
    fn lines_sum_to_the_total(model in model(), usage in usage(), seconds in any::<i64>()) {
        let mut ask = asked(model, usage).unit("web_searches", 3);
        ask.at = quipu_core::Timestamp::from_nanos(seconds);
        if let Ok(answer) = ask.answer() {
            consistent(&answer)?;
        }
    }

    #[test]
    fn more_tokens_never_cost_less(model in model(), input in 0..30_000_u64, more in 0..1_000_u64, part in 0.0..1.0_f64) {
        let cached = (input as f64 * part) as u64;
        let usage = |input, output| {
            Usage { input: Some(input), cache_read: Some(cached), output: Some(output), ..Usage::default() }
        };
        let total = |usage| asked(model, usage).answer().unwrap().total;
        let base = total(usage(input, 100));
        prop_assert!(total(usage(input + more, 100)) >= base);
        prop_assert!(total(usage(input, 100 + more)) >= base);
    }

    #[test]
    fn any_name_is_answered(provider in proptest::option::of("\\PC{0,40}"), model in "\\PC{0,600}") {
        let mut ask = ask(None, &model);
        ask.provider = provider.map(|name| &*name.leak());
        if let Ok(answer) = ask.answer() {
            consistent(&answer)?;
        }
    }

    #[test]
    fn decorated_names_are_answered(
        parts in prop::collection::vec(prop::sample::select(vec![
            "us.", "anthropic.", "claude", "-v1:0", "@", "20250929", "-2025-09-29", "-", "/", "models/", "arn:", "ft:", ":",
            "gpt-4o", "bedrock", "converse", "é", "publishers/", "azure", "",
        ]), 0..10),
        provider in prop::sample::select(vec![None, Some("aws.bedrock"), Some("litellm"), Some("openai"), Some("ö._")]),
    ) {
        if let Ok(answer) = ask(provider, &parts.concat()).answer() {
            consistent(&answer)?;
        }
    }
}
