//! Tests of the Mastra adapter on a recording, and on spans of other releases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking; its modules have no readers"
)]

use std::sync::Arc;

use quipu_adapter_mastra::Mastra;
use quipu_conformance::{run_adapter, sample::draft};
use quipu_core::{Adapter, Adapters, Canonical, Kind, Part, Role, Span};
use quipu_recordings::{assert_counts, facts, load};

const NAME: &str = "mastra--otel-exporter";

fn read() -> Vec<Span> {
    quipu_recordings::read(&Adapters::new(vec![Arc::new(Mastra)]), NAME)
}

fn of_type(kind: &str, name: &str, tokens: bool) -> Canonical {
    let mut span = draft(1, 1).with("mastra.span.type", kind).with("gen_ai.operation.name", kind);
    if tokens {
        span = span.with("gen_ai.usage.input_tokens", 5).with("gen_ai.request.model", "m");
    }
    let mut span = span.span();
    span.name = name.into();
    Mastra.canonical(&span)
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Mastra, &[load(NAME)]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    assert!(load(NAME).spans.iter().all(|span| Mastra.claims(span)));
    assert!(!Mastra.claims(&draft(1, 2).with("gen_ai.operation.name", "chat").span()));
}

#[test]
fn comes_to_what_was_served() {
    let facts = facts(&read());
    assert_counts(NAME, &facts);
    assert_eq!((facts.tokens.cache_read, facts.tokens.reasoning), (256, 28));
    assert_eq!(facts.tools[&("get_weather".to_owned(), false)], 2);
    assert!(facts.agents_run.iter().eq(["Weather agent"]));
}

#[test]
fn every_type_of_span_is_known() {
    let mut kinds: Vec<_> =
        read().iter().map(|span| (span.canonical.operation.clone().unwrap(), span.canonical.kind)).collect();
    kinds.sort();
    kinds.dedup();
    let kinds: Vec<_> = kinds.iter().map(|(operation, kind)| (operation.as_str(), *kind)).collect();
    assert_eq!(
        kinds,
        [
            ("agent_step", Kind::Task),
            ("chat", Kind::Llm),
            ("execute_tool", Kind::Tool),
            ("invoke_agent", Kind::Agent),
            ("model_chunk", Kind::Other),
            ("model_generation", Kind::Task),
        ]
    );
}

#[test]
fn a_call_has_all_that_was_sent() {
    let spans = read();
    let mut calls: Vec<_> = spans.iter().filter(|span| span.canonical.kind == Kind::Llm).collect();
    calls.sort_by_key(|span| span.start);
    let (first, second) = (&calls[0].canonical, &calls[1].canonical);
    assert_eq!(first.provider.as_deref(), Some("openai"));
    assert_eq!(
        (first.finish_reasons.as_slice(), second.finish_reasons.as_slice()),
        (&["tool_calls".into()][..], &["stop".into()][..])
    );
    // The second call repeats the time of the first call's first token, which is before its own start.
    assert!(first.time_to_first_token.is_some_and(|nanos| nanos > 0) && second.time_to_first_token.is_none());
}

#[test]
fn what_was_said_is_found_under_every_type() {
    let spans = read();
    let said = |kind: &str| {
        let span = spans.iter().find(|span| span.attributes.text("mastra.span.type") == Some(kind)).unwrap();
        Mastra.messages(span)
    };
    let agent = said("agent_run");
    let roles: Vec<_> = agent.input.iter().map(|message| message.role.clone()).collect();
    assert_eq!(roles, [Role::System, Role::User]);
    assert_eq!(agent.output[0].parts, [Part::Text("It is sunny in Paris.".to_owned())]);
    assert_eq!(agent.tool_definitions.len(), 1);
    let generation = said("model_generation");
    assert_eq!(generation.input.len(), 2);
    assert!(matches!(generation.output[0].parts[1], Part::ToolCall { .. }), "{generation:?}");
    assert!(said("tool_call").tool_result.unwrap().get("temp").is_some());
}

#[test]
fn a_generation_is_the_call_where_nothing_else_is() {
    for kind in ["model_generation", "llm_generation"] {
        assert_eq!(of_type(kind, kind, true).kind, Kind::Llm);
        assert_eq!(of_type(kind, kind, false).kind, Kind::Task);
    }
    let step = of_type("model_step", "x", true);
    assert_eq!((step.kind, step.never_count), (Kind::Task, true));
}

#[test]
fn workflows_and_steps_go_by_their_names() {
    let run = of_type("workflow_run", "invoke_workflow publish", false);
    assert_eq!((run.kind, run.workflow.as_deref()), (Kind::Workflow, Some("publish")));
    let step = of_type("workflow_step", "workflow_step review", false);
    assert_eq!((step.kind, step.step.as_deref()), (Kind::Task, Some("review")));
    assert_eq!(of_type("mcp_tool_call", "x", false).kind, Kind::Tool);
    assert_eq!(of_type("rag_embedding", "x", false).kind, Kind::Embedding);
}

#[test]
fn owners_are_in_the_metadata() {
    let span = draft(1, 1).with("mastra.metadata.sessionId", "s").with("mastra.metadata.userId", "u");
    let read = Mastra.canonical(&span.with("mastra.tags", "[\"a\"]").span());
    assert_eq!((read.session.as_deref(), read.user.as_deref()), (Some("s"), Some("u")));
    assert_eq!(read.tags, ["a"]);
}
