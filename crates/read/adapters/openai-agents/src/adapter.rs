//! Values of the SDK beyond the conventions of four instrumentations: OpenInference, OpenLLMetry, Logfire and
//! OpenTelemetry's own.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Span, Value};
use quipu_normalize::label;

/// Placeholder agent of OpenTelemetry's own instrumentation on spans without an agent.
const NO_AGENT: &str = "OpenAI Agent";
/// Placeholder of instrumentations for an unknown agent.
const UNKNOWN: &str = "unknown";
/// Prefix of the agent's name in the name of a hand-off's span.
const HANDOFF: &str = "handoff to ";
/// Keys that name an agent. The span of an agent has one of them; that of a whole run has none.
const AGENT_KEYS: &[&str] = &["agent.name", "graph.node.id", "gen_ai.agent.name"];
/// Maximum length of an accepted agent name, in bytes.
const LONGEST_NAME: usize = 256;

/// Enriches spans of the OpenAI Agents SDK.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenaiAgents;

impl Adapter for OpenaiAgents {
    fn name(&self) -> &'static str {
        "openai-agents"
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["openai-agents"]
    }

    fn enrich(&self, span: &Span, read: &mut Canonical) {
        whole_run(span, read);
        handoff(span, read);
        turn(read);
        read.agent.take_if(|agent| read.kind != Kind::Agent && agent == NO_AGENT);
        for side in [&mut read.handoff_from, &mut read.handoff_to] {
            side.take_if(|agent| agent.eq_ignore_ascii_case(UNKNOWN));
        }
    }
}

/// Reads the span of a whole run as a workflow with its name. OpenInference marks it as an agent.
fn whole_run(span: &Span, read: &mut Canonical) {
    let is_named = AGENT_KEYS.iter().any(|key| span.attributes.get(key).is_some());
    if read.kind == Kind::Agent && read.convention == "openinference" && span.parent_id.is_none() && !is_named
    {
        read.kind = Kind::Workflow;
        read.agent = None;
        read.workflow = read.workflow.take().or_else(|| name(span.name.as_str()));
    }
}

/// Reads a hand-off. OpenInference marks it as a tool, with the agents' names as its input and output.
fn handoff(span: &Span, read: &mut Canonical) {
    let Some((before, to)) = span.name.split_at_checked(HANDOFF.len()) else { return };
    if !before.eq_ignore_ascii_case(HANDOFF) {
        return;
    }
    let side = |key| span.attributes.text(key).filter(|text| !text.starts_with(['{', '['])).and_then(name);
    read.kind = Kind::Task;
    read.tool = None;
    read.tool_call_id = None;
    read.handoff_from = read.handoff_from.take().or_else(|| side("input.value"));
    read.handoff_to = read.handoff_to.take().or_else(|| side("output.value")).or_else(|| name(to));
}

/// Reads turns and similar spans, which have no operation of the conventions.
fn turn(read: &mut Canonical) {
    if read.kind == Kind::Other && read.operation.as_deref() == Some(UNKNOWN) {
        read.kind = Kind::Task;
    }
}

fn name(text: &str) -> Option<CompactString> {
    label(&Value::from(text)).filter(|name| name.len() <= LONGEST_NAME)
}
