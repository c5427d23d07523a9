//! From spans to an export request, for replays, load and tests.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value::Value as Wire,
};
use opentelemetry_proto::tonic::{resource::v1 as resource, trace::v1 as wire};
use prost::Message;
use quipu_core::{Attributes, Resource, Scope, Span, SpanKind, Status, Timestamp, Value};

/// Writes spans as a protobuf `ExportTraceServiceRequest`.
///
/// Spans that follow each other and share a resource, and within it a scope, are grouped. All that was sent comes back when the bytes
/// are decoded; what an adapter read from it (`canonical`) is not part of the wire. Times before 1970 become 0.
pub fn encode_traces(spans: &[Span]) -> Vec<u8> {
    let of_resource = |a: &Span, b: &Span| same(&a.resource, &b.resource);
    let resource_spans = spans.chunk_by(of_resource).map(per_resource).collect();
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

/// Shared, or equal: spans from a store do not share.
fn same<T: PartialEq>(a: &Arc<T>, b: &Arc<T>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}

fn per_resource(spans: &[Span]) -> wire::ResourceSpans {
    let resource = spans.first().map(|span| Arc::clone(&span.resource)).unwrap_or_default();
    let of_scope = |a: &Span, b: &Span| same(&a.scope, &b.scope);
    wire::ResourceSpans {
        resource: Some(resource_of(&resource)),
        scope_spans: spans.chunk_by(of_scope).map(per_scope).collect(),
        schema_url: resource.schema_url.to_string(),
    }
}

fn resource_of(resource: &Resource) -> resource::Resource {
    resource::Resource { attributes: pairs(&resource.attributes), ..Default::default() }
}

fn per_scope(spans: &[Span]) -> wire::ScopeSpans {
    let scope = spans.first().map(|span| Arc::clone(&span.scope)).unwrap_or_default();
    wire::ScopeSpans {
        scope: Some(scope_of(&scope)),
        spans: spans.iter().map(span).collect(),
        schema_url: scope.schema_url.to_string(),
    }
}

fn scope_of(scope: &Scope) -> InstrumentationScope {
    InstrumentationScope {
        name: scope.name.to_string(),
        version: scope.version.to_string(),
        attributes: pairs(&scope.attributes),
        dropped_attributes_count: 0,
    }
}

fn span(span: &Span) -> wire::Span {
    wire::Span {
        trace_id: span.trace_id.as_bytes().to_vec(),
        span_id: span.span_id.as_bytes().to_vec(),
        trace_state: span.trace_state.clone(),
        parent_span_id: span.parent_id.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        name: span.name.to_string(),
        kind: kind(span.kind).into(),
        start_time_unix_nano: nanos(span.start),
        end_time_unix_nano: span.end.map(nanos).unwrap_or_default(),
        attributes: pairs(&span.attributes),
        events: span.events.iter().map(event).collect(),
        links: span.links.iter().map(link).collect(),
        status: Some(wire::Status { message: span.status_message.clone(), code: status(span.status).into() }),
        ..Default::default()
    }
}

fn event(event: &quipu_core::SpanEvent) -> wire::span::Event {
    wire::span::Event {
        time_unix_nano: nanos(event.time),
        name: event.name.to_string(),
        attributes: pairs(&event.attributes),
        dropped_attributes_count: 0,
    }
}

fn link(link: &quipu_core::Link) -> wire::span::Link {
    wire::span::Link {
        trace_id: link.trace_id.as_bytes().to_vec(),
        span_id: link.span_id.as_bytes().to_vec(),
        attributes: pairs(&link.attributes),
        ..Default::default()
    }
}

const fn kind(kind: SpanKind) -> wire::span::SpanKind {
    match kind {
        SpanKind::Unspecified => wire::span::SpanKind::Unspecified,
        SpanKind::Internal => wire::span::SpanKind::Internal,
        SpanKind::Server => wire::span::SpanKind::Server,
        SpanKind::Client => wire::span::SpanKind::Client,
        SpanKind::Producer => wire::span::SpanKind::Producer,
        SpanKind::Consumer => wire::span::SpanKind::Consumer,
    }
}

const fn status(status: Status) -> wire::status::StatusCode {
    match status {
        Status::Unset => wire::status::StatusCode::Unset,
        Status::Ok => wire::status::StatusCode::Ok,
        Status::Error => wire::status::StatusCode::Error,
    }
}

fn nanos(time: Timestamp) -> u64 {
    u64::try_from(time.nanos()).unwrap_or(0)
}

fn pairs(attributes: &Attributes) -> Vec<KeyValue> {
    attributes.iter().map(|(key, value)| pair(key, value)).collect()
}

fn pair(key: &str, value: &Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)), key_strindex: 0 }
}

fn any(value: &Value) -> AnyValue {
    let value = match value {
        Value::Null => None,
        Value::Bool(flag) => Some(Wire::BoolValue(*flag)),
        Value::Int(int) => Some(Wire::IntValue(*int)),
        Value::Double(double) => Some(Wire::DoubleValue(*double)),
        Value::String(text) => Some(Wire::StringValue(text.clone())),
        Value::Bytes(bytes) => Some(Wire::BytesValue(bytes.clone())),
        Value::Array(values) => {
            Some(Wire::ArrayValue(ArrayValue { values: values.iter().map(any).collect() }))
        }
        Value::Map(map) => {
            let values = map.iter().map(|(key, value)| pair(key, value)).collect();
            Some(Wire::KvlistValue(KeyValueList { values }))
        }
    };
    AnyValue { value }
}
