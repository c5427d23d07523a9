//! Tests of values besides tokens in recordings: models, providers, pace, ends, errors.

use quipu_core::{Canonical, Kind, Reading};

use crate::recording;

/// The canonical values of the spans of one kind, by their start.
fn read(recording: &str, kind: Kind) -> Vec<Canonical> {
    let mut spans = recording::spans(recording);
    spans.retain(|span| span.canonical.kind == kind);
    spans.sort_by_key(|span| span.start);
    spans.into_iter().map(|span| *span.canonical).collect()
}

#[test]
fn models_and_providers_have_one_spelling() {
    for (recording, provider, asked, answered) in [
        ("openai--openinference", "openai", Some("gpt-4o-mini"), Some("gpt-4o-mini-2024-07-18")),
        ("openai--openllmetry", "openai", Some("gpt-4o-mini"), Some("gpt-4o-mini-2024-07-18")),
        ("openai--otel-contrib-v2--latest", "openai", Some("gpt-4o-mini"), Some("gpt-4o-mini-2024-07-18")),
        (
            "anthropic--openllmetry",
            "anthropic",
            Some("claude-sonnet-4-5"),
            Some("claude-sonnet-4-5-20250929"),
        ),
        ("ollama--openllmetry", "ollama", Some("llama3.1"), Some("llama3.1")),
        ("google-genai--openinference", "gcp.gemini", None, Some("gemini-2.5-flash")),
        ("google-adk--native", "gcp.gemini", Some("gemini-2.5-flash"), None),
        ("strands--native", "openai", Some("gpt-4o-mini"), None),
    ] {
        let call = &read(recording, Kind::Llm)[0];
        assert_eq!(call.provider.as_deref(), Some(provider), "{recording}");
        assert_eq!(call.request_model.as_deref(), asked, "{recording}");
        assert_eq!(call.response_model.as_deref(), answered, "{recording}");
    }
}

#[test]
fn every_call_names_its_framework_and_convention() {
    for (recording, convention, framework) in [
        ("langgraph--openinference", "openinference", "langgraph"),
        ("langgraph-js--openinference", "openinference", "langgraph"),
        ("langgraph--openllmetry", "openllmetry", "langgraph"),
        ("smolagents--openinference", "openinference", "smolagents"),
        ("openai-agents--openinference", "openinference", "openai-agents"),
        ("openai-agents--logfire", "genai", "openai-agents"),
        ("openai-node--traceloop", "openllmetry", "openai"),
        ("openai--otel-contrib-v2", "genai", "openai"),
        ("google-adk--native", "genai", "google-adk"),
        ("ms-agent-framework--native", "genai", "ms-agent-framework"),
        ("semantic-kernel--native", "genai", "semantic-kernel"),
        ("strands--native", "genai", "strands"),
        ("pydantic-ai--logfire", "genai", "pydantic-ai"),
        ("litellm--native", "genai", "litellm"),
        ("claude-code", "genai", "claude-code"),
    ] {
        let call = &read(recording, Kind::Llm)[0];
        assert_eq!(
            (call.convention.as_str(), call.framework.as_deref()),
            (convention, Some(framework)),
            "{recording}"
        );
    }
}

#[test]
fn ends_and_errors_have_common_words() {
    let calls = read("openai--openinference", Kind::Llm);
    assert_eq!(calls[0].finish_reasons, ["tool_calls"]);
    assert_eq!(calls[1].finish_reasons, ["stop"]);
    assert_eq!(calls[4].error_type.as_deref(), Some("openai.RateLimitError"));
    let calls = read("openai--otel-contrib-v2", Kind::Llm);
    assert_eq!(calls[4].error_type.as_deref(), Some("openai.RateLimitError"));
    let calls = read("semantic-kernel--native", Kind::Llm);
    assert_eq!(calls[0].finish_reasons, ["tool_calls"]);
    let calls = read("google-genai--openinference", Kind::Llm);
    assert_eq!(calls[0].finish_reasons, ["stop"]);
}

