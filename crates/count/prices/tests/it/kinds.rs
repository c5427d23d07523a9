//! Tests of every kind of price and every spelling of a name, once each.

use quipu_core::{Unpriced, Usage};

use crate::ask::ask;

#[test]
fn ways_of_processing_have_their_own_prices() {
    // gpt-5.4: 2.5 and 15 a million; batch and flex half, priority double.
    let total = |key, value| ask("openai", "gpt-5.4").context(key, value).total();
    assert_eq!(ask("openai", "gpt-5.4").total(), "0.004");
    assert_eq!(total("processing", "batch"), "0.002");
    assert_eq!(total("service_tier", "batch"), "0.002");
    assert_eq!(total("service_tier", "flex"), "0.002");
    assert_eq!(total("service_tier", "priority"), "0.008");
    assert_eq!(total("service_tier", "default"), "0.004");
    // claude-opus-4-8: 5 and 25; fast twice as much.
    let opus = || ask("anthropic", "claude-opus-4-8");
    assert_eq!((opus().total(), opus().context("speed", "fast").total()), ("0.0075".into(), "0.015".into()));
}

#[test]
fn a_cache_write_costs_by_how_long_it_is_kept() {
    let written = |unit: &str| {
        let usage = Usage { input: Some(1_000), output: Some(0), ..Usage::default() };
        ask("anthropic", "claude-haiku-4-5")
            .usage(usage)
            .unit("cache_write_tokens", 1_000)
            .unit(unit, 1_000)
            .total()
    };
    assert_eq!(written("cache_write_5m_tokens"), "0.00125");
    assert_eq!(written("cache_write_1h_tokens"), "0.002");
    // No price for twelve hours is listed. The price of any write applies, and the bill notes that.
    assert_eq!(written("cache_write_12h_tokens"), "0.00125");
}

#[test]
fn sound_pictures_and_film_have_prices() {
    // gemini-2.5-flash: 0.3 in, 1 for audio, 2.5 out.
    let usage = Usage { input: Some(1_000), input_audio: Some(400), output: Some(100), ..Usage::default() };
    let heard = ask("google", "gemini-2.5-flash").usage(usage);
    assert_eq!(heard.lines(), ["input_tokens 600 0.3", "input_audio_tokens 400 1", "output_tokens 100 2.5"]);
    let nothing = || Usage::default();
    let made = ask("xai", "grok-imagine-image").usage(nothing()).unit("output_images", 2);
    assert!(
        made.answer()
            .is_ok_and(|answer| answer.lines[0].unit == "output_images" && answer.lines[0].count == 2)
    );
    let film = ask("openai", "sora-2").usage(nothing()).unit("output_video_seconds", 8);
    assert_eq!(film.total(), "0.8");
    // Deepgram's second of speech.
    assert_eq!(ask("deepgram", "nova-3").usage(nothing()).unit("audio_seconds", 60).total(), "0.0043002");
}

#[test]
fn requests_and_searches_are_lines() {
    // sonar: 1 and 1 a million, 12 for a thousand requests.
    let sonar = ask("perplexity", "sonar");
    assert!(sonar.lines().contains(&"requests 1 12".to_owned()), "{:?}", sonar.lines());
    let mut usage = Usage::of(1_000, 100);
    usage.units.insert("web_searches".into(), 2);
    assert_eq!(ask("anthropic", "claude-haiku-4-5").usage(usage.clone()).total(), "0.0215");
    // Units of the usage are added to the separately requested units.
    assert_eq!(ask("anthropic", "claude-haiku-4-5").usage(usage).unit("web_searches", 1).total(), "0.0315");
}

#[test]
fn models_that_are_paid_by_the_second_cost_time() {
    // 0.011 dollars a second.
    let ask = || ask("bedrock", "bedrock/us-east-1/1-month-commitment/anthropic.claude-instant-v1");
    assert_eq!(ask().answer(), ask().answer());
    let timed = ask().lasting(1_500_000_001);
    let answer = timed.answer().unwrap();
    let line = answer.lines.last().unwrap();
    assert_eq!((line.unit.as_str(), line.count, line.per), ("call_milliseconds", 1_501, 3_600_000));
    assert_eq!(answer.total.to_string(), "0.016511");
    // The remaining lines are present with an amount of zero.
    assert_eq!(answer.lines.len(), 3);
}

