//! Conversion of one trace into a graph.

use std::collections::HashMap;

use compact_str::CompactString;
use quipu_core::{Kind, SpanId, SpanRow, Status, Usd};

use super::{Flow, Graph, Handoff, NodeId, NodeKind};
use crate::outline::Forest;

/// Name of a model without a reported name.
const UNKNOWN: &str = "unknown";

pub(super) struct Walk<'a> {
    graph: &'a mut Graph,
    rows: &'a [SpanRow],
    /// Rows from here on are inferred tool runs.
    seen: usize,
    forest: Forest,
    service: NodeId,
    /// The nearest node of each span, its own included.
    near: Vec<NodeId>,
    /// The nearest agent of each span, its own included.
    agents: Vec<Option<NodeId>>,
    /// Usage of each span with those below it.
    totals: Vec<Flow>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(graph: &'a mut Graph, service: Option<&str>, rows: &'a [SpanRow], seen: usize) -> Self {
        let ids: Vec<SpanId> = rows.iter().map(|row| row.span_id).collect();
        let above: Vec<Option<SpanId>> = rows.iter().map(|row| row.parent_id).collect();
        let service = NodeId { kind: NodeKind::Service, name: service.unwrap_or(UNKNOWN).into() };
        let near = vec![service.clone(); rows.len()];
        Self {
            graph,
            rows,
            seen,
            forest: Forest::new(&ids, &above),
            service,
            near,
            agents: vec![None; rows.len()],
            totals: rows.iter().map(used).collect(),
        }
    }

    pub(super) fn run(mut self, handoffs: &HashMap<SpanId, Handoff>) {
        let order = self.forest.order();
        for at in order.iter().rev().map(|at| *at as usize) {
            if let Some(parent) = self.forest.parent(at) {
                let total = self.totals[at].clone();
                self.totals[parent as usize].add(&total);
            }
        }
        for at in order {
            self.visit(at as usize);
            if let Some(handoff) = handoffs.get(&self.rows[at as usize].span_id) {
                self.hand_over(at as usize, handoff);
            }
        }
    }

    fn visit(&mut self, at: usize) {
        let row = &self.rows[at];
        let parent = self.forest.parent(at).map(|parent| parent as usize);
        let mut above = parent.map_or_else(|| self.service.clone(), |parent| self.near[parent].clone());
        self.agents[at] = parent.and_then(|parent| self.agents[parent].clone());
        if parent.is_none() && at < self.seen {
            let total = Flow { calls: 1, time: row.duration.unwrap_or(0), ..self.totals[at].clone() };
            self.graph.node(&self.service.clone()).add(&total);
        }
        let own = node_of(row);
        if let Some(agent) = self.unseen_agent(at, own.as_ref()) {
            self.meet(&above, &agent, at, false);
            above = agent.clone();
            self.agents[at] = Some(agent);
        }
        let node = own.filter(|own| *own != above);
        if let Some(node) = &node {
            self.meet(&above, node, at, true);
        }
        // Work below a request to a model belongs to the caller of the model.
        let node = node.filter(|node| node.kind != NodeKind::Model).unwrap_or(above);
        if node.kind == NodeKind::Agent {
            self.agents[at] = Some(node.clone());
        }
        self.near[at] = node;
        let spent = used(row);
        if let Some(agent) = &self.agents[at] {
            let agent = agent.clone();
            let flow = self.graph.node(&agent);
            flow.add(&spent);
        }
    }

    /// An agent that the ledger names and no span above is of.
    fn unseen_agent(&self, at: usize, own: Option<&NodeId>) -> Option<NodeId> {
        let name = self.rows[at].cost.as_ref().filter(|cost| cost.counts())?.agent.as_ref()?;
        let agent = NodeId { kind: NodeKind::Agent, name: name.clone() };
        (self.agents[at].as_ref() != Some(&agent) && own != Some(&agent)).then_some(agent)
    }

    /// Counts a run of a node below another.
    fn meet(&mut self, above: &NodeId, node: &NodeId, at: usize, seen: bool) {
        let row = &self.rows[at];
        let run = match at < self.seen {
            true => Flow {
                calls: 1,
                errors: u64::from(failed(row)),
                time: row.duration.unwrap_or(0).max(0),
                ..Flow::default()
            },
            // Its time is a bound, and no sum of times.
            false => Flow { inferred: 1, ..Flow::default() },
        };
        let total = self.totals[at].clone();
        let with = |flow: &Flow| {
            let mut sum = run.clone();
            sum.add(flow);
            sum
        };
        self.graph.edge(above, node).add(&with(&total));
        // Usage of an agent is added call by call.
        let alone = match node.kind {
            NodeKind::Agent => run.clone(),
            NodeKind::Workflow => with(&total),
            _ => with(&used(row)),
        };
        // An agent without spans has no runs that could be counted, only calls.
        if seen {
            self.graph.node(node).add(&alone);
        } else {
            self.graph.node(node);
        }
    }

    fn hand_over(&mut self, at: usize, (from, to): &Handoff) {
        let agent = |name: &CompactString| NodeId { kind: NodeKind::Agent, name: name.clone() };
        let from = from.as_ref().map(agent).or_else(|| self.agents[at].clone());
        let (Some(from), to) = (from, agent(to)) else { return };
        if from != to {
            self.graph.node(&from);
            self.graph.node(&to);
            self.graph.edge(&from, &to).handoffs += 1;
        }
    }
}

fn failed(row: &SpanRow) -> bool {
    row.status == Status::Error || row.cost.as_ref().is_some_and(|cost| cost.failed)
}

/// Figures that the ledger counts for a span.
fn used(row: &SpanRow) -> Flow {
    let Some(cost) = row.cost.as_ref().filter(|cost| cost.counts()) else { return Flow::default() };
    let tokens = cost.usage.as_ref().map_or(0, |usage| usage.tokens().total());
    Flow { tokens, cost: cost.billed().filter(|usd| *usd >= Usd::ZERO), ..Flow::default() }
}

/// The node that a span is a run of; `None` for calls and tool runs that the ledger does not count.
fn node_of(row: &SpanRow) -> Option<NodeId> {
    let counted = row.cost.as_ref().is_none_or(quipu_core::Cost::counts);
    let (kind, name) = match row.kind {
        Kind::Agent => (NodeKind::Agent, row.agent.clone()),
        Kind::Workflow => (NodeKind::Workflow, None),
        Kind::Llm | Kind::Embedding | Kind::Rerank if counted => {
            let model = row.model.clone().or_else(|| row.cost.as_ref()?.model().cloned());
            (NodeKind::Model, Some(model.unwrap_or_else(|| UNKNOWN.into())))
        }
        Kind::Tool if counted => (NodeKind::Tool, row.tool.clone()),
        Kind::Retrieval => (NodeKind::Retrieval, None),
        Kind::Guardrail => (NodeKind::Guardrail, None),
        Kind::Memory => (NodeKind::Memory, None),
        Kind::Evaluator => (NodeKind::Evaluator, None),
        _ => return None,
    };
    Some(NodeId { kind, name: name.unwrap_or_else(|| row.name.clone()) })
}
