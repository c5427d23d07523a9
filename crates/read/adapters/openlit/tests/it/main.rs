//! Tests of the `OpenLIT` adapter on recordings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use quipu_adapter_openlit::Openlit;
use quipu_conformance::run_adapter;
use quipu_conformance::sample::draft;
use quipu_core::{Adapter, Kind, Meeting, Message, Part, Role, SpanKind, Status};
use quipu_recordings::{claimed, facts, load, want};

fn texts(messages: &[Message]) -> Vec<&str> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None }).collect()
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Openlit, &["openai--openlit", "langgraph--openlit"].map(load));
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    let claims = |key: &str, value: &str| Openlit.claims(&draft(1, 1).with(key, value).span());
    assert!(claims("telemetry.sdk.name", "openlit"));
    assert!(!claims("telemetry.sdk.name", "opentelemetry") && !claims("gen_ai.operation.name", "chat"));
}

#[test]
fn a_provider_comes_to_what_it_counted_and_estimates_are_apart() {
    let spans = claimed(&Openlit, "openai--openlit");
    let facts = facts(&spans);
    let truth = &want("openai--openlit")["tokens"];
    assert_eq!(Some(facts.tokens.input), truth["input"].as_u64());
    assert_eq!(Some(facts.tokens.output), truth["output"].as_u64());
    assert_eq!((facts.tokens.cache_read, facts.calls, facts.failed), (64, 7, 2));
    let estimates = spans.iter().filter_map(|span| span.canonical.estimate.as_ref());
    let estimated: Vec<_> = estimates.map(|estimate| estimate.input.expected).collect();
    assert_eq!(estimated, [20], "OpenLIT counts a token for two characters");
    assert_eq!(facts.users, ["user-42".to_owned()].into());
}

#[test]
fn repeats_beside_the_calls_never_count() {
    let spans = claimed(&Openlit, "langgraph--openlit");
    let facts = facts(&spans);
    assert_eq!((facts.calls, facts.failed), (13, 1));
    let tools = [(("book_table".to_owned(), true), 1), (("get_weather".to_owned(), false), 2)];
    assert_eq!(facts.tools, tools.into());
    assert_eq!(facts.sessions, ["thread-7".to_owned()].into());
    // Figures that the provider did not count are estimates, and no others.
    assert_eq!(spans.iter().filter(|span| span.canonical.estimate.is_some()).count(), 4);
    let usages = spans.iter().filter(|span| span.canonical.kind == Kind::Llm);
    let usages = usages.filter_map(|span| span.canonical.usage.as_ref());
    let sum = usages.fold((0, 0), |sum, usage| (sum.0 + usage.input.unwrap(), sum.1 + usage.output.unwrap()));
    assert_eq!(sum, (1278, 372));
}

#[test]
fn shows_what_was_said() {
    let spans = claimed(&Openlit, "openai--openlit");
    let call = spans.iter().find(|span| span.canonical.finish_reasons == ["stop"]).unwrap();
    let said = Openlit.messages(call);
    assert_eq!(said.input[0].role, Role::System);
    assert_eq!(texts(&said.output), ["It is 18 degrees and sunny in Paris. Bring a light jacket."]);
}

#[test]
fn anthropics_input_leaves_cached_tokens_out() {
    let mut span =
        draft(1, 1).with("gen_ai.operation.name", "chat").with("gen_ai.provider.name", "anthropic").span();
    span.scope = std::sync::Arc::new(quipu_core::Scope {
        name: "openlit.instrumentation.anthropic".into(),
        ..quipu_core::Scope::default()
    });
    for (key, count) in [("input_tokens", 100), ("output_tokens", 5), ("cache_read.input_tokens", 60)] {
        span.attributes.push(format!("gen_ai.usage.{key}"), count);
    }
    assert_eq!(Openlit.canonical(&span).usage.unwrap().input, Some(160));
}

#[test]
fn a_failed_call_is_told_by_its_spans_name() {
    let mut span = draft(1, 1).with("telemetry.sdk.name", "openlit").span();
    span.name = "chat claude-sonnet-4-5".into();
    (span.kind, span.status) = (SpanKind::Client, Status::Error);
    let read = Openlit.canonical(&span);
    assert_eq!((read.kind, read.request_model.as_deref()), (Kind::Llm, Some("claude-sonnet-4-5")));
    span.kind = SpanKind::Internal;
    assert_eq!(Openlit.canonical(&span).kind, Kind::Other);
}