#[test]
fn the_first_token_is_timed_in_nanoseconds() {
    let said = read("anthropic--openinference", Kind::Llm);
    assert!(said.iter().any(|call| call.time_to_first_token == Some(334_527_899)), "seconds");
    assert_eq!(
        read("strands--native", Kind::Llm)[0].time_to_first_token,
        Some(1_312_000_000),
        "milliseconds"
    );
    assert_eq!(
        read("claude-agent-sdk--native", Kind::Llm)[0].time_to_first_token,
        Some(53_000_000),
        "milliseconds"
    );
    for recording in ["openai--openinference", "openai--openllmetry"] {
        let streamed = &read(recording, Kind::Llm)[2];
        assert_eq!(streamed.params.stream, Some(true), "{recording}");
        assert!(
            streamed.time_to_first_token.is_some_and(|nanos| nanos > 0),
            "{recording}: from the first event"
        );
    }
}

#[test]
fn parameters_are_read_from_keys_and_from_json() {
    for recording in ["openai--openinference", "openai--openllmetry", "openai--otel-contrib-v2"] {
        let params = &read(recording, Kind::Llm)[0].params;
        assert_eq!((params.max_tokens, params.temperature), (Some(200), Some(0.2)), "{recording}");
    }
}

#[test]
fn answers_are_known_by_the_providers_id() {
    for recording in
        ["openai--openinference", "openai--openllmetry", "openai--otel-contrib-v2", "litellm--native"]
    {
        let ids: Vec<_> =
            read(recording, Kind::Llm).into_iter().filter_map(|call| call.response_id).collect();
        assert!(ids.iter().any(|id| id == "chatcmpl-mock0001"), "{recording}: {ids:?}");
    }
    let ids: Vec<_> =
        read("anthropic--openinference", Kind::Llm).into_iter().filter_map(|call| call.response_id).collect();
    assert_eq!(ids.iter().filter(|id| *id == "msg_mock0004").count(), 2, "both instrumentations of one call");
}

#[test]
fn reported_cost_and_service_tier_are_kept() {
    let call = &read("litellm--native", Kind::Llm)[0];
    assert_eq!(call.reported_cost.map(|cost| cost.to_string()).as_deref(), Some("0.000032699999999999995"));
    assert_eq!(call.service_tier.as_deref(), Some("default"));
    assert_eq!(
        read("pydantic-ai--logfire", Kind::Llm)[0].reported_cost.map(|cost| cost.to_string()).as_deref(),
        Some("0.0005725")
    );
    assert_eq!(read("openai--openlit", Kind::Llm)[0].reported_cost, None, "zero stands for no price there");
}

#[test]
fn inclusion_of_cached_tokens_is_known_or_proven() {
    let readings = |recording| -> Vec<_> {
        read(recording, Kind::Llm)
            .iter()
            .filter_map(|call| call.usage.as_ref().map(|usage| usage.reading))
            .collect()
    };
    assert!(readings("claude-agent-sdk--native").iter().all(|reading| *reading == Reading::Exclusive));
    assert!(readings("claude-code").iter().all(|reading| *reading == Reading::ProvenExclusive));
    assert!(readings("openai--openllmetry").contains(&Reading::ProvenInclusive));
}

#[test]
fn users_tags_and_tool_calls() {
    assert_eq!(read("openai--openllmetry", Kind::Llm)[0].user.as_deref(), Some("user-42"));
    assert_eq!(read("openai--openinference", Kind::Llm)[0].user.as_deref(), Some("user-42"));
    assert_eq!(read("langgraph--openinference", Kind::Llm)[0].tags, ["demo"]);
    assert_eq!(read("google-adk--native", Kind::Tool)[0].tool_call_id.as_deref(), Some("fc00010"));
    let failed = read("google-adk--native", Kind::Tool)
        .into_iter()
        .find(|tool| tool.tool.as_deref() == Some("broken_tool"));
    assert_eq!(failed.unwrap().tool_call_id, None, "a placeholder is no id");
}

#[test]
fn roll_ups_of_a_whole_lifetime_never_count() {
    assert!(read("strands--native", Kind::Agent).iter().all(|agent| agent.never_count));
    assert!(read("strands--native", Kind::Agent).iter().any(|agent| agent.usage.is_some()));
    assert!(read("pydantic-ai--logfire", Kind::Agent).iter().all(|agent| agent.never_count));
    assert!(read("ms-agent-framework--native", Kind::Agent).iter().all(|agent| !agent.never_count));
}
