//! Tests of the OpenAI Agents SDK with several instrumentations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking; its modules have no readers"
)]

use std::sync::Arc;

use quipu_adapter_genai::GenAi;
use quipu_adapter_logfire::Logfire;
use quipu_adapter_openai_agents::OpenaiAgents;
use quipu_adapter_openinference::OpenInference;
use quipu_adapter_openllmetry::OpenLlmetry;
use quipu_conformance::{run_enricher, sample::draft};
use quipu_core::{Adapter, Adapters, Canonical, Kind, Scope, Span, Value};
use quipu_recordings::{assert_counts, facts, load};

const OPENINFERENCE: &str = "openai-agents--openinference";
const LOGFIRE: &str = "openai-agents--logfire";

fn adapters() -> Adapters {
    Adapters::new(vec![
        Arc::new(OpenaiAgents),
        Arc::new(Logfire),
        Arc::new(OpenInference),
        Arc::new(OpenLlmetry),
        Arc::new(GenAi),
    ])
}

fn read(name: &str) -> Vec<Span> {
    quipu_recordings::read(&adapters(), name)
}

fn read_one(scope: &str, name: &str, attributes: &[(&str, Value)]) -> Canonical {
    let mut draft = draft(1, 1);
    for (key, value) in attributes {
        draft = draft.with(key, value.clone());
    }
    let mut span = draft.span();
    span.name = name.into();
    span.scope = Arc::new(Scope { name: scope.into(), version: "2.4b0".into(), ..Scope::default() });
    adapters().read(&mut span);
    *span.canonical
}

#[test]
fn obeys_every_law_behind_two_readers() {
    for (reader, name) in [(&OpenInference as &dyn Adapter, OPENINFERENCE), (&Logfire, LOGFIRE)] {
        let report = run_enricher(reader, &OpenaiAgents, &[load(name)]);
        assert!(report.failed().is_empty(), "{name}: {report}");
    }
}

#[test]
fn claims_nothing() {
    for name in [OPENINFERENCE, LOGFIRE] {
        assert!(!load(name).spans.iter().any(|span| OpenaiAgents.claims(span)), "{name}");
    }
}

#[test]
fn comes_to_what_was_served() {
    for name in [OPENINFERENCE, LOGFIRE] {
        let facts = facts(&read(name));
        assert_counts(name, &facts);
        assert_eq!(facts.told, 7, "{name}: the failed call is one too");
        assert_eq!(facts.tools[&("broken_tool".to_owned(), true)], 1, "{name}");
        assert_eq!(facts.tools[&("get_weather".to_owned(), false)], 2, "{name}");
        assert_eq!(
            facts.agents_run.iter().collect::<Vec<_>>(),
            ["Breaker", "Failer", "Triage", "Weather expert"],
            "{name}"
        );
    }
}

#[test]
fn every_run_is_a_workflow_and_every_handoff_is_told() {
    for name in [OPENINFERENCE, LOGFIRE] {
        let spans = read(name);
        for root in spans.iter().filter(|span| span.parent_id.is_none()) {
            let read = &root.canonical;
            assert_eq!(
                (read.kind, read.workflow.as_deref()),
                (Kind::Workflow, Some("Weather workflow")),
                "{name}"
            );
            assert_eq!(read.agent, None, "{name}");
        }
        let handoffs: Vec<_> = spans.iter().filter(|span| span.canonical.handoff_to.is_some()).collect();
        assert_eq!(handoffs.len(), 1, "{name}");
        let read = &handoffs[0].canonical;
        assert_eq!((read.kind, read.tool.as_deref()), (Kind::Task, None), "{name}");
        assert_eq!(read.handoff_from.as_deref(), Some("Triage"), "{name}");
        assert_eq!(read.handoff_to.as_deref(), Some("Weather expert"), "{name}");
    }
}

#[test]
fn the_stand_in_for_no_agent_is_dropped() {
    let scope = "opentelemetry.instrumentation.openai_agents";
    let on = |operation: &str| {
        read_one(
            scope,
            "x",
            &[("gen_ai.operation.name", operation.into()), ("gen_ai.agent.name", "OpenAI Agent".into())],
        )
    };
    assert_eq!((on("chat").kind, on("chat").agent), (Kind::Llm, None));
    assert_eq!((on("unknown").kind, on("unknown").agent), (Kind::Task, None));
    assert_eq!(on("invoke_agent").agent.as_deref(), Some("OpenAI Agent"));
}

#[test]
fn an_unknown_agent_is_none() {
    let attributes = [
        ("traceloop.span.kind", "task".into()),
        ("gen_ai.operation.name", "handoff".into()),
        ("gen_ai.handoff.from_agent", "Triage".into()),
        ("gen_ai.handoff.to_agent", "unknown".into()),
    ];
    let read =
        read_one("opentelemetry.instrumentation.openai_agents", "Triage → unknown.handoff", &attributes);
    assert_eq!(
        (read.kind, read.handoff_from.as_deref(), read.handoff_to),
        (Kind::Task, Some("Triage"), None)
    );
}

#[test]
fn odd_handoffs_do_no_harm() {
    let scope = "openinference.instrumentation.openai_agents";
    for value in ["", "{\"a\": 1}", "[1", &"x".repeat(5_000)] {
        let attributes = [
            ("openinference.span.kind", "TOOL".into()),
            ("input.value", value.into()),
            ("output.value", value.into()),
        ];
        let read = read_one(scope, "handoff to B", &attributes);
        assert_eq!(
            (read.kind, read.handoff_from, read.handoff_to.as_deref()),
            (Kind::Task, None, Some("B")),
            "{value}"
        );
    }
    assert_eq!(
        read_one(scope, "handoff to ", &[("openinference.span.kind", "TOOL".into())]).handoff_to,
        None
    );
}