#[test]
fn guards_say_whether_they_stopped_something() {
    let guard = |key: &str, value: &str| {
        let span = draft(1, 1)
            .with("telemetry.sdk.name", "openlit")
            .with("guard.name", "pii")
            .with(key, value)
            .span();
        let read = Openlit.canonical(&span);
        (read.kind, read.guardrail_triggered)
    };
    assert_eq!(guard("guard.action", "deny"), (Kind::Guardrail, Some(true)));
    assert_eq!(guard("guard.verdict", "none"), (Kind::Guardrail, Some(false)));
    assert_eq!(guard("guard.phase", "input"), (Kind::Guardrail, None));
}

#[test]
fn a_guardrail_of_openais_agents_is_no_agent() {
    let read = |triggered: Option<bool>| {
        let mut span = draft(1, 1)
            .with("telemetry.sdk.name", "openlit")
            .with("gen_ai.operation.name", "invoke_agent")
            .with("gen_ai.agent.name", "no_secrets")
            .span();
        triggered.into_iter().for_each(|flag| span.attributes.push("gen_ai.guardrail.triggered", flag));
        let read = Openlit.canonical(&span);
        (read.kind, read.agent.map(String::from), read.guardrail_triggered)
    };
    assert_eq!(read(Some(true)), (Kind::Guardrail, None, Some(true)));
    assert_eq!(read(None), (Kind::Agent, Some("no_secrets".to_owned()), None));
}

#[test]
fn a_call_without_a_trace_around_it_meets_its_log_record() {
    let read_with = |id: &str, below: Option<u64>, signal: &str| {
        let draft = draft(1, 1)
            .with("telemetry.sdk.name", "openlit")
            .with("gen_ai.operation.name", "chat")
            .with("quipu.signal", signal)
            .with("gen_ai.response.id", id);
        let span = below.into_iter().fold(draft, |draft, parent| draft.below(parent)).span();
        Openlit.canonical(&span).meeting
    };
    let read = |below, signal| read_with("resp-1", below, signal);
    let meeting = read(None, "span");
    assert!(meeting.is_some());
    assert_eq!(meeting, read(None, "details"));
    assert_eq!(read(Some(2), "span"), None);
    // The span of another instrumentation is found by a unique id at any place.
    let read = |below, signal| read_with("chatcmpl-9f8e7d6c5b4a", below, signal);
    let meeting = Some(Meeting::of_answer("chatcmpl-9f8e7d6c5b4a", draft(1, 1).span().start));
    assert_eq!([read(None, "span"), read(Some(2), "span"), read(None, "details")], [meeting; 3]);
}

#[test]
fn what_is_broken_is_passed_over() {
    for text in ["", "[", "{}", "[1]", "[{\"parts\": 3}]", "[{\"parts\": [{\"type\": \"text\"}]}]"] {
        let span = draft(1, 1)
            .with("telemetry.sdk.name", "openlit")
            .with("gen_ai.operation.name", "chat")
            .with("gen_ai.usage.input_tokens", 5)
            .with("gen_ai.usage.output_tokens", 7)
            .with("gen_ai.output.messages", text)
            .span();
        let read = Openlit.canonical(&span);
        assert!(read.usage.is_some() && read.estimate.is_none());
        Openlit.messages(&span);
    }
}

#[test]
fn a_nameless_run_within_another_is_a_step_and_no_agent() {
    let read = |key: &str| {
        let span = draft(1, 2)
            .with("telemetry.sdk.name", "openlit")
            .with("gen_ai.operation.name", "invoke_agent")
            .with(key, "Researcher");
        let mut span = span.span();
        span.parent_id = quipu_core::SpanId::from_bytes([7; 8]).ok();
        Openlit.canonical(&span).kind
    };
    assert_eq!(read("gen_ai.agent.name"), Kind::Agent);
    assert_eq!(read("gen_ai.agent.id"), Kind::Agent);
    assert_eq!(read("gen_ai.output.type"), Kind::Task);
}
