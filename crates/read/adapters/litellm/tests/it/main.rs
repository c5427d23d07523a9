//! Tests of the `LiteLLM` adapter on recordings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use quipu_adapter_litellm::Litellm;
use quipu_conformance::run_adapter;
use quipu_conformance::sample::draft;
use quipu_core::{Adapter, Kind, Message, Part, Role, Span, Value};
use quipu_recordings::{assert_tokens, claimed, facts, load};

fn texts(messages: &[Message]) -> Vec<&str> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Litellm, &["litellm--native"].map(load));
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    let claims = |key: &str| Litellm.claims(&draft(1, 1).with(key, "x").span());
    assert!(claims("litellm.call_id") && claims("metadata.user_api_key_user_id"));
    assert!(!claims("metadata.other") && !claims("gen_ai.operation.name"));
}

#[test]
fn comes_to_what_was_served() {
    let name = "litellm--native";
    let mut spans = claimed(&Litellm, name);
    // The records of the provider's answers repeat the calls above them.
    spans.retain(|span| span.name != "raw_gen_ai_request");
    let facts = facts(&spans);
    assert_tokens(name, &facts);
    let parts = (facts.tokens.cache_read, facts.tokens.cache_write, facts.tokens.reasoning);
    assert_eq!(parts, (64, 32, 18));
    assert_eq!((facts.calls, facts.failed), (5, 1));
    let calls: Vec<&Span> = spans.iter().filter(|span| span.canonical.kind == Kind::Llm).collect();
    let costs = calls.iter().filter_map(|span| span.canonical.reported_cost);
    let sum = costs.reduce(|sum, cost| sum + cost).unwrap().to_string();
    assert!(sum.starts_with("0.00214895"), "{sum}");
    let failed = calls.iter().find(|span| span.canonical.error_type.is_some()).unwrap();
    assert_eq!(failed.canonical.error_type.as_deref(), Some("RateLimitError"));
    assert_eq!(failed.canonical.response_id, None);
    assert_eq!(facts.users, ["user-42".to_owned()].into());
}

#[test]
fn the_raw_request_has_the_providers_answer() {
    let spans = claimed(&Litellm, "litellm--native");
    let raw: Vec<&Span> = spans.iter().filter(|span| span.name == "raw_gen_ai_request").collect();
    assert!(!raw.is_empty());
    for span in &raw {
        let read = &span.canonical;
        assert_eq!(read.kind, Kind::Other, "a record of usage, and no call");
        let above = spans.iter().find(|above| Some(above.span_id) == span.parent_id).unwrap();
        let figures = |usage: Option<&quipu_core::Usage>| usage.map(|usage| (usage.input, usage.output));
        if read.usage.is_some() {
            assert_eq!(figures(read.usage.as_ref()), figures(above.canonical.usage.as_ref()));
        }
    }
    assert!(raw.iter().filter(|span| span.canonical.usage.is_some()).count() >= 2);
    let answers: Vec<Message> = raw.iter().flat_map(|span| Litellm.messages(span).output).collect();
    assert!(texts(&answers).iter().all(|text| text.starts_with("It is 18 degrees")), "{answers:?}");
    assert!(texts(&answers).len() >= 2);
}

#[test]
fn tools_that_the_model_asks_for_are_shown() {
    let spans = claimed(&Litellm, "litellm--native");
    let asks = |span: &&Span| span.canonical.finish_reasons == ["tool_calls"];
    let said = Litellm.messages(spans.iter().find(asks).unwrap());
    assert!(
        matches!(&said.output[0].parts[0], Part::ToolCall { name, .. } if name == "get_weather"),
        "{said:?}"
    );
    assert_eq!(said.input[0].role, Role::User);
    assert_eq!(said.tool_definitions.len(), 1);
}

#[test]
fn users_and_guards_of_the_proxy() {
    let call = draft(1, 1)
        .with("gen_ai.operation.name", "chat")
        .with("metadata.user_api_key_end_user_id", "end")
        .with("metadata.user_api_key_user_id", "owner")
        .with("metadata.session_id", "s")
        .span();
    let read = Litellm.canonical(&call);
    assert_eq!((read.user.as_deref(), read.session.as_deref()), (Some("end"), Some("s")));
    let mut guard =
        draft(1, 2).with("guardrail_status", "guardrail_intervened").with("litellm.call_id", "c").span();
    guard.name = "guardrail".into();
    let read = Litellm.canonical(&guard);
    assert_eq!((read.kind, read.guardrail_triggered), (Kind::Guardrail, Some(true)));
}

#[test]
fn what_is_broken_is_passed_over() {
    for text in ["", "{'", "{'prompt_tokens': ", "[[[[", "{'a': 'é"] {
        let mut span = draft(1, 1).with("llm.openai.usage", text).with("llm.openai.messages", text).span();
        span.attributes.push("llm.openai.choices", text);
        span.attributes.push("metadata.usage_object", text);
        span.attributes.push("litellm.call_id", Value::Int(3));
        for name in ["raw_gen_ai_request", "litellm_request"] {
            span.name = name.into();
            assert_eq!(Litellm.canonical(&span).usage, None);
            Litellm.messages(&span);
        }
    }
}

#[test]
fn tokens_that_litellm_may_have_counted_itself_are_marked() {
    let counted = "{'completion_tokens': 10, 'prompt_tokens': 14, 'completion_tokens_details': \
        {'audio_tokens': None, 'reasoning_tokens': 0, 'text_tokens': 10}, 'prompt_tokens_details': None}";
    let sent =
        counted.replace("'prompt_tokens_details': None", "'prompt_tokens_details': {'cached_tokens': 0}");
    for (object, stream, want) in [(counted, "True", true), (counted, "False", false), (&sent, "True", false)]
    {
        let span = draft(1, 1)
            .with("litellm.call_id", "x")
            .with("gen_ai.operation.name", "chat")
            .with("gen_ai.usage.input_tokens", 14)
            .with("gen_ai.usage.output_tokens", 10)
            .with("llm.is_streaming", stream)
            .with("metadata.usage_object", object)
            .span();
        let usage = Litellm.canonical(&span).usage.unwrap();
        assert_eq!((usage.input, usage.estimated), (Some(14), want), "{object} {stream}");
    }
}
