//! Tests of LangGraph with every recorded convention.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use quipu_adapter_genai::GenAi;
use quipu_adapter_langgraph::Langgraph;
use quipu_adapter_openinference::OpenInference;
use quipu_adapter_openllmetry::OpenLlmetry;
use quipu_core::{Adapter, Kind, Span};
use quipu_recordings::{assert_laws, assert_owners, enriched, of_kind, steps, steps_of};

fn spans(name: &str) -> Vec<Span> {
    let readers: [&dyn Adapter; 3] = [&OpenInference, &OpenLlmetry, &GenAi];
    enriched(name, &readers, &Langgraph)
}

/// The nodes of the calls of the recorded script: plan, look up, answer, draft, review. Then come the run
/// with a failing tool, the graph with a failing call, and the first run again.
const CALLS: [&str; 13] = [
    "planner", "agent", "agent", "draft", "review", "planner", "agent", "bad", "planner", "agent", "agent",
    "draft", "review",
];

#[test]
fn obeys_every_law() {
    assert_laws(&OpenInference, &Langgraph, &["langgraph--openinference", "langgraph-js--openinference"]);
    assert_laws(&OpenLlmetry, &Langgraph, &["langgraph--openllmetry"]);
    assert_laws(&GenAi, &Langgraph, &["langgraph--openlit"]);
}

#[test]
fn graphs_are_agents_and_nodes_steps() {
    for name in ["langgraph--openinference", "langgraph--openllmetry"] {
        let spans = spans(name);
        assert_owners(name, &spans, &[]);
        assert_eq!(steps_of(&spans, Kind::Llm), CALLS, "{name}");
        assert_eq!(steps_of(&spans, Kind::Tool), ["tools", "tools", "tools"], "{name}");
        let nodes = ["agent", "bad", "draft", "planner", "review", "tools", "writer"];
        assert_eq!(steps(&spans), BTreeSet::from(nodes), "{name}");
        let agents: BTreeSet<_> =
            of_kind(&spans, Kind::Agent).filter_map(|span| span.canonical.agent.as_deref()).collect();
        let graphs = ["failing_graph", "weather_graph", "writer_graph"];
        assert_eq!(agents, BTreeSet::from(graphs), "{name}: nodes are no agents");
        assert!(spans.iter().all(|span| span.canonical.framework.as_deref() == Some("langgraph")), "{name}");
    }
}

#[test]
fn a_graph_within_a_node_belongs_to_it() {
    for name in ["langgraph--openinference", "langgraph--openllmetry"] {
        let spans = spans(name);
        let inner: Vec<_> = of_kind(&spans, Kind::Agent)
            .filter(|span| span.canonical.agent.as_deref() == Some("writer_graph"))
            .map(|span| span.canonical.step.as_deref())
            .collect();
        assert_eq!(inner, [Some("writer"), Some("writer")], "{name}");
    }
}

#[test]
fn javascript_gives_every_part_of_a_node_its_namespace() {
    let spans = spans("langgraph-js--openinference");
    assert_owners("langgraph-js--openinference", &spans, &[]);
    let agents: Vec<_> =
        of_kind(&spans, Kind::Agent).filter_map(|span| span.canonical.agent.as_deref()).collect();
    assert_eq!(agents, ["LangGraph"]);
    assert_eq!(steps_of(&spans, Kind::Llm), ["agent", "agent", "-"]);
    assert_eq!(steps(&spans), BTreeSet::from(["__start__", "agent", "tools"]));
}

#[test]
fn openlit_calls_nodes_agents() {
    let spans = spans("langgraph--openlit");
    let agents: BTreeSet<_> = of_kind(&spans, Kind::Agent)
        .filter(|span| span.scope.name == "openlit.instrumentation.langgraph")
        .filter_map(|span| span.canonical.agent.as_deref())
        .collect();
    assert_eq!(agents, BTreeSet::from(["failing_graph", "weather_graph", "writer_graph"]));
    assert_eq!(steps(&spans), BTreeSet::from(["agent", "bad", "draft", "planner", "review"]));
}
