//! Strands Agents: agents run in cycles of a call and its tools, and swarms and graphs run agents.
//!
//! The spans' names and attributes are those of `strands.telemetry.tracer`, release 1.62.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Span};
use quipu_normalize::handoff_to;

/// Operation of a cycle.
const CYCLE: &str = "execute_event_loop_cycle";

/// Keys of a tool's status; the second is of releases before 1.
const TOOL_STATUS: &[&str] = &["gen_ai.tool.status", "tool.status"];

/// Adds cycles, swarms, hand-offs and the tools' own status.
#[derive(Debug, Clone, Copy, Default)]
pub struct Strands;

impl Adapter for Strands {
    fn name(&self) -> &'static str {
        "strands"
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["strands"]
    }

    fn enrich(&self, span: &Span, read: &mut Canonical) {
        // An agent's figures accumulate over all its runs, and a cycle's figures repeat those of its call.
        read.never_count |= !read.kind.is_call() && read.usage.is_some();
        match (read.kind, read.operation.as_deref()) {
            (Kind::Tool, _) => tool(span, read),
            (Kind::Task, Some(CYCLE)) => read.step = Some(CompactString::const_new("event_loop_cycle")),
            (Kind::Workflow, Some(operation)) => {
                let name = operation.strip_prefix("invoke_").map(CompactString::from);
                read.workflow = read.workflow.take().or(name);
            }
            _ => {}
        }
    }
}

/// Reads a tool run. A tool can report a failure without raising an error; then only its status shows it.
fn tool(span: &Span, read: &mut Canonical) {
    if TOOL_STATUS.iter().any(|key| span.attributes.text(key) == Some("error")) {
        read.error_type = read.error_type.take().or(Some(CompactString::const_new("tool_error")));
    }
    read.handoff_to = read.tool.as_deref().and_then(|tool| handoff_to(span, tool));
}
