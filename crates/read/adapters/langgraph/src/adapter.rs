//! LangGraph: a graph is an agent, and its nodes are the agent's steps, in every convention.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Span, Value};
use quipu_normalize::{handoff_to, label};

use crate::metadata::Metadata;
use crate::openlit;

/// Parts of the names of LangChain's own steps.
const CHAIN_NAMES: &[&str] = &["Runnable", "Prompt", "prompt", "Parser"];
/// Parts of the names of graphs, in lower case.
const GRAPH_NAMES: &[&str] = &["graph", "agent"];

/// Adds graphs, nodes, threads and hand-offs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Langgraph;

impl Adapter for Langgraph {
    fn name(&self) -> &'static str {
        "langgraph"
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["langgraph", "langchain"]
    }

    fn enrich(&self, span: &Span, read: &mut Canonical) {
        if openlit::enrich(span, read) || marker(span, read) {
            return;
        }
        let Some(metadata) = Metadata::of(span) else { return };
        read.framework = Some(CompactString::const_new("langgraph"));
        read.step.clone_from(&metadata.node);
        read.session = read.session.take().or_else(|| metadata.thread.clone());
        match read.kind {
            Kind::Workflow | Kind::Task | Kind::Agent => role(span, &metadata, read),
            Kind::Tool => handoff(span, &metadata, read),
            _ => {}
        }
        read.agent = read.agent.take().or_else(|| metadata.agent.clone());
    }
}

/// Reads OpenLLMetry's span around a graph's run, which lists the graph's nodes and edges. The run itself is
/// the agent.
fn marker(span: &Span, read: &mut Canonical) -> bool {
    let is_marker = read.kind == Kind::Agent && span.attributes.get("gen_ai.workflow.nodes").is_some();
    if is_marker {
        read.kind = Kind::Workflow;
        read.workflow = read.workflow.take().or_else(|| read.agent.clone());
    }
    is_marker
}

/// Reads the role of a run: a graph, a node, or a fragment of a node.
fn role(span: &Span, metadata: &Metadata, read: &mut Canonical) {
    let name = name(span);
    if is_node(span, metadata, name.as_ref()) {
        read.kind = Kind::Task;
        read.agent = None;
    } else if is_graph(span, metadata, name.as_deref().unwrap_or_default()) {
        read.kind = Kind::Agent;
        read.workflow = read.workflow.take().or_else(|| name.clone());
        read.agent = read.agent.take().or(name);
    }
}

fn name(span: &Span) -> Option<CompactString> {
    let entity = span.attributes.get("traceloop.entity.name").and_then(label);
    entity.or_else(|| label(&Value::from(span.name.as_str())))
}

/// Whether a run is a node. A node's name is its own, but a graph within it may have the same name. In
/// Python, such a graph has the node's checkpoint namespace as its own, and a node has none.
fn is_node(span: &Span, metadata: &Metadata, name: Option<&CompactString>) -> bool {
    metadata.node.is_some()
        && metadata.node.as_ref() == name
        && (is_javascript(span) || !has_namespace_of_node(metadata))
}

/// Whether a run is a graph. Outside of nodes only graphs run. Inside a node, a graph or chain has the node's
/// checkpoint namespace as its own. Chains have their class's name unless the user named them. In JavaScript
/// everything in a node has the namespace, so only names decide.
fn is_graph(span: &Span, metadata: &Metadata, name: &str) -> bool {
    if metadata.node.is_none() {
        return metadata.is_graphs_own || span.parent_id.is_none();
    }
    let lower = name.to_lowercase();
    has_namespace_of_node(metadata)
        && !CHAIN_NAMES.iter().any(|part| name.contains(part))
        && (!is_javascript(span) || GRAPH_NAMES.iter().any(|part| lower.contains(part)))
}

fn has_namespace_of_node(metadata: &Metadata) -> bool {
    metadata.own_namespace.is_some() && metadata.own_namespace == metadata.namespace
}

/// Names of npm packages may start with an `@`.
fn is_javascript(span: &Span) -> bool {
    let language = span.resource.attributes.text("telemetry.sdk.language");
    language.map_or(span.scope.name.starts_with('@'), |language| matches!(language, "nodejs" | "webjs"))
}

