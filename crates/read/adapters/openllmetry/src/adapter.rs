//! Adapter for Traceloop and its peculiarities.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Messages, Span, Value};
use quipu_normalize::{
    Slots, any_key_begins, canonical, is_event_of_a_call, lens, messages, pick, read_event, scope_begins,
    scope_is,
};
use quipu_semconv::{Field, OPENLLMETRY_PREFIXES, OPENLLMETRY_SCOPE_PREFIXES, OPENLLMETRY_SCOPES};

/// Maximum size of a tool output that is searched for a failure, in bytes.
const LARGEST_OUTPUT: usize = 1 << 20;

/// Reads OpenLLMetry.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenLlmetry;

impl Adapter for OpenLlmetry {
    fn name(&self) -> &'static str {
        "openllmetry"
    }

    fn claims(&self, span: &Span) -> bool {
        any_key_begins(&span.attributes, OPENLLMETRY_PREFIXES) || from_traceloop(span)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let slots = Slots::of(span);
        let mut read = canonical(&slots, self.name());
        if is_graph_marker(span) {
            read.session = None;
        }
        if is_event_of_a_call(span, &read) {
            read.kind = Kind::Other;
        }
        if read.kind == Kind::Tool && read.error_type.is_none() && tool_failed(&slots) {
            read.error_type = Some(CompactString::const_new("tool_error"));
        }
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn event(&self, event: &mut Event) {
        if OPENLLMETRY_SCOPES.contains(&event.scope.name.as_str())
            || any_key_begins(&event.attributes, OPENLLMETRY_PREFIXES)
        {
            read_event(event);
        }
    }
}

/// Whether a span is Traceloop's. OpenTelemetry's own instrumentations have beta versions (`2.4b0`),
/// Traceloop's never do.
fn from_traceloop(span: &Span) -> bool {
    let is_beta = span.scope.version.contains('b');
    (scope_is(span, OPENLLMETRY_SCOPES) && !is_beta) || scope_begins(span, OPENLLMETRY_SCOPE_PREFIXES)
}

/// Whether a span marks a LangGraph run. It names the graph's thread as conversation, and omits the session
/// that the user attached. Every span below it names the right one of the two.
fn is_graph_marker(span: &Span) -> bool {
    span.attributes.get("gen_ai.workflow.nodes").is_some()
        && !any_key_begins(&span.attributes, OPENLLMETRY_PREFIXES)
}

/// Whether a tool failed. LlamaIndex reports the failure to the model and ends the span as a success; only
/// the output shows it.
fn tool_failed(slots: &Slots<'_>) -> bool {
    let output =
        slots.span.attributes.text("traceloop.entity.output").filter(|text| text.len() <= LARGEST_OUTPUT);
    let Some(output) =
        output.filter(|text| slots.get(Field::EntityName).is_some() && text.contains("\"is_error\""))
    else {
        return false;
    };
    let [here, inner] = pick(output, ["is_error", "tool_output"]);
    let flag = here.or_else(|| inner?.get("is_error").cloned());
    flag == Some(Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use quipu_core::{Scope, SpanId, Timestamp, TraceId};

    use super::*;

    fn span(scope: &str, version: &str, attributes: &[(&str, &str)]) -> Span {
        let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        let mut span = Span::new(trace, id, "x", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        span.attributes = attributes.iter().copied().collect();
        span.scope = Arc::new(Scope { name: scope.into(), version: version.into(), ..Scope::default() });
        span
    }

    #[test]
    fn claims_its_own_and_not_those_of_opentelemetry() {
        let claims = |scope, version, attributes: &[(&str, &str)]| {
            OpenLlmetry.claims(&span(scope, version, attributes))
        };
        assert!(claims("anything", "", &[("traceloop.span.kind", "tool")]));
        assert!(claims("opentelemetry.instrumentation.anthropic", "0.62.4", &[]));
        assert!(claims("@traceloop/instrumentation-openai", "0.27.0", &[]));
        assert!(!claims("opentelemetry.instrumentation.anthropic", "2.1b0", &[]));
        assert!(!claims("opentelemetry.instrumentation.openai_v2", "2.4b0", &[]));
        assert!(!claims("anything", "", &[("gen_ai.operation.name", "chat")]));
    }

    #[test]
    fn names_come_from_the_entity() {
        for (kind, expected) in
            [("tool", Kind::Tool), ("agent", Kind::Agent), ("workflow", Kind::Workflow), ("task", Kind::Task)]
        {
            let read = OpenLlmetry.canonical(&span(
                "",
                "",
                &[("traceloop.span.kind", kind), ("traceloop.entity.name", "n")],
            ));
            assert_eq!(read.kind, expected);
            let name = [&read.tool, &read.agent, &read.workflow].into_iter().flatten().next();
            assert_eq!(name.map(CompactString::as_str), (kind != "task").then_some("n"));
        }
    }

    #[test]
    fn a_task_that_names_a_tool_is_its_run_and_may_have_failed() {
        let failing = r#"{"tool_name": "t", "tool_output": {"raw_output": "x", "is_error": true}}"#;
        let attributes = [
            ("traceloop.span.kind", "task"),
            ("traceloop.entity.name", "Agent.task"),
            ("tool.name", "t"),
            ("traceloop.entity.output", failing),
        ];
        let read = OpenLlmetry.canonical(&span("", "", &attributes));
        assert_eq!((read.kind, read.tool.as_deref()), (Kind::Tool, Some("t")));
        assert_eq!(read.error_type.as_deref(), Some("tool_error"));
    }

    #[test]
    fn the_users_session_comes_before_the_graphs_thread() {
        let both = [
            ("gen_ai.conversation.id", "thread"),
            ("traceloop.association.properties.session_id", "session"),
        ];
        assert_eq!(OpenLlmetry.canonical(&span("", "", &both)).session.as_deref(), Some("session"));
        let marker = [("gen_ai.conversation.id", "thread"), ("gen_ai.workflow.nodes", "a")];
        assert_eq!(OpenLlmetry.canonical(&span("", "", &marker)).session, None);
    }
}
