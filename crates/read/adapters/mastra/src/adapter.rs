//! Adapter for Mastra and its peculiarities.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Lens, Messages, Span, Usage, Value};
use quipu_normalize::{Slots, any_key_begins, canonical, label, lens, messages, scope_begins};
use quipu_semconv::{Field, MASTRA_PREFIXES, MASTRA_SCOPES};

/// Span types of a whole turn of the model, in newer and older releases. They have usage of their own only if
/// there is no separate inference span. Then they are the call.
const GENERATIONS: &[&str] = &["model_generation", "llm_generation"];
/// Span types without usage of their own.
const STEPS: &[&str] = &["model_step", "llm_step", "model_chunk", "llm_chunk"];
/// Prefixes of a workflow's name in a span's name.
const WORKFLOW: &[&str] = &["invoke_workflow ", "workflow_run ", "workflow run: "];
/// Prefixes of a step's name in a span's name.
const STEP: &[&str] = &["workflow_step ", "workflow step: "];

/// Reads Mastra.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mastra;

impl Adapter for Mastra {
    fn name(&self) -> &'static str {
        "mastra"
    }

    fn claims(&self, span: &Span) -> bool {
        any_key_begins(&span.attributes, MASTRA_PREFIXES) || scope_begins(span, MASTRA_SCOPES)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, self.name());
        read.framework = Some(CompactString::const_new("mastra"));
        let kind = slots.text(Field::MastraType).unwrap_or_default();
        if GENERATIONS.contains(&kind) {
            let counts = read.usage.as_ref().is_some_and(Usage::is_known);
            read.kind = if counts { Kind::Llm } else { Kind::Task };
        }
        read.never_count |= STEPS.contains(&kind);
        names(&slots, kind, &mut read);
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }
}

/// Reads the names of workflows and steps from their spans' names.
fn names(slots: &Slots<'_>, kind: &str, read: &mut Canonical) {
    if kind == "workflow_run" {
        read.workflow = read.workflow.take().or_else(|| behind(&slots.span.name, WORKFLOW));
    } else if kind == "workflow_step" {
        read.step = read.step.take().or_else(|| behind(&slots.span.name, STEP));
    }
}

/// The rest of the name after one of `words`, or the whole name if none matches.
fn behind(name: &str, words: &[&str]) -> Option<CompactString> {
    let bare = words.iter().find_map(|word| name.strip_prefix(word)).unwrap_or(name);
    label(&Value::from(bare.trim_matches('\'')))
}
