//! Adapter for spans of Quipu's own library.
//!
//! The library writes OpenTelemetry's GenAI attributes, read by the common rules, and `quipu.kind` for the
//! kind of a span. Its input tokens are totals that include cached ones. Spans that other instrumentations
//! make through it have their own scope, so their own adapters read them.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Messages, Span, Value};
use quipu_normalize::{Slots, canonical, explain, handoff_to, label, lens, messages, read_event};
use quipu_semconv::quipu::{FRAMEWORK, HANDOFF_EVENT, KIND, KINDS, NO_KIND, SCOPE, USAGE_ESTIMATED};
use quipu_semconv::{Field, HANDOFF_TO};

/// The framework of code without a named one.
const OWN_FRAMEWORK: CompactString = CompactString::const_new("quipu");

/// Reads what Quipu's own library records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quipu;

impl Adapter for Quipu {
    fn name(&self) -> &'static str {
        "quipu"
    }

    fn claims(&self, span: &Span) -> bool {
        span.scope.name == SCOPE
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, self.name());
        read.framework = Some(framework(span.attributes.get(FRAMEWORK)));
        read.operation = read.operation.take().or_else(|| operation(&slots));
        if read.kind == Kind::Task && read.workflow.is_some() {
            read.step = label(&span.name.as_str().into());
        }
        if let Some(usage) = &mut read.usage {
            usage.estimated = span.attributes.get(USAGE_ESTIMATED) == Some(&Value::Bool(true));
        }
        hand_off(span, &mut read);
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        let mut lens = lens(span, read);
        if span.attributes.get(FRAMEWORK).is_some() {
            explain(&mut lens, "framework", FRAMEWORK, "the framework that the code declares");
        }
        explain(&mut lens, "operation", KIND, "a span kind of the library");
        explain(&mut lens, "handoff_to", HANDOFF_TO[0], "on the span's event \"handoff\"");
        lens
    }

    fn event(&self, event: &mut Event) {
        if event.scope.name != SCOPE {
            return;
        }
        event.framework = event.framework.take().or_else(|| Some(framework(event.attributes.get(FRAMEWORK))));
        read_event(event);
    }
}

fn framework(said: Option<&Value>) -> CompactString {
    said.and_then(label).unwrap_or(OWN_FRAMEWORK)
}

/// The name of a kind that [`Kind`] does not have.
fn operation(slots: &Slots<'_>) -> Option<CompactString> {
    let word = slots.label(Field::QuipuKind)?;
    let is_ours = KINDS.iter().any(|(known, kind)| *known == word && *kind == Kind::Other);
    (is_ours && word != NO_KIND).then_some(word)
}

/// Reads a hand-off: on an agent's span as an event, for a model by the name of a tool. The first hand-off is
/// used; the span's events have all of them.
fn hand_off(span: &Span, read: &mut Canonical) {
    let said = || {
        let event = span.events.iter().find(|event| event.name == HANDOFF_EVENT)?;
        HANDOFF_TO.iter().find_map(|key| event.attributes.get(key)).and_then(label)
    };
    let by_tool =
        || read.tool.as_deref().filter(|_| read.kind == Kind::Tool).and_then(|tool| handoff_to(span, tool));
    let taker = read.handoff_to.take().or_else(said).or_else(by_tool);
    if taker.is_some() {
        read.handoff_from = read.handoff_from.take().or_else(|| read.agent.clone());
    }
    read.handoff_to = taker;
}
