//! The adapter and OpenInference's habits.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Messages, Span, Value};
use quipu_normalize::{Slots, any_key_begins, canonical, label, messages, pick, scope_begins};
use quipu_semconv::{Field, OPENINFERENCE_PREFIXES, OPENINFERENCE_SCOPES};

/// Largest output that is searched for the provider's id of the answer, in bytes.
const LARGEST_OUTPUT: usize = 1 << 20;
/// Endings of span names that are not part of an agent's name.
const RUN_ENDINGS: &[&str] = &[".run", ".arun", ".invoke", ".ainvoke", ".kickoff"];

/// Parts of the names that LangChain gives to its own steps.
const CHAIN_NAMES: &[&str] = &["Runnable", "Prompt", "prompt", "Parser"];

/// Reads OpenInference.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenInference;

impl Adapter for OpenInference {
    fn name(&self) -> &'static str {
        "openinference"
    }

    fn claims(&self, span: &Span) -> bool {
        any_key_begins(&span.attributes, OPENINFERENCE_PREFIXES) || scope_begins(span, OPENINFERENCE_SCOPES)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, self.name());
        match read.kind {
            Kind::Llm => read.response_id = read.response_id.take().or_else(|| id_in_output(&slots)),
            Kind::Agent => read.agent = read.agent.take().or_else(|| agent_name(span)),
            Kind::Tool => read.tool = read.tool.take().or_else(|| span_name(span)),
            Kind::Workflow => workflow(&slots, &mut read),
            _ => {}
        }
        langgraph(&slots, &mut read);
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }
}

/// The `id` at the top of the provider's answer, which tells that another instrumentation saw the same call.
fn id_in_output(slots: &Slots<'_>) -> Option<CompactString> {
    let output = slots.text(Field::OutputValue).filter(|text| text.len() <= LARGEST_OUTPUT)?;
    // LangChain's results have no id at the top and can be long.
    if output.starts_with("{\"generations\"") {
        return None;
    }
    let [id] = pick(output, ["id"]);
    id.as_ref().and_then(label).filter(|id| id.len() <= 256)
}

/// An agent without a name of its own goes by its span's name.
fn agent_name(span: &Span) -> Option<CompactString> {
    let name = span.name.as_str();
    let bare = RUN_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    label(&Value::from(bare))
}

fn span_name(span: &Span) -> Option<CompactString> {
    label(&Value::from(span.name.as_str()))
}

/// A root chain is a workflow that goes by its span's name.
fn workflow(slots: &Slots<'_>, read: &mut Canonical) {
    read.workflow = read.workflow.take().or_else(|| span_name(slots.span));
}

/// LangChain's metadata tells LangGraph apart. A graph is an agent, and its nodes are that agent's steps; the convention
/// calls both chains, and whatever has `agent` in its name an agent.
fn langgraph(slots: &Slots<'_>, read: &mut Canonical) {
    let Some(metadata) = slots.text(Field::Metadata).filter(|text| text.contains("langgraph")) else {
        return;
    };
    read.framework = Some(CompactString::const_new("langgraph"));
    if !matches!(read.kind, Kind::Workflow | Kind::Task | Kind::Agent) {
        return;
    }
    let [node, of_node, own] = pick(metadata, ["langgraph_node", "langgraph_checkpoint_ns", "checkpoint_ns"]);
    let name = span_name(slots.span);
    if is_graph(slots.span, node.as_ref(), own.is_some() && own == of_node) {
        read.kind = Kind::Agent;
        read.workflow = read.workflow.take().or_else(|| name.clone());
        read.agent = read.agent.take().or(name);
    } else if node.as_ref().and_then(label) == name {
        read.kind = Kind::Task;
        read.agent = None;
    }
}

