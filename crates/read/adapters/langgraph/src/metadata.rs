//! LangGraph's metadata, in every convention.
//!
//! The keys are those that LangGraph's Pregel loop and LangChain's `create_agent` give to every run.

use compact_str::CompactString;
use quipu_core::{Span, Value};
use quipu_normalize::{label, labels};

const NODE: &str = "langgraph_node";
const NAMESPACE: &str = "langgraph_checkpoint_ns";
const OWN_NAMESPACE: &str = "checkpoint_ns";
const INTEGRATION: &str = "ls_integration";
const AGENT: &str = "lc_agent_name";
const THREAD: &str = "thread_id";
const KEYS: [&str; 6] = [NODE, NAMESPACE, OWN_NAMESPACE, INTEGRATION, AGENT, THREAD];

/// Keys with all metadata as one object, from OpenInference and Langfuse.
const OBJECTS: [&str; 2] = ["metadata", "langfuse.observation.metadata"];
/// Prefixes of keys with one entry each, from OpenLLMetry, LangSmith and Langfuse.
const PREFIXES: [&str; 3] =
    ["traceloop.association.properties.", "langsmith.metadata.", "langfuse.observation.metadata."];
/// Values of `ls_integration` for a graph or its inner runs.
const INTEGRATIONS: [&str; 3] = ["langgraph", "langchain_create_agent", "deepagents"];

/// LangGraph's metadata of a run.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    /// The node of the run.
    pub node: Option<CompactString>,
    /// The checkpoint namespace of that node: `graph:id|node:id`.
    pub namespace: Option<CompactString>,
    /// The checkpoint namespace that the run itself was configured with.
    pub own_namespace: Option<CompactString>,
    /// Whether the run is LangGraph's own, and not a model's or chain's.
    pub is_graphs_own: bool,
    /// The agent made by `create_agent`.
    pub agent: Option<CompactString>,
    /// The thread of the checkpoints.
    pub thread: Option<CompactString>,
}

impl Metadata {
    /// The metadata of a span, if LangGraph took part in it.
    pub(crate) fn of(span: &Span) -> Option<Self> {
        let mut found = [const { None }; KEYS.len()];
        for (key, value) in &span.attributes {
            if OBJECTS.contains(&key.as_str()) && value.as_str().is_none_or(tells) {
                fill(&mut found, labels(value, KEYS));
            } else if let Some(at) = position(key) {
                found[at] = found[at].take().or_else(|| word(value));
            }
        }
        let [node, namespace, own_namespace, integration, agent, thread] = found;
        let is_graphs_own = integration.is_some_and(|name| INTEGRATIONS.contains(&name.as_str()));
        let read = Self { node, namespace, own_namespace, is_graphs_own, agent, thread };
        (read.node.is_some() || is_graphs_own).then_some(read)
    }

    /// The graph of the node: the parent node in its checkpoint namespace, in which the graph runs.
    pub(crate) fn above(&self) -> Option<CompactString> {
        let mut levels = self.namespace.as_deref()?.rsplit('|').skip(1);
        let name = levels.next()?.split(':').next()?;
        label(&Value::from(name))
    }
}

/// The index in [`KEYS`] of a key with one entry.
fn position(key: &str) -> Option<usize> {
    let name = PREFIXES.iter().find_map(|prefix| key.strip_prefix(prefix))?;
    KEYS.iter().position(|wanted| *wanted == name)
}

/// Whether the text may contain relevant metadata, to avoid parsing.
fn tells(text: &str) -> bool {
    text.contains(NODE) || INTEGRATIONS.iter().any(|name| text.contains(name))
}

fn fill(found: &mut [Option<CompactString>; KEYS.len()], more: [Option<CompactString>; KEYS.len()]) {
    for (slot, value) in found.iter_mut().zip(more) {
        *slot = slot.take().or(value);
    }
}

/// A word, plain or in JSON quotes.
fn word(value: &Value) -> Option<CompactString> {
    match value.as_str() {
        Some(text) => label(&Value::from(text.trim_matches('"'))),
        None => label(value),
    }
}
