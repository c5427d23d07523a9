//! Tests of the definition of input, by provider and release.

use quipu_adapter_vercel_ai::VercelAi;
use quipu_conformance::sample::draft;
use quipu_core::{Adapter, Canonical, Kind, Reading, Value};

fn call(attributes: &[(&str, Value)]) -> Canonical {
    let mut call = draft(1, 1).with("ai.operationId", "ai.generateText.doGenerate");
    for (key, value) in attributes {
        call = call.with(key, value.clone());
    }
    VercelAi.canonical(&call.span())
}

fn figures(read: &Canonical) -> [Option<u64>; 4] {
    let usage = read.usage.as_ref().unwrap();
    [usage.input, usage.cache_read, usage.cache_write, usage.output]
}

#[test]
fn anthropic_up_to_5_leaves_cached_tokens_out() {
    let metadata = r#"{"anthropic": {"usage": {"input_tokens": 500, "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 100, "cache_creation": {"ephemeral_1h_input_tokens": 30}}}}"#;
    let read = call(&[
        ("ai.model.provider", "anthropic.messages".into()),
        ("ai.response.providerMetadata", metadata.into()),
        ("ai.usage.inputTokens", 500.into()),
        ("ai.usage.outputTokens", 9.into()),
        ("ai.usage.totalTokens", 509.into()),
        ("ai.usage.cachedInputTokens", 100.into()),
        ("gen_ai.usage.input_tokens", 500.into()),
        ("gen_ai.usage.output_tokens", 9.into()),
    ]);
    assert_eq!(figures(&read), [Some(630), Some(100), Some(30), Some(9)]);
    let usage = read.usage.unwrap();
    assert_eq!((usage.reading, usage.cache_write_1h), (Reading::Exclusive, Some(30)));
    assert_eq!(read.provider.as_deref(), Some("anthropic"));
}

#[test]
fn the_providers_own_figures_prove_an_input_with_cached_tokens() {
    let metadata = r#"{"anthropic": {"usage": {"input_tokens": 216, "cache_creation_input_tokens": 32}}}"#;
    let read = call(&[
        ("ai.model.provider", "anthropic.messages".into()),
        ("ai.response.providerMetadata", metadata.into()),
        ("gen_ai.usage.input_tokens", 248.into()),
        ("gen_ai.usage.output_tokens", 71.into()),
    ]);
    assert_eq!(figures(&read), [Some(248), None, Some(32), Some(71)]);
    assert_eq!(read.usage.unwrap().reading, Reading::ProvenInclusive);
}

#[test]
fn bedrock_up_to_5_leaves_cached_tokens_out() {
    let read = call(&[
        ("ai.model.provider", "amazon-bedrock".into()),
        (
            "ai.response.providerMetadata",
            r#"{"bedrock": {"usage": {"cacheReadInputTokens": 5, "cacheWriteInputTokens": 3}}}"#.into(),
        ),
        ("ai.usage.promptTokens", 50.into()),
        ("ai.usage.completionTokens", 9.into()),
    ]);
    assert_eq!(figures(&read), [Some(58), Some(5), Some(3), Some(9)]);
}

#[test]
fn anthropic_since_6_includes_them() {
    let read = call(&[
        ("ai.model.provider", "anthropic.messages".into()),
        ("ai.usage.inputTokens", 630.into()),
        ("ai.usage.inputTokenDetails.noCacheTokens", 500.into()),
        ("ai.usage.inputTokenDetails.cacheReadTokens", 100.into()),
        ("ai.usage.inputTokenDetails.cacheWriteTokens", 30.into()),
        ("ai.usage.outputTokens", 9.into()),
    ]);
    assert_eq!(figures(&read), [Some(630), Some(100), Some(30), Some(9)]);
    assert_eq!(read.usage.unwrap().reading, Reading::ProvenInclusive);
}

#[test]
fn the_release_decides_where_nothing_else_does() {
    for (key, named, input) in [
        ("ai.sdk.version", "6.0.326", 473),
        ("ai.request.headers.user-agent", "ai/6.0.326", 473),
        ("ai.request.headers.user-agent", "app/1.0 ai/10.0.1 runtime/node", 473),
        ("ai.request.headers.user-agent", "ai/5.0.277", 505),
        ("ai.sdk.version", "unknown", 505),
    ] {
        let read = call(&[
            ("gen_ai.system", "anthropic.messages".into()),
            (key, named.into()),
            ("gen_ai.usage.input_tokens", 473.into()),
            ("gen_ai.usage.output_tokens", 98.into()),
            ("gen_ai.usage.cache_creation.input_tokens", 32.into()),
            ("gen_ai.usage.total_tokens", 571.into()),
        ]);
        assert_eq!(figures(&read), [Some(input), None, Some(32), Some(98)], "{key}: {named}");
    }
}

#[test]
fn openai_of_4_tells_cached_tokens_in_its_metadata() {
    let read = call(&[
        ("ai.model.provider", "openai.responses".into()),
        (
            "ai.response.providerMetadata",
            r#"{"openai": {"cachedPromptTokens": 64, "reasoningTokens": 7}}"#.into(),
        ),
        ("ai.usage.promptTokens", 100.into()),
        ("ai.usage.completionTokens", 20.into()),
    ]);
    assert_eq!(figures(&read), [Some(100), Some(64), None, Some(20)]);
    assert_eq!(read.usage.unwrap().reasoning, Some(7));
}

#[test]
fn the_gateway_stands_before_a_provider_and_tells_its_price() {
    let read = call(&[
        ("ai.model.provider", "gateway".into()),
        ("ai.model.id", "anthropic/claude-sonnet-4.5".into()),
        ("ai.response.providerMetadata", r#"{"gateway": {"cost": "0.0125"}}"#.into()),
        ("ai.usage.inputTokens", 100.into()),
    ]);
    assert_eq!(read.provider.as_deref(), Some("anthropic"));
    assert_eq!(read.reported_cost.map(|cost| cost.to_string()).as_deref(), Some("0.0125"));
}

#[test]
fn embeddings_have_no_keys_of_the_conventions() {
    let read = |operation: &str| {
        let span = draft(1, 1).with("ai.operationId", operation).with("ai.usage.tokens", 8);
        VercelAi.canonical(&span.with("ai.model.id", "text-embedding-3-small").span())
    };
    let call = read("ai.embedMany.doEmbed");
    assert_eq!((call.kind, call.never_count, figures(&call)[0]), (Kind::Embedding, false, Some(8)));
    let caller = read("ai.embedMany");
    assert_eq!((caller.kind, caller.never_count), (Kind::Task, true));
}

#[test]
fn older_releases_name_the_operation_before_the_function() {
    let span = draft(1, 1).with("operation.name", "ai.generateText.doGenerate my-fn");
    let read = VercelAi.canonical(&span.with("ai.telemetry.functionId", "my-fn").span());
    assert_eq!((read.kind, read.agent.as_deref()), (Kind::Llm, Some("my-fn")));
}

#[test]
fn broken_metadata_is_passed_over() {
    for metadata in ["{", "[]", "{\"anthropic\": 7}", "{\"gateway\": {\"cost\": {}}}", "null"] {
        let read = call(&[
            ("ai.model.provider", "anthropic.messages".into()),
            ("ai.response.providerMetadata", metadata.into()),
            ("ai.usage.inputTokens", 10.into()),
        ]);
        assert_eq!(figures(&read), [Some(10), None, None, None], "{metadata}");
    }
}
