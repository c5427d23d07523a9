//! Detection of tools by which one agent hands over to another.

use compact_str::CompactString;
use quipu_core::{Span, Value};
use quipu_semconv::{HANDOFF_PREFIXES, HANDOFF_TOOLS, TOOL_ARGUMENTS};

use crate::json::pick;
use crate::read::labels;
use crate::text::label;

/// Span event that carries a tool's arguments if the span has none.
const ARGUMENTS_EVENT: (&str, &str) = ("gen_ai.tool.message", "content");
/// Key of the tool's arguments within those of a wrapped Python call.
const WRAPPED_ARGUMENTS: &str = "kwargs";

/// The agent that a tool hands over to. It comes from the tool's name, or from its argument for tools that
/// accept any agent. `None` if `tool` is no such tool, or if the arguments were not sent.
pub fn handoff_to(span: &Span, tool: &str) -> Option<CompactString> {
    if let Some((_, argument)) = HANDOFF_TOOLS.iter().find(|(name, _)| name.eq_ignore_ascii_case(tool)) {
        return arguments(span).find_map(|value| argument_of(value, argument));
    }
    let agent = HANDOFF_PREFIXES.iter().find_map(|prefix| tool.strip_prefix(prefix))?;
    label(&Value::from(agent))
}

/// The value of one argument. Instrumentations that wrap a Python function send the arguments of the call,
/// with those of the tool inside.
fn argument_of(value: &Value, name: &str) -> Option<CompactString> {
    let [plain] = labels(value, [name]);
    plain.or_else(|| {
        let [within] = match value {
            Value::String(text) => pick(text, [WRAPPED_ARGUMENTS]),
            other => [other.get(WRAPPED_ARGUMENTS).cloned()],
        };
        within?.get(name).and_then(label)
    })
}

/// All values that may hold the tool's arguments.
fn arguments(span: &Span) -> impl Iterator<Item = &Value> {
    let (event, key) = ARGUMENTS_EVENT;
    let on_events = span.events.iter().filter(move |sent| sent.name == event);
    TOOL_ARGUMENTS
        .iter()
        .filter_map(|name| span.attributes.get(name))
        .chain(on_events.filter_map(move |sent| sent.attributes.get(key)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use quipu_core::{SpanEvent, SpanId, Timestamp, TraceId};

    use super::*;

    fn span(attributes: &[(&str, &str)]) -> Span {
        let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        let mut span = Span::new(trace, id, "tool", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        span.attributes = attributes.iter().copied().collect();
        span
    }

    #[test]
    fn the_name_tells_the_agent() {
        assert_eq!(handoff_to(&span(&[]), "transfer_to_billing").as_deref(), Some("billing"));
        assert_eq!(handoff_to(&span(&[]), "transfer_back_to_supervisor").as_deref(), Some("supervisor"));
        assert_eq!(handoff_to(&span(&[]), "handoff_to_writer").as_deref(), Some("writer"));
        assert_eq!(handoff_to(&span(&[]), "transfer_to_"), None);
        assert_eq!(handoff_to(&span(&[]), "get_weather"), None);
    }

    #[test]
    fn the_argument_tells_the_agent() {
        let arguments = [("gen_ai.tool.call.arguments", r#"{"agent_name": "weather_expert"}"#)];
        assert_eq!(handoff_to(&span(&arguments), "transfer_to_agent").as_deref(), Some("weather_expert"));
        assert_eq!(handoff_to(&span(&[]), "transfer_to_agent"), None);
        let arguments = [("input.value", "{'task': 'x', 'coworker': 'Researcher'}")];
        assert_eq!(handoff_to(&span(&arguments), "Delegate work to coworker").as_deref(), Some("Researcher"));
        let arguments =
            [("input.value", r#"{"kwargs": {"to_agent": "Writer", "reason": "x", "ctx": "<Context>"}}"#)];
        assert_eq!(handoff_to(&span(&arguments), "handoff").as_deref(), Some("Writer"));
        let mut bare = span(&[]);
        let attributes = [("content", r#"{"agent_name": "b", "message": "m"}"#)].into_iter().collect();
        bare.events.push(SpanEvent { time: bare.start, name: "gen_ai.tool.message".into(), attributes });
        assert_eq!(handoff_to(&bare, "handoff_to_agent").as_deref(), Some("b"));
    }
}
