//! Adapter for `OpenLIT` and its peculiarities.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Meeting, Messages, Span, Value};
use quipu_normalize::{
    Slots, any_key_begins, canonical, is_event_of_a_call, label, lens, messages_as, read_event, scope_begins,
};
use quipu_semconv::{
    Field, OPENLIT_GUARD_PREFIX, OPENLIT_GUARD_TRIGGERED, OPENLIT_OPERATIONS, OPENLIT_SCOPES,
};

use crate::estimate::{bounds, is_estimate};

/// Key of the SDK that made a span.
const SDK: &str = "telemetry.sdk.name";
/// `OpenLIT`'s placeholders for missing names.
const NAMELESS: &[&str] = &["default", "unknown"];

/// Reads `OpenLIT`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Openlit;

impl Adapter for Openlit {
    fn name(&self) -> &'static str {
        "openlit"
    }

    fn claims(&self, span: &Span) -> bool {
        scope_begins(span, OPENLIT_SCOPES) || span.attributes.text(SDK) == Some("openlit")
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, self.name());
        more_kinds(span, &mut read);
        guardrail_as_agent(&slots, &mut read);
        nameless(&mut read);
        step_as_agent(span, &mut read);
        if is_event_of_a_call(span, &read) {
            read.kind = Kind::Other;
        }
        if read.kind.is_call() {
            read.meeting = read.meeting.or_else(|| meeting(span, &read));
            // The tool is one that the answer requests, and not one that ran.
            (read.tool, read.tool_call_id) = (None, None);
        }
        if is_estimate(&slots, &read)
            && let Some(usage) = read.usage.take()
        {
            read.estimate = Some(Box::new(bounds(&usage)));
            read.notes
                .push(CompactString::const_new("the tokens are OpenLIT's estimate: the stream had none"));
        }
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages_as(span, self.canonical(span).kind)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn event(&self, event: &mut Event) {
        if event.scope.name.starts_with("openlit.") {
            read_event(event);
        }
    }
}

/// Reads `OpenLIT`'s own operations, and guards.
fn more_kinds(span: &Span, read: &mut Canonical) {
    if read.kind == Kind::Other {
        let told = read
            .operation
            .as_deref()
            .and_then(|word| OPENLIT_OPERATIONS.iter().find(|(name, _)| *name == word));
        read.kind = told.map_or(Kind::Other, |(_, kind)| *kind);
    }
    if matches!(read.kind, Kind::Other | Kind::Task)
        && any_key_begins(&span.attributes, &[OPENLIT_GUARD_PREFIX])
    {
        read.kind = Kind::Guardrail;
        read.guardrail_triggered = triggered(span);
    }
}

/// Reads guardrails of OpenAI's agents, which have the operation of an agent and a result.
fn guardrail_as_agent(slots: &Slots<'_>, read: &mut Canonical) {
    let Some(found) = slots.get(Field::GuardrailTriggered).filter(|_| read.kind == Kind::Agent) else {
        return;
    };
    (read.kind, read.agent) = (Kind::Guardrail, None);
    read.guardrail_triggered = match found {
        Value::Bool(flag) => Some(*flag),
        word => label(word).map(|word| word.eq_ignore_ascii_case("true")),
    };
}

/// Reads steps of CrewAI's flows, which have the operation of an agent. Agents have a name and an id.
fn step_as_agent(span: &Span, read: &mut Canonical) {
    let is_run = read.kind == Kind::Agent && read.operation.as_deref() == Some("invoke_agent");
    if is_run && span.parent_id.is_some() && read.agent.is_none() && read.agent_id.is_none() {
        read.kind = Kind::Task;
    }
}

/// The first result of a guard: whether it stopped the request.
fn triggered(span: &Span) -> Option<bool> {
    OPENLIT_GUARD_TRIGGERED.iter().find_map(|(key, words)| match span.attributes.get(key)? {
        Value::Bool(flag) => Some(*flag),
        value => label(value).map(|word| words.contains(&word.to_lowercase().as_str())),
    })
}

/// The meeting of a log record without a trace. It may report the same call as a span, for example if a
/// stream is read after the request. Only the answer's id connects the two.
fn meeting(span: &Span, read: &Canonical) -> Option<Meeting> {
    let response = read.response_id.as_deref().filter(|_| span.parent_id.is_none())?;
    Some(Meeting::of_answer(response, span.start))
}

fn nameless(read: &mut Canonical) {
    let named = |name: &CompactString| !NAMELESS.contains(&name.as_str());
    read.agent = read.agent.take().filter(named);
    read.request_model = read.request_model.take().filter(named);
    read.response_model = read.response_model.take().filter(named);
}
