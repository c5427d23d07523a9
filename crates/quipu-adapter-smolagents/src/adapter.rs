//! smolagents by its OpenInference instrumentation: agents are `name.run`, and what an agent does is `Step N` below.

use quipu_core::{Adapter, Canonical, Kind, Span};

/// How the span of a step is called, before its number.
const STEP: &str = "Step ";

/// The tool by which every agent ends its run.
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

    /// A step whose agent failed can be left without its agent's span; it is a step nevertheless, not a workflow.
    fn enrich(&self, span: &Span, read: &mut Canonical) {
        let number =
            span.name.strip_prefix(STEP).filter(|_| matches!(read.kind, Kind::Task | Kind::Workflow));
        if number.is_some_and(|number| number.parse::<u32>().is_ok()) {
            read.kind = Kind::Task;
            read.step = Some(span.name.clone());
            read.workflow = None;
        }
        // The answer of a run, not the run of a tool.
        if read.kind == Kind::Tool && read.tool.as_deref() == Some(FINAL_ANSWER) {
            (read.kind, read.tool) = (Kind::Task, None);
        }
    }
}
