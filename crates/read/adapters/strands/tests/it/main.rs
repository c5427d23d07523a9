//! Tests on recordings of Strands Agents, and on a swarm built from its source.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use quipu_adapter_genai::GenAi;
use quipu_adapter_strands::Strands;
use quipu_conformance::{Enriched, sample::draft};
use quipu_core::{Adapter, Kind, Scope};
use quipu_recordings::{assert_laws, assert_owners, enriched, of_kind, steps};

const RECORDING: &str = "strands--native";

#[test]
fn obeys_every_law() {
    assert_laws(&GenAi, &Strands, &[RECORDING]);
}

#[test]
fn agents_run_in_cycles() {
    let spans = enriched(RECORDING, &[&GenAi], &Strands);
    assert_owners(RECORDING, &spans, &[]);
    assert_eq!(steps(&spans), BTreeSet::from(["event_loop_cycle"]));
    assert_eq!(of_kind(&spans, Kind::Task).count(), 9);
    for agent in of_kind(&spans, Kind::Agent).filter(|agent| agent.canonical.usage.is_some()) {
        assert!(agent.canonical.never_count, "figures of a lifetime never count");
    }
    let first = of_kind(&spans, Kind::Llm).next().unwrap();
    assert_eq!(first.canonical.time_to_first_token, Some(1_312_000_000), "milliseconds");
}

#[test]
fn a_swarm_is_a_workflow_whose_agents_hand_over() {
    let read = |name: &str, attributes: &[(&str, &str)]| {
        let mut span = draft(1, 1).named(name).span();
        span.attributes = attributes.iter().copied().collect();
        span.scope =
            std::sync::Arc::new(Scope { name: "strands.telemetry.tracer".into(), ..Scope::default() });
        Enriched { reader: &GenAi, enricher: &Strands }.canonical(&span)
    };
    let swarm = read(
        "invoke_swarm",
        &[("gen_ai.operation.name", "invoke_swarm"), ("gen_ai.system", "strands-agents")],
    );
    assert_eq!((swarm.kind, swarm.workflow.as_deref()), (Kind::Workflow, Some("swarm")));
    let tool = read(
        "execute_tool handoff_to_agent",
        &[
            ("gen_ai.operation.name", "execute_tool"),
            ("gen_ai.tool.name", "handoff_to_agent"),
            ("gen_ai.tool.call.arguments", r#"{"agent_name": "writer", "message": "m"}"#),
            ("gen_ai.tool.status", "error"),
        ],
    );
    assert_eq!(tool.handoff_to.as_deref(), Some("writer"));
    assert_eq!(tool.error_type.as_deref(), Some("tool_error"), "failed without raising");
    let older =
        [("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", "x"), ("tool.status", "error")];
    assert_eq!(read("Tool: x", &older).error_type.as_deref(), Some("tool_error"));
}
