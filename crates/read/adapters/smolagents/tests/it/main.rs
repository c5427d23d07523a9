//! Tests on OpenInference recordings of smolagents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use quipu_adapter_openinference::OpenInference;
use quipu_adapter_smolagents::Smolagents;
use quipu_core::{Kind, Span};
use quipu_recordings::{assert_laws, assert_owners, enriched, load, of_kind, steps, workflows};

const RECORDING: &str = "smolagents--openinference";

#[test]
fn obeys_every_law() {
    assert_laws(&OpenInference, &Smolagents, &[RECORDING]);
}

#[test]
fn agents_go_in_steps() {
    let spans = enriched(RECORDING, &[&OpenInference], &Smolagents);
    // The span of the agent with a failed call was never sent; its step was.
    assert_owners(RECORDING, &spans, &["failer"]);
    assert_eq!(steps(&spans), BTreeSet::from(["Step 1", "Step 2"]));
    let is_step = |span: &&Span| span.canonical.step.is_some();
    assert_eq!(of_kind(&spans, Kind::Task).filter(is_step).count(), 7);
    assert_eq!(of_kind(&spans, Kind::Tool).count(), 3, "the final answer is no tool's run");
    assert_eq!(workflows(&spans), BTreeSet::new());
}

#[test]
fn a_managed_agent_is_an_agent_within_an_agent() {
    let spans = enriched(RECORDING, &[&OpenInference], &Smolagents);
    let agents: Vec<_> =
        of_kind(&spans, Kind::Agent).filter_map(|span| span.canonical.agent.as_deref()).collect();
    assert_eq!(agents, ["boss", "weather_expert", "breaker"]);
}

#[test]
fn a_step_without_any_parent_is_no_workflow() {
    let mut spans = load(RECORDING).spans;
    let step = spans.iter_mut().find(|span| span.name == "Step 1").unwrap();
    step.parent_id = None;
    let read = quipu_conformance::Enriched { reader: &OpenInference, enricher: &Smolagents };
    let read = quipu_core::Adapter::canonical(&read, step);
    assert_eq!((read.kind, read.workflow, read.step.as_deref()), (Kind::Task, None, Some("Step 1")));
}
