//! smolagents with OpenInference: agents are `name.run`, and their steps are `Step N` below.

use quipu_core::{Adapter, Canonical, Kind, Span};

/// Prefix of a step's span name, before its number.
const STEP: &str = "Step ";

/// The tool that ends every run of an agent.
const FINAL_ANSWER: &str = "final_answer";

/// Adds smolagents' steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Smolagents;

impl Adapter for Smolagents {
    fn name(&self) -> &'static str {
        "smolagents"
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["smolagents"]
    }

    /// If an agent fails, its step may lack the agent's span. It is still a step and not a workflow.
    fn enrich(&self, span: &Span, read: &mut Canonical) {
        let number =
            span.name.strip_prefix(STEP).filter(|_| matches!(read.kind, Kind::Task | Kind::Workflow));
        if number.is_some_and(|number| number.parse::<u32>().is_ok()) {
            read.kind = Kind::Task;
            read.step = Some(span.name.clone());
            read.workflow = None;
        }
        // This is the answer of a run, and not a tool run.
        if read.kind == Kind::Tool && read.tool.as_deref() == Some(FINAL_ANSWER) {
            (read.kind, read.tool) = (Kind::Task, None);
        }
    }
}
