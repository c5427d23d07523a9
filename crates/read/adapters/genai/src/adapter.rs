//! Adapter for the GenAI conventions, and the peculiarities of frameworks that use them natively.

use quipu_core::{Adapter, Canonical, Event, Kind, Lens, Messages, Metric, Span, Value};
use quipu_normalize::{
    Slots, any_key_begins, canonical, count_of, is_event_of_a_call, is_failed_call, kind, knows, lens,
    messages, read_event, scope_begins,
};
use quipu_semconv::{Field, GENAI_CONTENTS, GENAI_PREFIXES, GENAI_SCOPES};

use crate::{details, metrics};

/// Reads the GenAI conventions and, as the last of the adapters, all similar spans.
#[derive(Debug, Clone, Copy, Default)]
pub struct GenAi;

impl Adapter for GenAi {
    fn name(&self) -> &'static str {
        "genai"
    }

    fn claims(&self, span: &Span) -> bool {
        (any_key_begins(&span.attributes, GENAI_PREFIXES)
            && !lends_keys_for_content(span)
            && !has_figures_of_its_own(span))
            || scope_begins(span, GENAI_SCOPES)
            || resembles(span)
            || is_failed_call(span)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = canonical(&Slots::of(span), self.name());
        if let Some(whole) = details::completed(span, read.kind) {
            read = canonical(&Slots::of(&whole), self.name());
        }
        if is_event_of_a_call(span, &read) {
            read.kind = Kind::Other;
        }
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        let whole = details::completed(span, read.kind);
        lens(whole.as_ref().unwrap_or(span), read)
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

/// Whether a span is similar to a call: it names a model and counts tokens under keys of a known source.
/// Plain keys such as `input_tokens` have no definition, so their figures are read by shape instead.
fn resembles(span: &Span) -> bool {
    let keys = |field: Field| field.keys().iter().filter(|key| key.contains('.'));
    let has = |fields: [Field; 2]| {
        span.attributes
            .iter()
            .any(|(key, _)| fields.iter().any(|field| keys(*field).any(|known| known == key)))
    };
    has([Field::Input, Field::Output]) && has([Field::RequestModel, Field::ResponseModel])
}

/// Whether a span has only its contents under keys of the conventions, and names a model and counts or kinds
/// under keys of its own. Such a span is read by its shape.
fn lends_keys_for_content(span: &Span) -> bool {
    let is_of_genai = |key: &str| GENAI_PREFIXES.iter().any(|prefix| key.starts_with(prefix));
    let is_content = |key: &str| GENAI_CONTENTS.iter().any(|prefix| key.starts_with(prefix));
    let own = || span.attributes.iter().map(|(key, _)| key.as_str()).filter(|key| !is_of_genai(key));
    let ends = |key: &str, ends: &[&str]| ends.iter().any(|end| key.ends_with(end));
    span.attributes.iter().all(|(key, _)| is_content(key) || !is_of_genai(key))
        && own().any(|key| ends(key, &["model", "model_name", "modelName", "model_id", "modelId"]))
        && own().any(|key| ends(key, &["kind", "Kind", "type", "Type"]) || key.contains("oken"))
        && kind(&Slots::of(span)) == Kind::Other
}

/// Whether a span has token figures or an answer under keys that no table knows, and neither a figure nor a
/// kind under a known one. The span is read by its shape, so its figures are not lost.
fn has_figures_of_its_own(span: &Span) -> bool {
    const FIGURES: [Field; 4] = [Field::Input, Field::Output, Field::Total, Field::UsageObject];
    let is_own = |key: &str, value: &Value| match value {
        Value::String(text) if text.starts_with('{') => {
            !knows(key) && text.contains("\"usage") && text.contains("oken")
        }
        _ => (key.contains("oken") || key.contains("usage")) && !knows(key) && count_of(value).is_some(),
    };
    // Most spans have no such key, so their tables are not read here.
    if !span.attributes.iter().any(|(key, value)| is_own(key, value)) {
        return false;
    }
    let slots = Slots::of(span);
    FIGURES.iter().all(|field| slots.get(*field).is_none()) && kind(&slots) == Kind::Other
}

#[cfg(test)]
mod tests {
    use quipu_core::{SpanId, Timestamp, TraceId, Value};

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
        assert!(
            GenAi.claims(&span(&[("llm.request.model", "m".into()), ("llm.usage.prompt_tokens", 3.into())]))
        );
        assert!(!GenAi.claims(&span(&[("model", "m".into()), ("input_tokens", 3.into())])), "read by shape");
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
    fn a_failed_client_span_without_attributes_is_a_call_by_its_name() {
        let failed = |scope: &str, name: &str| {
            let mut failed = span(&[]);
            failed.name = name.into();
            failed.scope =
                std::sync::Arc::new(quipu_core::Scope { name: scope.into(), ..Default::default() });
            (failed.status, failed.kind) = (quipu_core::Status::Error, quipu_core::SpanKind::Client);
            let read = GenAi.canonical(&failed);
            (GenAi.claims(&failed), read.kind, read.request_model)
        };
        let call = |model: &str| (true, Kind::Llm, Some(model.into()));
        assert_eq!(failed("acme.genai.tracing", "chat house-model"), call("house-model"));
        assert_eq!(failed("acme.tracing", "chat gpt-4o"), call("gpt-4o"));
        assert_eq!(failed("acme.tracing", "embeddings text-embedding-3-small").1, Kind::Embedding);
        assert_eq!(failed("acme.tracing", "chat room"), (false, Kind::Other, None));
        assert_eq!(failed("acme.genai", "GET /chat"), (false, Kind::Other, None));
    }

    #[test]
    fn an_event_within_a_call_is_no_call() {
        let mut chunk = span(&[("gen_ai.operation.name", "chat".into())]);
        chunk.name = "llm.chunk".into();
        chunk.end = Some(Timestamp::from_nanos(3_000_000));
        assert_eq!(GenAi.canonical(&chunk).kind, Kind::Llm, "a root is no event");
        chunk.parent_id = SpanId::from_bytes([2; 8]).ok();
        assert_eq!(GenAi.canonical(&chunk).kind, Kind::Other);
    }

    #[test]
    fn spans_with_only_their_contents_under_these_keys_are_read_by_shape() {
        let own = [
            ("acme.span_kind", Value::from("llm")),
            ("acme.llm.model", "gpt-4o".into()),
            ("acme.usage.output_tokens", 3.into()),
        ];
        let said = ("gen_ai.completion", Value::from("Hello"));
        assert!(!GenAi.claims(&span(&[own.as_slice(), std::slice::from_ref(&said)].concat())));
        let asked = ("gen_ai.request.model", Value::from("gpt-4o"));
        let counted = ("gen_ai.usage.output_tokens", Value::from(3));
        assert!(GenAi.claims(&span(&[own.as_slice(), &[said.clone(), asked, counted]].concat())));
        assert!(GenAi.claims(&span(&[said])));
    }

    #[test]
    fn figures_under_own_keys_are_read_by_shape_unless_a_known_key_has_a_figure_or_a_kind() {
        let own = [
            ("gen_ai.request.model", Value::from("gpt-4o")),
            ("gen_ai.tokens_in", 5.into()),
            ("gen_ai.tokens_out", 3.into()),
        ];
        assert!(!GenAi.claims(&span(&own)));
        for known in [
            ("gen_ai.usage.input_tokens", Value::from(5)),
            ("gen_ai.operation.name", "chat".into()),
            ("gen_ai.usage.total_tokens", 8.into()),
        ] {
            assert!(
                GenAi.claims(&span(&[own.as_slice(), std::slice::from_ref(&known)].concat())),
                "{known:?}"
            );
        }
        let bound = ("gen_ai.request.max_tokens", Value::from(100));
        assert!(GenAi.claims(&span(&[own[0].clone(), bound])), "a bound is no figure");
    }

    #[test]
    fn a_kind_and_parameters_tell_a_call_and_its_model() {
        let mut failed = span(&[
            ("gen_ai.span.kind", "LLM".into()),
            ("gen_ai.provider.name", "openai".into()),
            ("gen_ai.request.parameters", r#"{"model": "gpt-4o", "stream": true}"#.into()),
        ]);
        failed.status = quipu_core::Status::Error;
        let read = GenAi.canonical(&failed);
        assert_eq!((read.kind, read.request_model.as_deref()), (Kind::Llm, Some("gpt-4o")));
        let parts = GenAi.canonical(&span(&[
            ("gen_ai.span.kind", "LLM".into()),
            ("gen_ai.usage.input_tokens", 100.into()),
            ("gen_ai.usage.output_tokens", 30.into()),
            ("gen_ai.usage.input_tokens.cache_read", 64.into()),
            ("gen_ai.usage.output_tokens.reasoning", 7.into()),
        ]));
        let usage = parts.usage.unwrap();
        assert_eq!((usage.cache_read, usage.reasoning), (Some(64), Some(7)));
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
