//! Tests of the graph.

use std::collections::HashMap;

use quipu_core::{Billing, Cost, Kind, Rule, Signal, SpanId, SpanRow, Status, Timestamp, TraceId, Usage};
use quipu_insight::{Flow, Graph, NodeId, NodeKind};

fn id(number: u8) -> SpanId {
    SpanId::from_bytes([number; 8]).unwrap()
}

/// A span of ten nanoseconds, named after its agent, model, tool or workflow.
fn row(number: u8, parent: u8, kind: Kind, name: &str) -> SpanRow {
    let named = |is: bool| is.then(|| name.into());
    SpanRow {
        span_id: id(number),
        parent_id: (parent > 0).then(|| id(parent)),
        name: name.into(),
        kind,
        start: Timestamp::from_nanos(i64::from(number)),
        duration: Some(10),
        status: Status::Ok,
        agent: named(kind == Kind::Agent),
        provider: None,
        model: named(kind.is_call()),
        tool: named(kind == Kind::Tool),
        first_token: None,
        triggered: None,
        cost: None,
        conflicts: Vec::new(),
        raw: None,
    }
}

/// A counted span: ten tokens in, one out, half a dollar.
fn counted(number: u8, parent: u8, kind: Kind, name: &str, agent: Option<&str>, rule: Rule) -> SpanRow {
    let mut row = row(number, parent, kind, name);
    row.cost = Some(Cost {
        trace_id: TraceId::from_bytes([1; 16]).unwrap(),
        span_id: row.span_id,
        version: 1,
        time: row.start,
        duration: row.duration,
        kind,
        signal: Signal::Span,
        rule,
        failed: false,
        service: None,
        framework: None,
        convention: "".into(),
        agent: agent.map(Into::into),
        tool: None,
        provider: None,
        request_model: None,
        response_model: None,
        service_tier: None,
        billing: Billing::Metered,
        usage: kind.is_call().then(|| Usage { input: Some(10), output: Some(1), ..Usage::default() }),
        amount: (kind.is_call() && rule.counts()).then(|| "0.5".parse().unwrap()),
        unpriced: None,
        price: None,
        reported: None,
        inferred: Vec::new(),
        estimate: None,
        scopes: Vec::new(),
    });
    row
}

fn node(kind: NodeKind, name: &str) -> NodeId {
    NodeId { kind, name: name.into() }
}

fn brief(flow: &Flow) -> (u64, u64, String) {
    (flow.calls, flow.tokens, flow.cost.map(|usd| usd.to_string()).unwrap_or_default())
}

/// A crew whose boss calls a model, runs a tool, and has a helper that calls another model twice.
fn crew() -> Vec<SpanRow> {
    vec![
        row(1, 0, Kind::Workflow, "crew"),
        row(2, 1, Kind::Agent, "boss"),
        counted(3, 2, Kind::Llm, "big", Some("boss"), Rule::Leaf),
        counted(4, 2, Kind::Tool, "delegate", Some("boss"), Rule::Leaf),
        row(5, 4, Kind::Agent, "helper"),
        row(6, 5, Kind::Task, "think"),
        counted(7, 6, Kind::Llm, "small", Some("helper"), Rule::Leaf),
        counted(8, 6, Kind::Llm, "small", Some("helper"), Rule::Leaf),
    ]
}

#[test]
fn each_node_and_edge_has_its_sums() {
    let mut graph = Graph::default();
    graph.add(Some("desk"), crew(), &HashMap::new());
    let nodes: Vec<_> =
        graph.nodes.iter().map(|(id, flow)| (id.kind.as_str(), id.name.as_str(), brief(flow))).collect();
    let of = |calls, tokens, cost: &str| (calls, tokens, cost.to_owned());
    assert_eq!(
        nodes,
        [
            ("service", "desk", of(1, 33, "1.5")),
            ("workflow", "crew", of(1, 33, "1.5")),
            ("agent", "boss", of(1, 11, "0.5")),
            ("agent", "helper", of(1, 22, "1")),
            ("model", "big", of(1, 11, "0.5")),
            ("model", "small", of(2, 22, "1")),
            ("tool", "delegate", of(1, 0, "")),
        ]
    );
    let edges: Vec<_> = graph
        .edges
        .iter()
        .map(|((from, to), flow)| (from.name.as_str(), to.name.as_str(), brief(flow)))
        .collect();
    assert_eq!(
        edges,
        [
            ("desk", "crew", of(1, 33, "1.5")),
            ("crew", "boss", of(1, 33, "1.5")),
            ("boss", "big", of(1, 11, "0.5")),
            ("boss", "delegate", of(1, 22, "1")),
            ("helper", "small", of(2, 22, "1")),
            ("delegate", "helper", of(1, 22, "1")),
        ]
    );
}

#[test]
fn what_is_told_twice_is_one_run() {
    let rows = vec![
        row(1, 0, Kind::Agent, "a"),
        row(2, 1, Kind::Agent, "a"),
        counted(3, 2, Kind::Llm, "m", Some("a"), Rule::Repeats),
        counted(4, 3, Kind::Llm, "m", Some("a"), Rule::Leaf),
    ];
    let mut graph = Graph::default();
    graph.add(None, rows, &HashMap::new());
    assert_eq!(brief(&graph.nodes[&node(NodeKind::Agent, "a")]), (1, 11, "0.5".into()));
    assert_eq!(brief(&graph.nodes[&node(NodeKind::Model, "m")]), (1, 11, "0.5".into()));
    assert_eq!(graph.edges.len(), 2, "{:?}", graph.edges);
}

#[test]
fn an_agent_that_only_its_calls_name_is_there() {
    let rows = vec![counted(1, 0, Kind::Llm, "m", Some("ghost"), Rule::Leaf)];
    let mut graph = Graph::default();
    graph.add(Some("s"), rows, &HashMap::new());
    let ends: Vec<_> = graph.edges.keys().map(|(from, to)| (from.name.as_str(), to.name.as_str())).collect();
    assert_eq!(ends, [("s", "ghost"), ("ghost", "m")]);
    assert_eq!(brief(&graph.nodes[&node(NodeKind::Agent, "ghost")]), (0, 11, "0.5".into()));
}

#[test]
fn traces_add_up_and_hand_overs_are_told() {
    let mut graph = Graph::default();
    let handoffs =
        HashMap::from([(id(6), (None, "boss".into())), (id(3), (Some("boss".into()), "third".into()))]);
    graph.add(Some("desk"), crew(), &handoffs);
    graph.add(Some("desk"), crew(), &HashMap::new());
    let edge = |from: &str, to: &str| &graph.edges[&(node(NodeKind::Agent, from), node(NodeKind::Agent, to))];
    assert_eq!((edge("helper", "boss").handoffs, edge("boss", "third").handoffs), (1, 1));
    assert_eq!(brief(&graph.nodes[&node(NodeKind::Model, "small")]), (4, 44, "2".into()));
    let mut merged = Graph::default();
    merged.merge(&graph);
    assert_eq!(merged, graph);
    merged.merge(&graph);
    assert_eq!(brief(&merged.nodes[&node(NodeKind::Model, "small")]), (8, 88, "4".into()));
}