/// Outside of all nodes only graphs run. Inside a node, a graph or chain of its own has the node's checkpoint namespace
/// as its own; chains go by their class's name unless the user named them.
fn is_graph(span: &Span, node: Option<&Value>, has_namespace_of_node: bool) -> bool {
    if node.is_none() {
        return span.parent_id.is_none();
    }
    has_namespace_of_node && !CHAIN_NAMES.iter().any(|part| span.name.contains(part))
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

    #[test]
    fn claims_by_attributes_then_by_scope() {
        assert!(OpenInference.claims(&span("x", &[("openinference.span.kind", "LLM")])));
        assert!(OpenInference.claims(&span("x", &[("llm.token_count.prompt", "1")])));
        assert!(!OpenInference.claims(&span("x", &[("gen_ai.operation.name", "chat")])));
        let mut bare = span("x", &[]);
        assert!(!OpenInference.claims(&bare));
        bare.scope =
            Arc::new(Scope { name: "openinference.instrumentation.openai".into(), ..Scope::default() });
        assert!(OpenInference.claims(&bare));
    }

    #[test]
    fn the_id_of_the_answer_is_in_the_output() {
        let output = r#"{"choices": [{"id": "not this"}], "id": "chatcmpl-1", "model": "m"}"#;
        let read = OpenInference
            .canonical(&span("x", &[("openinference.span.kind", "LLM"), ("output.value", output)]));
        assert_eq!(read.response_id.as_deref(), Some("chatcmpl-1"));
        let read = OpenInference
            .canonical(&span("x", &[("openinference.span.kind", "CHAIN"), ("output.value", output)]));
        assert_eq!(read.response_id, None);
    }

    #[test]
    fn the_one_model_name_is_the_answering_one_unless_the_call_failed() {
        let attributes = [("openinference.span.kind", "LLM"), ("llm.model_name", "m-2024")];
        let mut span = span("x", &attributes);
        let read = OpenInference.canonical(&span);
        assert_eq!((read.request_model, read.response_model.as_deref()), (None, Some("m-2024")));
        span.status = quipu_core::Status::Error;
        let read = OpenInference.canonical(&span);
        assert_eq!((read.request_model.as_deref(), read.response_model), (Some("m-2024"), None));
    }

    #[test]
    fn agents_go_by_their_spans_names() {
        let read = OpenInference.canonical(&span("boss.run", &[("openinference.span.kind", "AGENT")]));
        assert_eq!((read.kind, read.agent.as_deref()), (Kind::Agent, Some("boss")));
        let named = [("openinference.span.kind", "agent"), ("graph.node.id", "Researcher")];
        assert_eq!(OpenInference.canonical(&span("x", &named)).agent.as_deref(), Some("Researcher"));
    }

    #[test]
    fn a_graph_is_an_agent_and_its_nodes_are_steps() {
        let graph =
            [("openinference.span.kind", "CHAIN"), ("metadata", r#"{"ls_integration": "langgraph"}"#)];
        let read = OpenInference.canonical(&span("planner_graph", &graph));
        assert_eq!((read.kind, read.agent.as_deref()), (Kind::Agent, Some("planner_graph")));
        assert_eq!(read.framework.as_deref(), Some("langgraph"));

        let inside = |name: &str, own: &str| {
            let metadata = format!(
                r#"{{"langgraph_node": "n", "langgraph_checkpoint_ns": "n:1", "checkpoint_ns": "{own}"}}"#
            );
            let mut span =
                span(name, &[("openinference.span.kind", "CHAIN"), ("metadata", metadata.as_str())]);
            span.parent_id = SpanId::from_bytes([2; 8]).ok();
            OpenInference.canonical(&span).kind
        };
        assert_eq!(inside("inner_graph", "n:1"), Kind::Agent);
        assert_eq!(inside("RunnableSequence", "n:1"), Kind::Task);
        assert_eq!(inside("n", "outer:0"), Kind::Task);

        let node = [("openinference.span.kind", "AGENT"), ("metadata", r#"{"langgraph_node": "my_agent"}"#)];
        let read = OpenInference.canonical(&span("my_agent", &node));
        assert_eq!((read.kind, read.agent), (Kind::Task, None));
    }

    #[test]
    fn a_root_chain_is_a_workflow() {
        let read = OpenInference.canonical(&span("crew", &[("openinference.span.kind", "CHAIN")]));
        assert_eq!((read.kind, read.workflow.as_deref()), (Kind::Workflow, Some("crew")));
    }
}
