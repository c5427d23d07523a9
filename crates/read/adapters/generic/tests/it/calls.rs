//! Tests of model calls, by single figures and by a provider's answer.

use quipu_adapter_generic::Generic;
use quipu_core::{Adapter, Kind, Reading};
use quipu_unread::is_unread;

use crate::{read, span};

#[test]
fn single_figures_with_a_model_are_a_call() {
    let read = read(&[
        ("acme.llm.modelName", "gpt-4o-mini".into()),
        ("acme.llm.promptTokens", 118.into()),
        ("acme.llm.completionTokens", "43".into()),
        ("acme.llm.cachedTokens", 64.into()),
        ("acme.llm.totalTokens", 161.into()),
        ("acme.llm.answer_id", "chatcmpl-7".into()),
        ("acme.llm.maxTokens", 4096.into()),
        ("session.id", "s1".into()),
    ]);
    let usage = read.usage.clone().unwrap();
    assert_eq!((read.kind, read.convention.as_str()), (Kind::Llm, "generic"));
    assert_eq!((usage.input, usage.output, usage.cache_read), (Some(118), Some(43), Some(64)));
    assert_eq!(usage.reading, Reading::ProvenInclusive);
    assert_eq!(
        (read.provider.as_deref(), read.model().map(|model| model.as_str())),
        (Some("openai"), Some("gpt-4o-mini"))
    );
    assert_eq!((read.response_id.as_deref(), read.session.as_deref()), (Some("chatcmpl-7"), Some("s1")));
    assert!(read.meeting.is_some(), "another record of this call may be in another trace");
    assert_eq!(is_unread(&read), None);
}

#[test]
fn a_model_can_be_a_named_entity_of_that_type() {
    let read = read(&[
        ("entity.1.type", "inference.openai".into()),
        ("entity.1.name", "gateway".into()),
        ("entity.2.type", "model.llm.gpt-4o".into()),
        ("entity.2.name", "gpt-4o".into()),
        ("usage.prompt_tokens", 214.into()),
        ("usage.completion_tokens", 24.into()),
    ]);
    assert_eq!((read.kind, read.request_model.as_deref()), (Kind::Llm, Some("gpt-4o")), "{:?}", read.notes);
}

#[test]
fn a_span_that_states_its_kind_and_model_is_a_call_without_usage() {
    let entity = |kind: &str, model: &str| {
        read(&[
            ("span.type", kind.into()),
            ("entity.1.type", "inference.openai".into()),
            ("entity.2.type", format!("model.llm.{model}").into()),
            ("entity.2.name", model.into()),
        ])
    };
    let failed = entity("inference", "gpt-4o");
    let told = (failed.kind, failed.usage.as_ref(), failed.request_model.as_deref());
    assert_eq!(told, (Kind::Llm, None, Some("gpt-4o")), "{:?}", failed.notes);
    assert_eq!(is_unread(&failed), None);
    assert_eq!(entity("inference", "my-own-model").kind, Kind::Llm, "the source says that it is a model");
    assert_eq!(entity("embedding", "text-embedding-3-small").kind, Kind::Embedding);
    let own = read(&[("type", "generation".into()), ("acme.model", "gpt-4o".into())]);
    assert_eq!((own.kind, own.usage), (Kind::Llm, None));
    let both =
        [("type", "llm".into()), ("acme.model", "gpt-4o".into()), ("acme.response.model", "gpt-4o-1".into())];
    assert_eq!(read(&both).model().map(|model| model.as_str()), Some("gpt-4o-1"));
}

