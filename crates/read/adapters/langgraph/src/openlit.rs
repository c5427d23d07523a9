//! OpenLIT's terms for LangGraph: a graph is a workflow, and its nodes are agents.

use quipu_core::{Canonical, Kind, Span};

/// Scope of OpenLIT's instrumentation of LangGraph.
const SCOPE: &str = "openlit.instrumentation.langgraph";
/// Placeholder name of a graph before its compilation.
const NAMELESS: &str = "default";

/// Corrects the kinds of OpenLIT's spans; `false` for other spans.
pub(crate) fn enrich(span: &Span, read: &mut Canonical) -> bool {
    if span.scope.name != SCOPE {
        return false;
    }
    match span.name.split(' ').next() {
        Some("invoke_workflow") => {
            read.kind = Kind::Agent;
            read.agent.clone_from(&read.workflow);
        }
        Some("invoke_agent") => {
            read.kind = Kind::Task;
            read.step = read.agent.take().or(read.step.take());
            read.agent_id = None;
        }
        Some("create_agent") => read.agent = read.agent.take().filter(|name| name != NAMELESS),
        _ => {}
    }
    true
}
