//! Graph of agents, tools, models and services: which uses which.

use quipu_core::Usd;
use quipu_insight::{Flow, Graph, NodeId};
use quipu_query::millis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Graph of one trace. Tokens and cost of an agent are those of its own calls. Tokens and cost of a service
/// or workflow include everything below it. An edge has the figures of all work that its source delegated to
/// its target, with everything below.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GraphAnswer {
    /// Whether all spans were read. The limit is the first 100,000 of a trace.
    pub complete: bool,
    /// Nodes, by kind and name.
    pub nodes: Vec<GraphNode>,
    /// Edges, by their source and target.
    pub edges: Vec<GraphEdge>,
}

/// Graph of all matching traces.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MapAnswer {
    /// Whether all matching traces were read. The limits are the newest 2,000 traces and 200,000 spans.
    /// Reading stops after 5 seconds; the next request continues from there.
    pub complete: bool,
    /// Number of traces read.
    pub traces_read: u64,
    /// Nodes, by kind and name.
    pub nodes: Vec<GraphNode>,
    /// Edges, by their source and target.
    pub edges: Vec<GraphEdge>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GraphNode {
    /// Kind and name together.
    pub id: String,
    /// `service`, `workflow`, `agent`, `model`, `tool`, `retrieval`, `guardrail`, `memory` or `evaluator`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Number of runs or calls.
    pub calls: u64,
    /// Number of failed runs or calls.
    pub errors: u64,
    /// Input and output tokens; null without any.
    pub tokens: Option<u64>,
    /// Cost of metered calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Total milliseconds of all runs; concurrent runs add up.
    pub duration_ms: f64,
    /// Number of tool runs without a span, inferred from the messages of calls. `calls` excludes them.
    #[serde(default)]
    pub inferred: u64,
}

/// Work that one node delegated to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GraphEdge {
    /// Id of the delegating node.
    pub from: String,
    /// Id of the target node.
    pub to: String,
    /// Number of runs or calls.
    pub calls: u64,
    /// Number of failed runs or calls.
    pub errors: u64,
    /// Number of hand-offs from one agent to the other.
    pub handoffs: u64,
    /// Input and output tokens; null without any.
    pub tokens: Option<u64>,
    /// Cost of metered calls; null without any.
    #[schema(value_type = Option<String>)]
    pub cost_usd: Option<Usd>,
    /// Total milliseconds of all runs; concurrent runs add up.
    pub duration_ms: f64,
    /// Number of tool runs without a span, inferred from the messages of calls. `calls` excludes them.
    #[serde(default)]
    pub inferred: u64,
}

fn id(node: &NodeId) -> String {
    format!("{}:{}", node.kind.as_str(), node.name)
}

fn tokens(flow: &Flow) -> Option<u64> {
    (flow.tokens > 0).then_some(flow.tokens)
}

fn nodes(graph: &Graph) -> Vec<GraphNode> {
    let node = |(node, flow): (&NodeId, &Flow)| GraphNode {
        id: id(node),
        kind: node.kind.as_str().to_owned(),
        name: node.name.to_string(),
        calls: flow.calls,
        errors: flow.errors,
        tokens: tokens(flow),
        cost_usd: flow.cost,
        duration_ms: millis(flow.time),
        inferred: flow.inferred,
    };
    graph.nodes.iter().map(node).collect()
}

fn edges(graph: &Graph) -> Vec<GraphEdge> {
    let edge = |((from, to), flow): (&(NodeId, NodeId), &Flow)| GraphEdge {
        from: id(from),
        to: id(to),
        calls: flow.calls,
        errors: flow.errors,
        handoffs: flow.handoffs,
        tokens: tokens(flow),
        cost_usd: flow.cost,
        duration_ms: millis(flow.time),
        inferred: flow.inferred,
    };
    graph.edges.iter().map(edge).collect()
}

impl GraphAnswer {
    /// The graph of one trace.
    pub(crate) fn new(graph: &Graph, complete: bool) -> Self {
        Self { complete, nodes: nodes(graph), edges: edges(graph) }
    }
}

impl MapAnswer {
    /// The graph of many traces.
    pub(crate) fn new(graph: &Graph, complete: bool, traces_read: u64) -> Self {
        Self { complete, traces_read, nodes: nodes(graph), edges: edges(graph) }
    }
}