#[test]
fn regions_cost_more() {
    // gpt-5.4 itself is in the first source; azure/eu/gpt-5.4 and us-gov are names of the second.
    let law = || ask("openai", "gpt-6-astra-law");
    assert_eq!((law().total(), law().context("region", "eu").total()), ("0.015".into(), "0.0165".into()));
    let place = |model| ask("aws.bedrock", model).total();
    assert_ne!(
        place("us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        place("global.anthropic.claude-sonnet-4-5-20250929-v1:0")
    );
}

#[test]
fn fine_tuned_models_have_the_price_of_their_base() {
    for (model, rule) in [
        ("ft:gpt-4o-2024-08-06:acme::abc123", "genai-prices openai/ft:gpt-4o"),
        ("ft:gpt-4o:acme::abc123", "genai-prices openai/ft:gpt-4o"),
        ("ft:gpt-4o-mini-2024-07-18:acme:suffix:abc", "genai-prices openai/ft:gpt-4o-mini"),
        ("openai/ft:gpt-4o-mini:acme::abc", "genai-prices openai/ft:gpt-4o-mini"),
        ("ft:gpt-4.1-mini-2025-04-14:acme::abc", "litellm ft:gpt-4.1-mini-2025-04-14"),
        ("ft:gpt-4.1-mini:acme::abc", "litellm ft:gpt-4.1-mini-2025-04-14"),
        ("gpt-4o-2024-08-06.ft-0e208cf33a6a466994aff31a08aba678", "genai-prices openai/ft:gpt-4o"),
    ] {
        assert_eq!(ask("openai", model).rule(), rule, "{model}");
    }
    assert_eq!(ask(None, "ft:gpt-4o:acme::abc123").rule(), "genai-prices openai/ft:gpt-4o");
    assert_eq!(ask("openai", "ft:gpt-99:acme::x").answer(), Err(Unpriced::UnknownModel));
    let answer = ask("openai", "ft:gpt-4o:acme::abc123").answer().unwrap();
    assert_eq!(answer.fallbacks[0], "a fine-tuned model without a date is priced as one with a date");
}

#[test]
fn clouds_write_names_their_own_way() {
    let sonnet = "anthropic.claude-sonnet-4-5-20250929-v1:0";
    let regional = "genai-prices aws/regional.anthropic.claude-sonnet-4-5-20250929-v1:0";
    for (provider, model, rule) in [
        ("aws.bedrock", format!("us.{sonnet}"), "litellm us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("amazon_bedrock", format!("mx.{sonnet}"), regional),
        (
            "bedrock",
            format!("bedrock/converse/us.{sonnet}"),
            "litellm us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        (
            "bedrock",
            format!("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.{sonnet}"),
            "litellm eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ),
        ("vertex_ai", "claude-haiku-4-5@20251001".to_owned(), "genai-prices google/claude-haiku-4-5"),
        (
            "gcp.vertex_ai",
            "projects/p/locations/us-east5/publishers/anthropic/models/claude-haiku-4-5@20251001".to_owned(),
            "genai-prices google/claude-haiku-4-5",
        ),
        (
            "vertex_ai",
            "publishers/google/models/gemini-2.5-pro".to_owned(),
            "genai-prices google/gemini-2.5-pro",
        ),
        ("azure.ai.openai", "gpt-4o-2024-08-06".to_owned(), "genai-prices openai/gpt-4o"),
        ("azure", "azure/gpt-4o".to_owned(), "genai-prices openai/gpt-4o"),
    ] {
        let leaked: &'static str = provider;
        assert_eq!(ask(leaked, &model).rule(), rule, "{provider} {model}");
    }
}
