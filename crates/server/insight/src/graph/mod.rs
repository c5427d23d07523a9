//! Graph of agents, tools, models and services as nodes; edges show which uses which.

mod walk;

use std::collections::{BTreeMap, HashMap};

use compact_str::CompactString;
use quipu_core::{SpanId, SpanRow, Usd};

use crate::inferred::inferred_rows;
use walk::Walk;

/// Type of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeKind {
    /// A service that has no other above it.
    Service,
    /// A workflow.
    Workflow,
    /// An agent.
    Agent,
    /// A model.
    Model,
    /// A tool.
    Tool,
    /// A knowledge base, or another searched source.
    Retrieval,
    /// A guardrail.
    Guardrail,
    /// A memory.
    Memory,
    /// A judge of quality.
    Evaluator,
}

impl NodeKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Workflow => "workflow",
            Self::Agent => "agent",
            Self::Model => "model",
            Self::Tool => "tool",
            Self::Retrieval => "retrieval",
            Self::Guardrail => "guardrail",
            Self::Memory => "memory",
            Self::Evaluator => "evaluator",
        }
    }
}

/// A node: its kind and its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId {
    /// Type of the node.
    pub kind: NodeKind,
    /// Its name.
    pub name: CompactString,
}

/// Sums of a node or an edge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    /// Runs or calls.
    pub calls: u64,
    /// Failed ones among them.
    pub errors: u64,
    /// Input and output tokens, each counted once.
    pub tokens: u64,
    /// Metered cost; `None` without any.
    pub cost: Option<Usd>,
    /// Nanoseconds; calls at the same time add up.
    pub time: i64,
    /// Times that one agent handed its work over to the other.
    pub handoffs: u64,
    /// Tool runs without a span, inferred from the messages of calls. The calls leave them out.
    pub inferred: u64,
}

impl Flow {
    fn add(&mut self, more: &Self) {
        self.calls += more.calls;
        self.errors += more.errors;
        self.tokens = self.tokens.saturating_add(more.tokens);
        self.cost = Usd::sum_known(self.cost, more.cost);
        self.time = self.time.saturating_add(more.time);
        self.handoffs += more.handoffs;
        self.inferred += more.inferred;
    }
}

/// The agents of a hand-off: the old one, if reported, and the new one.
pub type Handoff = (Option<CompactString>, CompactString);

/// Graph of one trace or of many.
///
/// Tokens and cost of an agent are those of the calls that it made itself; of a service or workflow all below
/// it. On an edge they are all that the upper had the lower use, with everything below that. Spans of the
/// same node below each other are one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// Nodes by kind and name.
    pub nodes: BTreeMap<NodeId, Flow>,
    /// Edges by their ends.
    pub edges: BTreeMap<(NodeId, NodeId), Flow>,
}

/// Memory of a node or an edge, without its names.
const ENTRY: usize = 256;

impl Graph {
    /// Bytes in memory, about.
    pub fn bytes(&self) -> usize {
        let nodes = self.nodes.keys().map(|node| ENTRY + node.name.len());
        let edges = self.edges.keys().map(|(from, to)| ENTRY + from.name.len() + to.name.len());
        nodes.sum::<usize>() + edges.sum::<usize>()
    }

    /// Adds a trace: its service, all of its spans by start, and the hand-offs among them.
    pub fn add(
        &mut self,
        service: Option<&str>,
        mut rows: Vec<SpanRow>,
        handoffs: &HashMap<SpanId, Handoff>,
    ) {
        let seen = rows.len();
        let mut inferred: Vec<SpanRow> = rows.iter().flat_map(inferred_rows).collect();
        rows.append(&mut inferred);
        Walk::new(self, service, &rows, seen).run(handoffs);
    }

    /// Adds all of another graph.
    pub fn merge(&mut self, other: &Self) {
        other.nodes.iter().for_each(|(id, flow)| self.node(id).add(flow));
        other.edges.iter().for_each(|((from, to), flow)| self.edge(from, to).add(flow));
    }

    fn node(&mut self, id: &NodeId) -> &mut Flow {
        self.nodes.entry(id.clone()).or_default()
    }

    fn edge(&mut self, from: &NodeId, to: &NodeId) -> &mut Flow {
        self.edges.entry((from.clone(), to.clone())).or_default()
    }
}
