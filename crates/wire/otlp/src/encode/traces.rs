//! Encodes spans, their events and links.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1 as wire;
use quipu_core::{Link, Span, SpanEvent, SpanKind, Status, Value};

use super::attributes::pairs;
use super::{by_resource, by_scope, nanos};
use crate::rest;

pub(super) fn request(spans: &[Span]) -> ExportTraceServiceRequest {
    let per_resource = |(resource, schema_url, spans)| wire::ResourceSpans {
        resource,
        scope_spans: by_scope(spans).map(per_scope).collect(),
        schema_url,
    };
    ExportTraceServiceRequest { resource_spans: by_resource(spans).map(per_resource).collect() }
}

fn per_scope(
    (scope, schema_url, spans): (
        Option<opentelemetry_proto::tonic::common::v1::InstrumentationScope>,
        String,
        &[Span],
    ),
) -> wire::ScopeSpans {
    wire::ScopeSpans { scope, spans: spans.iter().map(span).collect(), schema_url }
}

/// Name and attributes as they were sent: a better name is Quipu's own.
fn sent(span: &Span) -> (&str, Vec<KeyValue>) {
    let attributes = span.attributes.iter().as_slice();
    match attributes.split_last() {
        Some(((key, Value::String(name)), sent)) if key == Span::SENT_NAME => (name, pairs(sent)),
        _ => (&span.name, pairs(attributes)),
    }
}

fn span(span: &Span) -> wire::Span {
    let (name, attributes) = sent(span);
    let status = wire::Status { message: span.status_message.clone(), code: status(span.status).into() };
    wire::Span {
        trace_id: span.trace_id.as_bytes().to_vec(),
        span_id: span.span_id.as_bytes().to_vec(),
        trace_state: span.trace_state.clone(),
        parent_span_id: span.parent_id.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        flags: span.wire.flags,
        name: name.to_owned(),
        kind: kind(span.kind).into(),
        start_time_unix_nano: nanos(span.start),
        end_time_unix_nano: span.end.map(nanos).unwrap_or_default(),
        attributes,
        dropped_attributes_count: span.wire.dropped_attributes,
        events: span.events.iter().map(event).collect(),
        dropped_events_count: span.wire.dropped_events,
        links: span.links.iter().map(link).collect(),
        dropped_links_count: span.wire.dropped_links,
        status: (status != wire::Status::default()).then_some(status),
    }
}

fn event(event: &SpanEvent) -> wire::span::Event {
    let (sent, rest) = rest::of_event(&event.attributes);
    wire::span::Event {
        time_unix_nano: if rest.timeless { 0 } else { nanos(event.time) },
        name: event.name.to_string(),
        attributes: pairs(sent),
        dropped_attributes_count: rest.dropped_attributes,
    }
}

fn link(link: &Link) -> wire::span::Link {
    let (sent, rest) = rest::of_link(&link.attributes);
    wire::span::Link {
        trace_id: link.trace_id.as_bytes().to_vec(),
        span_id: link.span_id.as_bytes().to_vec(),
        trace_state: rest.trace_state,
        attributes: pairs(sent),
        dropped_attributes_count: rest.dropped_attributes,
        flags: rest.flags,
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
