//! Semantic Kernel in Python and .NET: a tool is a function of a plugin, and a loop alternates between model
//! calls and functions.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Span};
use quipu_normalize::handoff_to;

/// The span around model calls and the requested functions.
const LOOP: &str = "AutoFunctionInvocationLoop";

/// Adds Semantic Kernel's functions, loops and hand-offs.
#[derive(Debug, Clone, Copy, Default)]
pub struct SemanticKernel;

impl Adapter for SemanticKernel {
    fn name(&self) -> &'static str {
        "semantic-kernel"
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["semantic-kernel"]
    }

    fn enrich(&self, span: &Span, read: &mut Canonical) {
        match read.kind {
            Kind::Tool => tool(span, read),
            Kind::Other if span.name == LOOP => {
                read.kind = Kind::Task;
                read.step = Some(CompactString::const_new(LOOP));
            }
            _ => {}
        }
    }
}

/// Reads a tool. An agent used as another agent's plugin has one function of its own name. A call of it is
/// that agent's run and no tool run.
fn tool(span: &Span, read: &mut Canonical) {
    let Some((plugin, function)) = span.attributes.text("gen_ai.tool.name").and_then(parts) else { return };
    read.tool = Some(CompactString::from(function));
    read.handoff_to = match plugin == function {
        true => Some(CompactString::from(function)),
        false => handoff_to(span, function),
    };
    if read.handoff_to.is_some() {
        (read.kind, read.tool) = (Kind::Task, None);
    }
}

/// Plugin and function in `plugin-function`. A plugin's name cannot contain a hyphen.
fn parts(name: &str) -> Option<(&str, &str)> {
    name.split_once('-').filter(|(plugin, function)| !plugin.is_empty() && !function.is_empty())
}
