//! Tests of the first book against bills computed by hand from its listed prices.

use quipu_core::{Unpriced, Usage};

use crate::ask::ask;

#[test]
fn a_bill_has_a_line_for_each_bucket() {
    // claude-haiku-4-5: 1 in, 5 out, 0.1 cache read, 1.25 cache write, 2 for an hour, per million tokens.
    let usage = Usage {
        input: Some(10_000),
        cache_read: Some(4_000),
        cache_write: Some(3_000),
        cache_write_5m: Some(2_000),
        cache_write_1h: Some(1_000),
        output: Some(500),
        reasoning: Some(200),
        ..Usage::default()
    };
    let ask = ask("anthropic", "claude-haiku-4-5").usage(usage);
    assert_eq!(
        ask.lines(),
        [
            "input_tokens 3000 1",
            "cache_read_tokens 4000 0.1",
            "cache_write_tokens 2000 1.25",
            "cache_write_1h_tokens 1000 2",
            "output_tokens 300 5",
            "reasoning_tokens 200 5",
        ]
    );
    let answer = ask.answer().unwrap();
    assert_eq!((answer.input.to_string(), answer.output.to_string()), ("0.0079".into(), "0.0025".into()));
    assert_eq!(answer.total.to_string(), "0.0104");
    assert_eq!(answer.fallbacks, ["reasoning_tokens priced as output_tokens"]);
    assert_eq!(ask.rule(), "genai-prices anthropic/claude-haiku-4-5");
    assert_eq!(answer.rule.version, "0.2.3");
}

#[test]
fn what_has_no_price_takes_that_of_its_whole() {
    let usage = Usage { input: Some(100), cache_read: Some(40), output: Some(0), ..Usage::default() };
    let ask = ask("openai", "gpt-4").usage(usage);
    assert_eq!(ask.lines(), ["input_tokens 60 30", "cache_read_tokens 40 30"]);
    assert_eq!(ask.answer().unwrap().fallbacks, ["cache_read_tokens priced as input_tokens"]);
}

#[test]
fn prices_change_with_the_date() {
    let price = |time| ask("openai", "gpt-5.6-sol").at(time).total();
    assert_eq!(price("2026-08-20T23:59:59.999999999Z"), "0.008");
    assert_eq!(price("2026-08-21T00:00:00Z"), "0.006");
    assert_eq!(price("1969-01-01T00:00:00Z"), "0.008");
}

#[test]
fn prices_change_with_the_hour() {
    let price = |time: &str| ask("deepseek", "deepseek-chat").at(time).total();
    for (time, total) in
        [("00:29:59", "0.00019"), ("00:30:00", "0.00038"), ("16:29:59", "0.00038"), ("16:30:00", "0.00019")]
    {
        assert_eq!(price(&format!("2026-11-20T{time}Z")), total, "{time}");
    }
}

#[test]
fn a_large_request_costs_more_from_the_first_token() {
    let ask = |input| {
        let usage = Usage { input: Some(input), output: Some(1_000_000), ..Usage::default() };
        ask("google", "gemini-2.5-pro").usage(usage).total()
    };
    assert_eq!(ask(200_000), "10.25");
    assert_eq!(ask(200_001), "15.5000025");
}

#[test]
fn context_lays_over_the_base() {
    let base = ask("anthropic", "claude-haiku-4-5");
    assert_eq!(base.total(), "0.0015");
    assert_eq!(ask("anthropic", "claude-haiku-4-5").context("processing", "batch").total(), "0.00075");
    assert_eq!(ask("anthropic", "claude-haiku-4-5").context("service_tier", "batch").total(), "0.00075");
    assert_eq!(ask("anthropic", "claude-haiku-4-5").context("processing", "Batch").total(), "0.0015");
}

