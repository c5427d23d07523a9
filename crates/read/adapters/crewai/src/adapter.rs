//! CrewAI spans of its own tracing, and of OpenInference, OpenLLMetry and OpenLIT.
//!
//! The native spans' names and attributes are those of `crewai.telemetry.tracing`, release 1.15.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Span, Value};
use quipu_normalize::{handoff_to, label};

/// Suffix of the names that OpenInference gives to runs of crews and flows.
const KICKOFF: &str = ".kickoff";
/// Keys of sums over a crew's or flow's calls.
const ROLL_UPS: &[&str] =
    &["crewai.crew.usage_metrics", "crewai.crew.token_usage", "crewai.flow.aggregated_crew_usage_metrics"];
/// Prefixes of `crewai.event_name` on spans without a GenAI operation, with their kinds.
const EVENTS: &[(&str, Kind)] = &[
    ("llm_guardrail", Kind::Guardrail),
    ("agent_reasoning", Kind::Planning),
    ("memory_", Kind::Memory),
    ("knowledge_", Kind::Retrieval),
    ("mcp_tool_execution", Kind::Tool),
    ("a2a_", Kind::Task),
    ("human_feedback", Kind::Task),
];

/// Adds crews, flows, tasks, guardrails and delegation.
#[derive(Debug, Clone, Copy, Default)]
pub struct Crewai;

impl Adapter for Crewai {
    fn name(&self) -> &'static str {
        "crewai"
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["crewai"]
    }

    fn enrich(&self, span: &Span, read: &mut Canonical) {
        event(span, read);
        run(span, read);
        step(span, read);
        // The native spans name an agent by a hash.
        if let Some(role) = named(span, "crewai.agent.role") {
            read.agent = Some(role);
        }
        match read.kind {
            Kind::Guardrail => read.guardrail_triggered = passed(span).map(|passed| !passed),
            Kind::Tool => delegation(span, read),
            _ => {}
        }
    }
}

fn named(span: &Span, key: &str) -> Option<CompactString> {
    span.attributes.get(key).and_then(label)
}

/// Reads a native span without a GenAI operation.
fn event(span: &Span, read: &mut Canonical) {
    let Some(event) = span.attributes.text("crewai.event_name").filter(|_| read.kind == Kind::Other) else {
        return;
    };
    if let Some((_, kind)) = EVENTS.iter().find(|(beginning, _)| event.starts_with(beginning)) {
        read.kind = *kind;
    }
    if read.kind == Kind::Tool {
        read.tool = read.tool.take().or_else(|| named(span, "crewai.mcp.tool_name"));
    }
    if event.starts_with("a2a_delegation") {
        read.handoff_to = named(span, "crewai.a2a.agent_name");
    }
}

/// Reads a crew or flow as a workflow. OpenLLMetry marks crews, agents and tasks all as agents. OpenInference
/// marks a crew within another span as a chain.
fn run(span: &Span, read: &mut Canonical) {
    let is_roll_up = span.attributes.iter().any(|(key, _)| ROLL_UPS.contains(&key.as_str()));
    let kickoff = span.name.split_once(KICKOFF).map(|(name, _)| name);
    let by_openinference = matches!(read.kind, Kind::Workflow | Kind::Task) && kickoff.is_some();
    if span.name == "crewai.workflow" || by_openinference {
        read.kind = Kind::Workflow;
        let name = named(span, "crewai.crew.name").or_else(|| named(span, "crewai.flow.name"));
        read.workflow =
            name.or_else(|| kickoff.and_then(|name| label(&Value::from(name)))).or(read.workflow.take());
    }
    read.never_count |= is_roll_up && !read.kind.is_call();
}

/// Reads a crew's task or a flow's method as a step.
fn step(span: &Span, read: &mut Canonical) {
    let task = [
        "crewai.task.name",
        "task_name",
        "crewai.task.id",
        "task_id",
        "crewai.method.name",
        "flow.node.name",
    ];
    let is_task = span.attributes.text("traceloop.span.kind") == Some("task");
    if is_task && read.kind == Kind::Agent {
        read.kind = Kind::Task;
        read.agent = named(span, "crewai.task.agent");
    }
    if read.step.is_none() && read.kind != Kind::Workflow {
        read.step = task.iter().find_map(|key| named(span, key));
    }
}

fn passed(span: &Span) -> Option<bool> {
    match span.attributes.get("crewai.guardrail.success")? {
        Value::Bool(passed) => Some(*passed),
        other => other.as_str().map(|word| word.eq_ignore_ascii_case("true")),
    }
}

/// Reads the delegation to a coworker as a hand-off and not a tool run. The delegating agent is the span's
/// owner, if it names one.
fn delegation(span: &Span, read: &mut Canonical) {
    read.handoff_to = read.tool.as_deref().and_then(|tool| handoff_to(span, tool));
    if read.handoff_to.is_some() {
        (read.kind, read.tool) = (Kind::Task, None);
        read.handoff_from.clone_from(&read.agent);
    }
}
