//! Microsoft's agent framework: workflows of executors, connected by edges that carry messages.
//!
//! The spans' names and attributes in Python are those of `agent_framework.observability`, release 1.23. In
//! .NET they are those of `Microsoft.Agents.AI.Workflows.Observability`, which has one span for a session and
//! one for each of its runs.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Span};
use quipu_normalize::{handoff_to, label};

/// Adds workflows, executors, edges and hand-offs.
#[derive(Debug, Clone, Copy, Default)]
pub struct MsAgentFramework;

impl Adapter for MsAgentFramework {
    fn name(&self) -> &'static str {
        "ms-agent-framework"
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["ms-agent-framework"]
    }

    fn enrich(&self, span: &Span, read: &mut Canonical) {
        match read.kind {
            Kind::Tool => read.handoff_to = read.tool.as_deref().and_then(|tool| handoff_to(span, tool)),
            Kind::Other => part_of_workflow(span, read),
            _ => {}
        }
    }
}

/// Reads a span of a workflow. Its name ends with the executor's id or the kind of edge.
fn part_of_workflow(span: &Span, read: &mut Canonical) {
    let named = |key: &str| span.attributes.get(key).and_then(label);
    match span.name.split(' ').next() {
        Some("workflow.run" | "workflow.session" | "workflow_invoke") => {
            read.kind = Kind::Workflow;
            let name = read.workflow.take().or_else(|| named("workflow.id"));
            read.workflow = name.or_else(|| Some(CompactString::const_new("workflow")));
        }
        Some("workflow.build") => {
            read.workflow = read.workflow.take().or_else(|| named("workflow_builder.name"))
        }
        Some("executor.process") => {
            read.kind = Kind::Task;
            read.step = named("executor.id");
        }
        // A message leads to a step if it has a single target.
        Some("edge_group.process") => read.step = named("message.target_id"),
        Some("message.send") => {
            read.step = named("message.target_id").or_else(|| named("message.destination_executor_id"));
        }
        _ => {}
    }
}