#[test]
fn another_providers_rule_is_said_and_takes_no_context() {
    let plain = ask("azure.ai.openai", "gpt-5");
    assert_eq!(plain.rule(), "genai-prices openai/gpt-5");
    assert_eq!(plain.answer().unwrap().fallbacks, ["the price of openai is used: the provider lists none"]);
    let batch = ask("azure.ai.openai", "gpt-5").context("processing", "batch");
    assert_eq!(batch.total(), plain.total());
    assert_ne!(ask("openai", "gpt-5").context("processing", "batch").total(), plain.total());
}

#[test]
fn names_lead_to_the_same_rule() {
    for (provider, model, rule) in [
        (None, "gpt-4o", "openai/gpt-4o"),
        (None, "openai/gpt-4o", "openai/gpt-4o"),
        (Some("openai"), "openai/gpt-4o-2024-08-06", "openai/gpt-4o"),
        (Some("OpenAI.chat"), "GPT-4o", "openai/gpt-4o"),
        (Some("litellm"), "anthropic/claude-haiku-4-5", "anthropic/claude-haiku-4-5"),
        (Some("gcp.gemini"), "models/gemini-2.5-flash", "google/gemini-2.5-flash"),
        (Some("gcp.vertex_ai"), "publishers/google/models/gemini-2.5-flash", "google/gemini-2.5-flash"),
        (Some("gcp.vertex_ai"), "claude-haiku-4-5@20251001", "google/claude-haiku-4-5"),
        (Some("x_ai"), "grok-4", "x-ai/grok-4-0709"),
        (Some("moonshot_ai"), "kimi-k3", "moonshotai/kimi-k3"),
        (Some("mistral_ai"), "mistral-large-2512", "mistral/mistral-large-2512"),
        (Some("fireworks_ai"), "accounts/fireworks/models/kimi-k3", "fireworks/kimi-k3"),
        (
            Some("openrouter"),
            "openrouter/anthropic/claude-sonnet-4.5",
            "openrouter/anthropic/claude-sonnet-4.5",
        ),
        (
            None,
            "mx.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        (
            Some("aws.bedrock"),
            "arn:aws:bedrock:us-east-1:1:inference-profile/mx.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
    ] {
        assert_eq!(ask(provider, model).rule(), format!("genai-prices {rule}"), "{provider:?} {model}");
    }
}

#[test]
fn what_is_unknown_has_a_reason_and_no_price() {
    for (provider, model) in [
        (Some("openai"), "gpt-99"),
        (Some("nobody"), "gpt-4o"),
        (None, "whatever"),
        (Some("anthropic"), "gpt-4o"),
    ] {
        assert_eq!(ask(provider, model).answer(), Err(Unpriced::UnknownModel), "{provider:?} {model}");
    }
    assert_eq!(ask("openai", " ").answer(), Err(Unpriced::NoModel));
    assert_eq!(ask("openai", "gpt-4o").usage(Usage::default()).answer(), Err(Unpriced::NoUsage));
}

#[test]
fn other_units_are_billed() {
    // claude-haiku-4-5 lists 10 for a thousand web searches.
    let ask = |count| ask("anthropic", "claude-haiku-4-5").unit("web_searches", count);
    assert_eq!(ask(3).total(), "0.0315");
    assert_eq!(ask(3).lines().last().unwrap(), "web_searches 3 10");
    let answer = ask(3).answer().unwrap();
    assert_eq!((answer.input + answer.output).to_string(), "0.0015");
}

#[test]
fn speech_is_billed_for_ten_seconds_at_least() {
    // whisper-large-v3 at Groq lists 0.111 an hour.
    let ask =
        |seconds| ask("groq", "whisper-large-v3").usage(Usage::default()).unit("audio_seconds", seconds);
    assert_eq!(ask(3_600).total(), "0.111");
    assert_eq!(ask(1).total(), ask(10).total());
    assert_eq!(ask(1).total(), "0.000308333333333333333333");
}

#[test]
fn free_models_are_free() {
    let ask = ask("openrouter", "openai/gpt-oss-120b:free");
    assert_eq!((ask.total(), ask.lines().len()), ("0".into(), 2));
    assert!(ask.answer().unwrap().fallbacks.is_empty());
}