#[test]
fn every_providers_answer_is_a_call() {
    for (answer, input, output, provider) in [
        (
            r#"{"id": "chatcmpl-1", "model": "gpt-4o", "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}}"#,
            100,
            20,
            "openai",
        ),
        (
            r#"{"id": "resp_1", "model": "gpt-5", "usage": {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120, "output_tokens_details": {"reasoning_tokens": 7}}}"#,
            100,
            20,
            "openai",
        ),
        (
            r#"{"id": "msg_1", "model": "claude-sonnet-4-5", "usage": {"input_tokens": 40, "cache_read_input_tokens": 60, "output_tokens": 20}}"#,
            100,
            20,
            "anthropic",
        ),
        (
            r#"{"responseId": "x", "modelVersion": "gemini-2.5-flash", "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 15, "thoughtsTokenCount": 5, "totalTokenCount": 120}}"#,
            100,
            20,
            "gcp.gemini",
        ),
        (
            r#"{"id": "c", "model": "mistral-large-2512", "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}}"#,
            100,
            20,
            "mistral_ai",
        ),
        (
            r#"{"model": "llama3.1", "created_at": "now", "prompt_eval_count": 100, "eval_count": 20, "eval_duration": 5}"#,
            100,
            20,
            "ollama",
        ),
        (
            r#"{"id": "c", "usage": {"billed_units": {"input_tokens": 100, "output_tokens": 20}, "tokens": {"input_tokens": 170, "output_tokens": 22}}}"#,
            100,
            20,
            "cohere",
        ),
    ] {
        let read = read(&[("shop.llm.response", answer.into())]);
        let usage = read.usage.unwrap();
        assert_eq!(
            (read.kind, usage.input, usage.output),
            (Kind::Llm, Some(input), Some(output)),
            "{answer}"
        );
        assert_eq!(read.provider.as_deref(), Some(provider), "{answer}");
    }
    let bedrock = read(&[
        ("shop.result", r#"{"output": {"message": {}}, "usage": {"inputTokens": 40, "cacheReadInputTokens": 60, "outputTokens": 20, "totalTokens": 120}}"#.into()),
        ("shop.modelId", "us.anthropic.claude-sonnet-4-5".into()),
    ]);
    assert_eq!((bedrock.usage.unwrap().input, bedrock.provider.as_deref()), (Some(100), Some("aws.bedrock")));
}

#[test]
fn an_embedding_has_input_alone() {
    let answer = r#"{"object": "list", "model": "text-embedding-3-small", "usage": {"prompt_tokens": 15, "total_tokens": 15}}"#;
    let read = read(&[("acme.response", answer.into())]);
    assert_eq!((read.kind, read.usage.unwrap().input), (Kind::Embedding, Some(15)));
}

#[test]
fn the_key_of_an_object_says_that_its_figures_are_tokens() {
    let tokens = r#"{"total": 200, "input": 40, "output": 20, "cache": {"read": 110, "write": 30}}"#;
    let steps = |key: &'static str| read(&[("modelID", "claude-sonnet-4-5".into()), (key, tokens.into())]);
    for key in ["tokens", "step.tokens"] {
        let usage = steps(key).usage.unwrap();
        let cached = (usage.cache_read, usage.cache_write);
        assert_eq!(
            (usage.input, usage.output, cached),
            (Some(180), Some(20), (Some(110), Some(30))),
            "{key}"
        );
    }
    assert!(!Generic.claims(&span(&[("modelID", "gpt-4o".into()), ("step.sizes", tokens.into())])));
}

#[test]
fn the_same_usage_told_twice_is_one() {
    let answer = r#"{"id": "msg_1", "model": "claude-haiku-4-5", "usage": {"input_tokens": 40, "cache_read_input_tokens": 30, "output_tokens": 20}}"#;
    let read = read(&[
        ("acme.model", "claude-haiku-4-5".into()),
        ("acme.tokens.input", 40.into()),
        ("acme.tokens.output", 20.into()),
        ("acme.response", answer.into()),
    ]);
    let usage = read.usage.unwrap();
    assert_eq!((usage.input, usage.cache_read, usage.output), (Some(70), Some(30), Some(20)));
}

#[test]
fn the_lens_names_the_attribute_and_no_contents() {
    let answer =
        r#"{"usage": {"prompt_tokens": 9, "completion_tokens": 2}, "choices": [{"text": "a secret"}]}"#;
    let span = span(&[("acme.answer", answer.into())]);
    let read = Generic.canonical(&span);
    assert!(
        read.notes[0].contains("read by shape") && read.notes[0].contains("`acme.answer`"),
        "{:?}",
        read.notes
    );
    let lens = Generic.lens(&span, &read);
    let input = lens.lines.iter().find(|line| line.field == "input").unwrap();
    assert_eq!(input.key.as_deref(), Some("acme.answer"));
    assert!(!format!("{lens:?}{:?}", read.notes).contains("a secret"));
}

#[test]
fn sums_of_metrics_on_a_parent_are_no_call() {
    let point = |kind: &str, total: u64| {
        format!(
            r#"{{"attributes": {{"gen_ai.request.model": "gpt-4o", "gen_ai.token.type": "{kind}"}}, "total": {total}}}"#
        )
    };
    let metrics = format!(
        r#"{{"gen_ai.client.token.usage": {{"details": [{}, {}], "total": 256}}, "operation.cost": {{"details": [{{"attributes": {{"gen_ai.response.model": "gpt-4o"}}, "total": 0.00085}}], "total": 0.00085}}}}"#,
        point("input", 228),
        point("output", 28)
    );
    let parent = span(&[("logfire.span_type", "span".into()), ("logfire.metrics", metrics.as_str().into())]);
    assert!(!Generic.claims(&parent));
    let usage = r#"{"model": "gpt-4o", "usage": {"prompt_tokens": 9, "completion_tokens": 2}}"#;
    let with_answer = read(&[("logfire.metrics", metrics.as_str().into()), ("answer", usage.into())]);
    assert_eq!(with_answer.usage.unwrap().input, Some(9));
}

#[test]
fn plain_keys_are_decided_by_their_total() {
    let read_plain = |model: &str, total: Option<(&str, i64)>| {
        let mut attributes = vec![
            ("model", model.into()),
            ("input_tokens", 100.into()),
            ("output_tokens", 20.into()),
            ("cache_read_tokens", 60.into()),
        ];
        attributes.extend(total.map(|(key, total)| (key, total.into())));
        let read = read(&attributes);
        assert!(read.notes.iter().any(|note| note.starts_with("read by shape")), "{:?}", read.notes);
        let usage = read.usage.unwrap();
        (usage.input.unwrap(), usage.output.unwrap(), usage.reading)
    };
    for key in ["total_tokens", "total_token_count"] {
        assert_eq!(read_plain("gpt-4o", Some((key, 120))), (100, 20, Reading::ProvenInclusive), "{key}");
        assert_eq!(read_plain("claude-sonnet-4-5", Some((key, 120))), (100, 20, Reading::ProvenInclusive));
        assert_eq!(read_plain("gpt-4o", Some((key, 180))), (160, 20, Reading::ProvenExclusive), "{key}");
    }
    assert_eq!(read_plain("gpt-4o", None), (100, 20, Reading::Inferred));
    assert_eq!(read_plain("claude-sonnet-4-5", None), (160, 20, Reading::Exclusive));
}

#[test]
fn an_answer_from_a_cache_is_no_billed_call() {
    let call = |hit: &str| {
        read(&[
            ("acme.model", "gpt-4o".into()),
            ("acme.tokens.in", 100.into()),
            ("acme.tokens.out", 20.into()),
            ("acme.response.cached", hit.into()),
        ])
    };
    assert!(call("true").never_count && call("true").kind == Kind::Llm);
    assert!(!call("false").never_count);
}
