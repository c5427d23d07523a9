//! Sample spans for the tests.

use std::sync::Arc;

use quipu_core::{
    Attributes, Batch, Link, Resource, Scope, Span, SpanEvent, SpanId, SpanKind, Status, Timestamp, TraceId,
    Value,
};

pub fn trace_id(number: u128) -> TraceId {
    TraceId::from_bytes(number.to_be_bytes()).unwrap()
}

pub fn span_id(number: u64) -> SpanId {
    SpanId::from_bytes(number.to_be_bytes()).unwrap()
}

/// Seconds after a moment in 2026.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_nanos((1_780_000_000 + seconds) * 1_000_000_000 + 123_456_789)
}

pub fn resource(service: &str) -> Arc<Resource> {
    let attributes = [("service.name", service), ("host.name", "box")].into_iter().collect();
    Arc::new(Resource { attributes, ..Resource::default() })
}

/// A span with a duration of one second.
pub fn span(number: u64, name: &str) -> Span {
    let mut span = Span::new(trace_id(u128::MAX - 1), span_id(number), name, at(0), at(1));
    span.resource = resource("shop");
    span
}

/// A model call with every field that a span can have.
pub fn call() -> Span {
    let mut span = span(2, "chat gpt-5");
    span.parent_id = Some(span_id(1));
    span.kind = SpanKind::Client;
    span.status = Status::Error;
    span.status_message = "too slow".to_owned();
    span.trace_state = "vendor=1".to_owned();
    let scope = Scope { name: "openai".into(), version: "1.2".into(), ..Scope::default() };
    span.scope = Arc::new(scope);
    span.attributes.push("gen_ai.operation.name", "chat");
    span.attributes.push("gen_ai.usage.input_tokens", 1200_i64);
    span.attributes.push("gen_ai.request.temperature", 0.5);
    span.attributes.push("gen_ai.stream", true);
    span.attributes.push("gen_ai.response.finish_reasons", Value::Array(vec!["stop".into()]));
    let exception = [("exception.type", "Timeout")].into_iter().collect();
    span.events = vec![SpanEvent { time: at(1), name: "exception".into(), attributes: exception }];
    span.links = vec![Link { trace_id: trace_id(7), span_id: span_id(8), attributes: Attributes::new() }];
    span.wire.dropped_events = 3;
    span
}

pub fn batch(spans: impl IntoIterator<Item = Span>) -> Arc<Batch> {
    Arc::new(Batch { spans: spans.into_iter().collect(), ..Batch::default() })
}
