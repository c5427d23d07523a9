//! Tests on OpenInference recordings of CrewAI, and on spans of its own tracing and of OpenLLMetry, built
//! from their sources.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use quipu_adapter_crewai::Crewai;
use quipu_adapter_genai::GenAi;
use quipu_adapter_openinference::OpenInference;
use quipu_adapter_openllmetry::OpenLlmetry;
use quipu_conformance::{Enriched, sample::draft};
use quipu_core::{Adapter, Canonical, Kind, Scope, Span};
use quipu_recordings::{assert_laws, assert_owners, enriched, of_kind, steps, workflows};

const RECORDING: &str = "crewai--openinference";

fn native(name: &str, attributes: &[(&str, &str)]) -> Canonical {
    of_scope("crewai", name, attributes, &GenAi)
}

fn of_scope(scope: &str, name: &str, attributes: &[(&str, &str)], reader: &dyn Adapter) -> Canonical {
    let mut span = draft(1, 1).named(name).span();
    span.attributes = attributes.iter().copied().collect();
    span.scope = std::sync::Arc::new(Scope { name: scope.into(), ..Scope::default() });
    assert!(reader.claims(&span), "{name}");
    Enriched { reader, enricher: &Crewai }.canonical(&span)
}

fn spans() -> Vec<Span> {
    enriched(RECORDING, &[&OpenInference], &Crewai)
}

#[test]
fn obeys_every_law() {
    // The calls belong to the library below and not to this framework.
    assert_laws(&OpenInference, &Crewai, &[RECORDING]);
}

#[test]
fn crews_are_workflows_and_tasks_steps() {
    let spans = spans();
    assert_owners(RECORDING, &spans, &[]);
    assert_eq!(workflows(&spans), BTreeSet::from(["BreakCrew", "BriefCrew", "FailCrew"]));
    assert_eq!(steps(&spans), BTreeSet::from(["break", "fail", "research", "write"]));
    let agents: Vec<_> = of_kind(&spans, Kind::Agent)
        .map(|span| (span.canonical.agent.as_deref().unwrap(), span.canonical.step.as_deref().unwrap()))
        .collect();
    assert_eq!(
        agents,
        [("Researcher", "research"), ("Writer", "write"), ("Breaker", "break"), ("Failer", "fail")]
    );
}

#[test]
fn delegation_is_a_hand_off() {
    let spans = spans();
    let handoffs: Vec<_> = spans.iter().filter_map(|span| span.canonical.handoff_to.as_deref()).collect();
    assert_eq!(handoffs, ["Researcher"]);
}

#[test]
fn native_spans_name_crew_task_and_role() {
    let crew = native(
        "execute crew",
        &[
            ("gen_ai.operation.name", "invoke_workflow"),
            ("gen_ai.workflow.name", "BriefCrew"),
            ("crewai.event_name", "crew_kickoff_started"),
            ("crewai.crew.usage_metrics", r#"{"total_tokens": 10, "prompt_tokens": 7}"#),
        ],
    );
    assert_eq!((crew.kind, crew.workflow.as_deref()), (Kind::Workflow, Some("BriefCrew")));
    assert!(crew.usage.is_none() && crew.never_count);
    let task = native(
        "execute task",
        &[
            ("gen_ai.operation.name", "execute_task"),
            ("crewai.event_name", "task_started"),
            ("crewai.task.id", "1"),
            ("crewai.task.name", "research"),
        ],
    );
    assert_eq!((task.kind, task.step.as_deref()), (Kind::Task, Some("research")));
    let agent = native(
        "execute agent",
        &[
            ("gen_ai.operation.name", "invoke_agent"),
            ("gen_ai.agent.name", "9123c9740bed2533"),
            ("crewai.agent.role", "Researcher"),
        ],
    );
    assert_eq!((agent.kind, agent.agent.as_deref()), (Kind::Agent, Some("Researcher")));
    let method = native(
        "call method",
        &[
            ("gen_ai.operation.name", "execute_method"),
            ("crewai.method.name", "begin"),
            ("crewai.flow.name", "F"),
        ],
    );
    assert_eq!(
        (method.kind, method.step.as_deref(), method.workflow.as_deref()),
        (Kind::Task, Some("begin"), Some("F"))
    );
}

#[test]
fn native_spans_without_an_operation_are_told_by_their_event() {
    let guardrail = native(
        "evaluate guardrail",
        &[("crewai.event_name", "llm_guardrail_completed"), ("crewai.guardrail.success", "False")],
    );
    assert_eq!((guardrail.kind, guardrail.guardrail_triggered), (Kind::Guardrail, Some(true)));
    assert_eq!(native("query memory", &[("crewai.event_name", "memory_query_started")]).kind, Kind::Memory);
    let remote = native(
        "a2a delegate",
        &[("crewai.event_name", "a2a_delegation_started"), ("crewai.a2a.agent_name", "remote")],
    );
    assert_eq!((remote.kind, remote.handoff_to.as_deref()), (Kind::Task, Some("remote")));
}

#[test]
fn openllmetry_calls_crews_and_tasks_agents() {
    let read = |name: &str, attributes: &[(&str, &str)]| {
        of_scope("opentelemetry.instrumentation.crewai.instrumentation", name, attributes, &OpenLlmetry)
    };
    let crew = read(
        "crewai.workflow",
        &[("gen_ai.operation.name", "invoke_agent"), ("crewai.crew.name", "BriefCrew")],
    );
    assert_eq!((crew.kind, crew.workflow.as_deref(), crew.agent), (Kind::Workflow, Some("BriefCrew"), None));
    let task = read(
        "Write a brief.task",
        &[
            ("gen_ai.operation.name", "invoke_agent"),
            ("traceloop.span.kind", "task"),
            ("crewai.task.id", "t1"),
            ("crewai.task.agent", "Writer"),
        ],
    );
    assert_eq!(
        (task.kind, task.step.as_deref(), task.agent.as_deref()),
        (Kind::Task, Some("t1"), Some("Writer"))
    );
}
