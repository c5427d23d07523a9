//! Google ADK spans in both of their schemas, and from its OpenInference instrumentation.
//!
//! The spans' names and attributes are those of `google.adk.telemetry`, release 2.13. Its first schema is
//! that of all releases before 2.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Span, Value};
use quipu_normalize::{handoff_to, label};

/// Name of the span, and of its tool, that gathers the answers of tools run in parallel.
const MERGED_TOOLS: &str = "(merged tools)";

/// Adds agents, workflows, nodes and transfers.
#[derive(Debug, Clone, Copy, Default)]
pub struct GoogleAdk;

impl Adapter for GoogleAdk {
    fn name(&self) -> &'static str {
        "google-adk"
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["google-adk"]
    }

    fn enrich(&self, span: &Span, read: &mut Canonical) {
        let (verb, rest) = span.name.split_once(' ').unwrap_or((&span.name, ""));
        match (read.kind, verb) {
            // The merged tools have separate spans.
            (Kind::Tool, _) if read.tool.as_deref() == Some(MERGED_TOOLS) => {
                (read.kind, read.tool, read.tool_call_id) = (Kind::Task, None, None);
            }
            (Kind::Tool, _) => transfer(span, read),
            // Figures identify a call of the first schema, but a failed call has none.
            (Kind::Other, "call_llm") => read.kind = Kind::Llm,
            // The first schema writes attributes only after a successful tool run.
            (Kind::Other, "execute_tool") if !rest.starts_with('(') => {
                read.kind = Kind::Tool;
                read.tool = read.tool.take().or_else(|| label(&Value::from(rest)));
                transfer(span, read);
            }
            (Kind::Other, "invocation") => {
                read.kind = Kind::Workflow;
                read.workflow = read.workflow.take().or_else(|| bracketed(rest));
            }
            (Kind::Other | Kind::Agent, "agent_run" | "invoke_agent") => {
                read.kind = Kind::Agent;
                read.agent = read.agent.take().or_else(|| bracketed(rest));
            }
            (Kind::Task, "invoke_node") => read.step = label(&Value::from(rest)),
            _ => {}
        }
    }
}

/// Reads `transfer_to_agent` as a hand-off and not a tool run. If contents are captured, its argument names
/// the agent.
fn transfer(span: &Span, read: &mut Canonical) {
    let Some(tool) = read.tool.take_if(|tool| tool == "transfer_to_agent") else { return };
    read.kind = Kind::Task;
    read.handoff_to = handoff_to(span, &tool);
    read.handoff_from.clone_from(&read.agent);
}

/// A name, optionally in brackets as in `agent_run [triage]`.
fn bracketed(rest: &str) -> Option<CompactString> {
    label(&Value::from(rest.trim_start_matches('[').trim_end_matches(']')))
}
