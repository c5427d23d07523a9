//! Counts of calls and tool runs per agent run.

use quipu_core::{Cost, Kind, Span};

use super::Key;
use super::recent::Recent;
use super::tell::Tell;

/// Remembered open spans with calls below them.
const OPEN: usize = 8_192;

/// Counts below spans that have not ended yet. A span ends after its descendants.
#[derive(Default)]
pub(crate) struct Tally(Recent<Key, (u64, u64), OPEN>);

impl Tally {
    pub fn see(&mut self, span: &Span, row: Option<&Cost>, tell: &Tell<'_>) {
        let (mut calls, mut tools) = self.0.remove(&(span.trace_id, span.span_id)).unwrap_or_default();
        if span.canonical.kind == Kind::Agent {
            let labels = [("gen_ai.agent.name", span.canonical.agent.as_deref())];
            tell.observe("gen_ai.invoke_agent.inference_calls", calls as f64, &labels);
            tell.observe("gen_ai.invoke_agent.tool_calls", tools as f64, &labels);
            return;
        }
        calls += u64::from(row.is_some_and(Cost::is_call));
        tools += u64::from(row.is_some_and(Cost::is_tool_run));
        if calls + tools > 0
            && let Some(parent) = span.parent_id
        {
            let parent = (span.trace_id, parent);
            let (more_calls, more_tools) = self.0.remove(&parent).unwrap_or_default();
            self.0.insert(parent, (calls + more_calls, tools + more_tools));
        }
    }
}
