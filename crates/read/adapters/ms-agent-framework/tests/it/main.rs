//! Tests on recordings of Microsoft's agent framework.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use quipu_adapter_genai::GenAi;
use quipu_adapter_ms_agent_framework::MsAgentFramework;
use quipu_conformance::{Enriched, sample::draft};
use quipu_core::{Adapter, Kind, Scope};
use quipu_recordings::{assert_laws, assert_owners, enriched, of_kind, steps, steps_of, workflows};

const RECORDING: &str = "ms-agent-framework--native";

#[test]
fn obeys_every_law() {
    assert_laws(&GenAi, &MsAgentFramework, &[RECORDING]);
}

#[test]
fn executors_are_steps_of_a_workflow() {
    let spans = enriched(RECORDING, &[&GenAi], &MsAgentFramework);
    assert_owners(RECORDING, &spans, &[]);
    assert_eq!(workflows(&spans), BTreeSet::from(["Sequential"]));
    let executors = ["input-conversation", "WeatherExpert", "Writer"];
    assert_eq!(steps_of(&spans, Kind::Task), executors);
    assert_eq!(steps(&spans), BTreeSet::from(executors));
    assert_eq!(of_kind(&spans, Kind::Workflow).count(), 1, "building one is not running one");
}

#[test]
fn dotnet_sends_the_same_workflows() {
    let read = |name: &str, attributes: &[(&str, &str)]| {
        let mut span = draft(1, 1).named(name).span();
        span.attributes = attributes.iter().copied().collect();
        span.scope = Arc::new(Scope { name: "Microsoft.Agents.AI.Workflows".into(), ..Scope::default() });
        assert!(GenAi.claims(&span), "{name}");
        Enriched { reader: &GenAi, enricher: &MsAgentFramework }.canonical(&span)
    };
    let session = read("workflow.session", &[("workflow.id", "w1"), ("workflow.name", "Review")]);
    assert_eq!((session.kind, session.workflow.as_deref()), (Kind::Workflow, Some("Review")));
    let executor = read("executor.process Writer", &[("executor.id", "Writer")]);
    assert_eq!((executor.kind, executor.step.as_deref()), (Kind::Task, Some("Writer")));
    let handoff = read(
        "execute_tool handoff_to_editor",
        &[("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", "handoff_to_editor")],
    );
    assert_eq!(handoff.handoff_to.as_deref(), Some("editor"));
}
