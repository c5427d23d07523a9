//! Tests of the second book against bills computed by hand. The comments give dollars for one token.

use quipu_core::{Unpriced, Usage};

use crate::ask::ask;

#[test]
fn azure_regions_have_their_own_price() {
    // azure/eu/gpt-5: 1.375e-6 in, 1.1e-5 out; batches half; priority double.
    let ask = || ask("azure.ai.openai", "azure/eu/gpt-5");
    assert_eq!(ask().rule(), "litellm azure/eu/gpt-5");
    assert_eq!(ask().total(), "0.002475");
    assert_eq!(ask().context("processing", "batch").total(), "0.0012375");
    assert_eq!(ask().context("service_tier", "priority").total(), "0.00495");
    assert_eq!(ask().answer().unwrap().rule.version, "1.109.1");
}

#[test]
fn bedrock_prefixes_are_regions() {
    // 4.8e-6 in, 2.4e-7 cache read, 6e-6 cache write, 9.6e-6 for an hour, 2.4e-5 out.
    let usage = Usage {
        input: Some(10_000),
        cache_read: Some(4_000),
        cache_write: Some(3_000),
        cache_write_1h: Some(1_000),
        output: Some(100),
        ..Usage::default()
    };
    for model in ["us-gov.anthropic.claude-opus-5-5", "bedrock/us-gov.anthropic.claude-opus-5-5"] {
        let ask = ask("aws.bedrock", model).usage(usage.clone());
        assert_eq!(ask.rule(), "litellm us-gov.anthropic.claude-opus-5-5");
        assert_eq!(ask.total(), "0.03936");
    }
}

#[test]
fn a_bound_moves_the_whole_request() {
    // kyma/grok-4.3: 1.92e-6 and 3.838e-6, above 200k 3.375e-6 and 6.75e-6; cache read 2.7e-7 throughout.
    let ask = |input| {
        let usage =
            Usage { input: Some(input), cache_read: Some(100_000), output: Some(1_000), ..Usage::default() };
        ask("kyma", "grok-4.3").usage(usage).total()
    };
    assert_eq!(ask(200_000), "0.222838"); // 0.192 + 0.027 + 0.003838
    assert_eq!(ask(200_001), "0.371253375"); // 0.337503375 + 0.027 + 0.00675
}

#[test]
fn ranges_are_bounds() {
    // dashscope/qwen-plus-2025-07-28: up to 256k 4e-7 and 1.2e-6, reasoning 4e-6; above 1.2e-6, 3.6e-6,
    // 1.2e-5.
    let ask = |input| {
        let usage =
            Usage { input: Some(input), output: Some(1_000), reasoning: Some(400), ..Usage::default() };
        ask("alibaba_cloud", "qwen-plus-2025-07-28").usage(usage).total()
    };
    assert_eq!(ask(256_000), "0.10472"); // 0.1024 + 0.00072 + 0.0016
    assert_eq!(ask(256_001), "0.3141612"); // 0.3072012 + 0.00216 + 0.0048
}

#[test]
fn prices_fall_outside_of_peak_hours() {
    // tencent/deepseek-v4.1-flash: 3e-7 and 1.2e-6; off peak half. Weekends are off peak, by the clock of
    // Shanghai.
    let price = |time| ask("tencent", "deepseek-v4.1-flash").at(time).total();
    let (peak, off) = ("0.00042", "0.00021");
    assert_eq!(price("2026-11-20T02:00:00Z"), peak); // Friday
    assert_eq!(price("2026-11-20T12:00:00Z"), off);
    assert_eq!(price("2026-11-20T05:59:59Z"), off);
    assert_eq!(price("2026-11-20T06:00:00Z"), peak);
    assert_eq!(price("2026-11-21T02:00:00Z"), off); // Saturday
    assert_eq!(price("2026-11-22T23:00:00Z"), off); // Monday in Shanghai, and before the morning's peak
    assert_eq!(price("2026-11-23T02:00:00Z"), peak);
}

#[test]
fn places_multiply_the_price() {
    // claude-mythos-5: 1e-5 in, 5e-5 out, 0.01 a search; 1.1 times the tokens' price in the US.
    let mythos = || ask("anthropic", "claude-mythos-5").unit("web_searches", 1);
    assert_eq!(
        (mythos().total(), mythos().context("region", "us").total()),
        ("0.025".into(), "0.0265".into())
    );
    // gpt-6-astra-law: the same prices; 1.1 times in Europe and the US.
    let law = || ask("openai", "gpt-6-astra-law");
    assert_eq!(law().context("region", "eu-west-1").total(), "0.0165");
    assert_eq!(law().context("region", "europe").total(), "0.015");
    // gemini-4-argon-cyber-permissive: 4e-6 and 2e-5; flex half; 1.1 times everywhere but in the global
    // region.
    let argon = || ask("gcp.vertex_ai", "vertex_ai/gemini-4-argon-cyber-permissive");
    assert_eq!(
        (argon().total(), argon().context("region", "global").total()),
        ("0.006".into(), "0.006".into())
    );
    assert_eq!(argon().context("region", "europe-west4").total(), "0.0066");
    assert_eq!(argon().context("service_tier", "flex").total(), "0.003");
    assert_eq!(argon().context("service_tier", "priority").context("region", "us-east1").total(), "0.01188");
}

#[test]
fn units_other_than_tokens_have_prices() {
    let nothing = Usage::default;
    let image = ask("fal_ai", "low/1024-x-768/gpt-image-2").usage(nothing()).unit("output_images", 3);
    assert_eq!((image.total(), image.lines()), ("0.015".into(), vec!["output_images 3 5".to_owned()]));
    let speech = ask("deepgram", "nova-3").usage(nothing()).unit("audio_seconds", 60);
    assert_eq!(speech.total(), "0.0043002");
    let video = || ask("dashscope", "wan3.0-video").usage(nothing()).unit("output_video_seconds", 10);
    assert_eq!(
        (video().total(), video().context("resolution", "480p").total()),
        ("1.65025".into(), "0.41256".into())
    );
    let search = ask("tavily", "search").usage(nothing()).unit("web_searches", 2);
    assert_eq!(search.total(), "0.016");
}

#[test]
fn a_unit_without_a_price_is_not_free() {
    assert_eq!(ask("deepgram", "nova-3").answer(), Err(Unpriced::NoUnitPrice));
    let odd = ask("deepinfra", "anthropic/claude-opus-5").unit("phase_of_the_moon", 1);
    assert_eq!(odd.answer(), Err(Unpriced::NoUnitPrice));
}

#[test]
fn the_second_book_fills_gaps_only() {
    assert_eq!(
        ask("deepinfra", "anthropic/claude-opus-5").rule(),
        "litellm deepinfra/anthropic/claude-opus-5"
    );
    assert_eq!(ask(None, "deepinfra/anthropic/claude-opus-5").total(), "0.0075");
    assert_eq!(
        ask("ibm.watsonx.ai", "ibm/granite-3-8b-instruct").rule(),
        "litellm watsonx/ibm/granite-3-8b-instruct"
    );
    assert_eq!(ask("vercel", "openai/gpt-4.1").rule(), "litellm vercel_ai_gateway/openai/gpt-4.1");
    // Both sources have it, at different prices. The first book wins.
    assert_eq!(ask("mistral", "mistral-large-latest").rule(), "genai-prices mistral/mistral-large");
}