/// Reads tools of the supervisor and the swarm, which hand over to other agents on behalf of their graph.
fn handoff(span: &Span, metadata: &Metadata, read: &mut Canonical) {
    read.handoff_to = read.tool.as_deref().and_then(|tool| handoff_to(span, tool));
    if read.handoff_to.is_some() {
        let owner = metadata.agent.clone().or_else(|| metadata.above()).or_else(|| metadata.node.clone());
        read.handoff_from = owner;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use quipu_core::{Scope, SpanId, Timestamp, TraceId};

    use super::*;

    fn span(name: &str, attributes: &[(&str, &str)]) -> Span {
        let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        let mut span = Span::new(trace, id, name, Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        span.attributes = attributes.iter().copied().collect();
        span
    }

    fn enriched(span: &Span, kind: Kind) -> Canonical {
        let mut read = Canonical { kind, framework: Some("langchain".into()), ..Canonical::default() };
        Langgraph.enrich(span, &mut read);
        read
    }

    fn inside(name: &str, own: &str) -> Span {
        let metadata = format!(
            r#"{{"langgraph_node": "n", "langgraph_checkpoint_ns": "n:1", "checkpoint_ns": "{own}"}}"#
        );
        let mut span = span(name, &[("metadata", metadata.as_str())]);
        span.parent_id = SpanId::from_bytes([2; 8]).ok();
        span
    }

    #[test]
    fn a_graph_is_an_agent_and_its_nodes_are_steps() {
        let mut graph = span("planner_graph", &[("metadata", r#"{"ls_integration": "langgraph"}"#)]);
        let read = enriched(&graph, Kind::Workflow);
        assert_eq!((read.kind, read.agent.as_deref()), (Kind::Agent, Some("planner_graph")));
        assert_eq!(read.framework.as_deref(), Some("langgraph"));
        graph.parent_id = SpanId::from_bytes([2; 8]).ok();
        assert_eq!(enriched(&graph, Kind::Task).kind, Kind::Agent, "below a span of the user's");

        assert_eq!(enriched(&inside("inner_graph", "n:1"), Kind::Task).kind, Kind::Agent);
        assert_eq!(enriched(&inside("n", "n:1"), Kind::Task).kind, Kind::Agent, "a graph named as its node");
        assert_eq!(enriched(&inside("RunnableSequence", "n:1"), Kind::Task).kind, Kind::Task);
        assert_eq!(enriched(&inside("n", "outer:0"), Kind::Task).kind, Kind::Task);

        let node = span("my_agent", &[("metadata", r#"{"langgraph_node": "my_agent"}"#)]);
        let read = enriched(&node, Kind::Agent);
        assert_eq!((read.kind, read.agent, read.step.as_deref()), (Kind::Task, None, Some("my_agent")));
    }

    #[test]
    fn in_javascript_names_tell_graphs_from_functions() {
        let javascript = |name: &str| {
            let scope = Scope { name: "@arizeai/x-langchain".into(), ..Scope::default() };
            enriched(&Span { scope: Arc::new(scope), ..inside(name, "n:1") }, Kind::Task).kind
        };
        assert_eq!(javascript("n"), Kind::Task);
        assert_eq!(javascript("shouldContinue"), Kind::Task);
        assert_eq!(javascript("LangGraph"), Kind::Agent);
    }

    #[test]
    fn every_convention_carries_the_metadata() {
        for prefix in ["traceloop.association.properties.", "langsmith.metadata."] {
            let (node, thread) = (format!("{prefix}langgraph_node"), format!("{prefix}thread_id"));
            let read =
                enriched(&span("chat", &[(node.as_str(), "writer"), (thread.as_str(), "t")]), Kind::Llm);
            assert_eq!(
                (read.step.as_deref(), read.session.as_deref()),
                (Some("writer"), Some("t")),
                "{prefix}"
            );
        }
        let read = enriched(
            &span("x", &[("langfuse.observation.metadata.langgraph_node", "\"writer\"")]),
            Kind::Llm,
        );
        assert_eq!(read.step.as_deref(), Some("writer"));
        let whole = [("langfuse.observation.metadata", r#"{"langgraph_node": "writer"}"#)];
        assert_eq!(enriched(&span("x", &whole), Kind::Llm).step.as_deref(), Some("writer"));
        let read = enriched(&span("x", &[("metadata", r#"{"thread_id": "t"}"#)]), Kind::Llm);
        assert_eq!((read.framework.as_deref(), read.session), (Some("langchain"), None), "no graph");
    }

    #[test]
    fn a_tool_of_the_supervisor_hands_over() {
        let metadata = r#"{"langgraph_node": "tools", "langgraph_checkpoint_ns": "supervisor:1|tools:2"}"#;
        let transfer = span("transfer_to_math", &[("metadata", metadata)]);
        let mut read =
            Canonical { kind: Kind::Tool, tool: Some("transfer_to_math".into()), ..Canonical::default() };
        Langgraph.enrich(&transfer, &mut read);
        assert_eq!(
            (read.handoff_from.as_deref(), read.handoff_to.as_deref()),
            (Some("supervisor"), Some("math"))
        );
    }
}
