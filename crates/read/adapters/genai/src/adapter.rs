//! Adapter for the GenAI conventions, and the peculiarities of frameworks that use them natively.

use quipu_core::{Adapter, Canonical, Event, Lens, Messages, Metric, Span};
use quipu_normalize::{Slots, any_key_begins, canonical, lens, messages, read_event, scope_begins};
use quipu_semconv::{Field, GENAI_PREFIXES, GENAI_SCOPES};

use crate::{details, metrics};

/// Reads the GenAI conventions and, as the last of the adapters, all similar spans.
#[derive(Debug, Clone, Copy, Default)]
pub struct GenAi;

impl Adapter for GenAi {
    fn name(&self) -> &'static str {
        "genai"
    }

    fn claims(&self, span: &Span) -> bool {
        any_key_begins(&span.attributes, GENAI_PREFIXES)
            || scope_begins(span, GENAI_SCOPES)
            || resembles(span)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        canonical(&Slots::of(span), self.name())
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn event(&self, event: &mut Event) {
        read_event(event);
    }

    fn span_of_event(&self, event: &Event) -> Option<Span> {
        details::span(event)
    }

    fn spans_of_metrics(&self, metrics: &[Metric]) -> Vec<Span> {
        metrics::spans(metrics)
    }
}

/// Whether a span is similar to a call: it names a model and counts tokens, from any source.
fn resembles(span: &Span) -> bool {
    let keys = |field: Field| field.keys();
    let has = |fields: [Field; 2]| {
        span.attributes.iter().any(|(key, _)| fields.iter().any(|field| keys(*field).contains(&key.as_str())))
    };
    has([Field::Input, Field::Output]) && has([Field::RequestModel, Field::ResponseModel])
}

#[cfg(test)]
mod tests {
    use quipu_core::{Kind, SpanId, Timestamp, TraceId, Value};

    use super::*;

    fn span(attributes: &[(&str, Value)]) -> Span {
        let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        let mut span = Span::new(trace, id, "x", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        span.attributes = attributes.iter().cloned().collect();
        span
    }

    #[test]
    fn claims_what_looks_like_a_call() {
        assert!(GenAi.claims(&span(&[("gen_ai.system", "openai".into())])));
        assert!(GenAi.claims(&span(&[("mcp.method.name", "tools/list".into())])));
        assert!(GenAi.claims(&span(&[("model", "m".into()), ("input_tokens", 3.into())])));
        assert!(!GenAi.claims(&span(&[("model", "m".into())])));
        assert!(!GenAi.claims(&span(&[("http.request.method", "GET".into())])));
    }

    #[test]
    fn a_failed_request_without_an_operation_is_a_call() {
        let request = [("gen_ai.system", "openai".into()), ("gen_ai.request.model", "gpt-4o".into())];
        let said = ("gen_ai.prompt.0.role", Value::from("user"));
        let mut failed = span(&[request.as_slice(), &[said]].concat());
        assert_eq!(GenAi.canonical(&failed).kind, Kind::Other);
        failed.status = quipu_core::Status::Error;
        assert_eq!(GenAi.canonical(&failed).kind, Kind::Llm);
        let mut bare = span(&request);
        bare.status = quipu_core::Status::Error;
        assert_eq!(GenAi.canonical(&bare).kind, Kind::Other);
        bare.kind = quipu_core::SpanKind::Client;
        assert_eq!(GenAi.canonical(&bare).kind, Kind::Llm);
    }

    #[test]
    fn types_of_tracing_sdks_are_kinds() {
        for (key, word, kind) in [
            ("lmnr.span.type", "LLM", Kind::Llm),
            ("langwatch.span.type", "agent", Kind::Agent),
            ("agentops.span.kind", "guardrail", Kind::Guardrail),
            ("gen_ai.request.type", "embedding", Kind::Embedding),
        ] {
            assert_eq!(GenAi.canonical(&span(&[(key, word.into())])).kind, kind, "{key}");
        }
        let named = GenAi.canonical(&span(&[("langwatch.span.type", "tool".into())]));
        assert_eq!((named.kind, named.tool.as_deref()), (Kind::Tool, Some("x")));
        let named = GenAi
            .canonical(&span(&[("agentops.span.kind", "tool".into()), ("operation.name", "search".into())]));
        assert_eq!(named.tool.as_deref(), Some("search"));
    }

    #[test]
    fn reasoning_that_was_added_twice_counts_once() {
        let output = |total: i64, provider: &str| {
            let read = GenAi.canonical(&span(&[
                ("gen_ai.provider.name", provider.into()),
                ("gen_ai.operation.name", "chat".into()),
                ("gen_ai.usage.input_tokens", 221.into()),
                ("gen_ai.usage.output_tokens", 31.into()),
                ("gen_ai.usage.reasoning.output_tokens", 5.into()),
                ("gen_ai.usage.total_tokens", total.into()),
            ]));
            read.usage.unwrap().output
        };
        assert_eq!(output(247, "openai"), Some(26));
        assert_eq!(output(252, "openai"), Some(31));
        assert_eq!(output(247, "gcp.gemini"), Some(31));
    }

    #[test]
    fn a_chat_that_names_a_tool_stays_a_call() {
        let read = GenAi
            .canonical(&span(&[("gen_ai.operation.name", "chat".into()), ("gen_ai.tool.name", "t".into())]));
        assert_eq!((read.kind, read.tool.as_deref()), (Kind::Llm, Some("t")));
    }

    #[test]
    fn lifecycle_and_repeated_reads_never_count() {
        for operation in ["create_agent", "fetch_response"] {
            let attributes =
                [("gen_ai.operation.name", operation.into()), ("gen_ai.usage.input_tokens", 5.into())];
            let read = GenAi.canonical(&span(&attributes));
            assert!(read.never_count);
            assert_eq!(read.operation.as_deref(), Some(operation));
        }
        let aggregated = [
            ("gen_ai.operation.name", "invoke_agent".into()),
            ("gen_ai.aggregated_usage.input_tokens", 5.into()),
        ];
        let read = GenAi.canonical(&span(&aggregated));
        assert!(read.never_count);
        assert_eq!(read.usage, None);
    }
}
