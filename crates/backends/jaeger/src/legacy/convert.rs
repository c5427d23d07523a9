//! Converts spans to the types of OpenTelemetry 0.23, with Jaeger's tags.
//!
//! Rules by <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/> and
//! <https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/>. The exporter adds `span.kind`,
//! `error`, `otel.status_code` and `otel.status_description`, unless attributes have these names. A link
//! becomes a `FOLLOWS_FROM` reference without its attributes.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use legacy_opentelemetry::trace as old;
use legacy_opentelemetry::{InstrumentationLibrary, Key, KeyValue, Value as Tag};
use legacy_opentelemetry_sdk::Resource as OldResource;
use legacy_opentelemetry_sdk::export::trace::SpanData;
use legacy_opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
use quipu_core::{Link, Resource, Span, SpanEvent, SpanId, SpanKind, Status, Timestamp, TraceId};

use super::value::{tag, text};

/// Tags of a span's process; its service is the process's name.
pub(super) fn process(resource: &Resource) -> Vec<KeyValue> {
    let mut tags: Vec<KeyValue> = resource.attributes.iter().map(|(key, value)| tag(key, value)).collect();
    if resource.attributes.text("service.name").is_none_or(str::is_empty) {
        tags.retain(|tag| tag.key.as_str() != "service.name");
        tags.push(text("service.name", "unknown_service"));
    }
    tags
}

/// Converts a span. A running span has a duration of zero; a time before 1970 becomes 1970.
pub(super) fn span(span: &Span) -> SpanData {
    let start = time(span.start);
    SpanData {
        span_context: context(span.trace_id, span.span_id),
        parent_span_id: span.parent_id.map_or(old::SpanId::INVALID, id),
        span_kind: kind(span.kind),
        name: Cow::Owned(span.name.to_string()),
        start_time: start,
        end_time: span.end.map_or(start, time),
        attributes: attributes(span),
        dropped_attributes_count: 0,
        events: events(&span.events),
        links: links(&span.links),
        status: match span.status {
            Status::Unset => old::Status::Unset,
            Status::Ok => old::Status::Ok,
            Status::Error => old::Status::Error { description: Cow::Owned(span.status_message.clone()) },
        },
        resource: Cow::Owned(OldResource::empty()),
        instrumentation_lib: InstrumentationLibrary::default(),
    }
}

fn attributes(span: &Span) -> Vec<KeyValue> {
    let mut tags = Vec::with_capacity(span.attributes.len() + 6);
    tags.extend(span.attributes.iter().map(|(key, value)| tag(key, value)));
    let scope = &span.scope;
    if !scope.name.is_empty() {
        // The second is the older name, for old versions of the UI.
        tags.push(text("otel.scope.name", scope.name.as_str()));
        tags.push(text("otel.library.name", scope.name.as_str()));
    }
    if !scope.version.is_empty() {
        tags.push(text("otel.scope.version", scope.version.as_str()));
        tags.push(text("otel.library.version", scope.version.as_str()));
    }
    if !span.trace_state.is_empty() {
        tags.push(text("w3c.tracestate", span.trace_state.as_str()));
    }
    if span.kind == SpanKind::Internal && span.attributes.get("span.kind").is_none() {
        tags.push(text("span.kind", "internal"));
    }
    let dropped = [
        ("otel.dropped_attributes_count", span.wire.dropped_attributes),
        ("otel.dropped_events_count", span.wire.dropped_events),
        ("otel.dropped_links_count", span.wire.dropped_links),
    ];
    for (key, count) in dropped.into_iter().filter(|(_, count)| *count > 0) {
        tags.push(KeyValue { key: Key::from(key), value: Tag::I64(count.into()) });
    }
    tags
}

fn events(events: &[SpanEvent]) -> SpanEvents {
    let event = |event: &SpanEvent| {
        let tags = event.attributes.iter().map(|(key, value)| tag(key, value)).collect();
        old::Event::new(event.name.to_string(), time(event.time), tags, 0)
    };
    let mut all = SpanEvents::default();
    all.events = events.iter().map(event).collect();
    all
}

fn links(links: &[Link]) -> SpanLinks {
    let mut all = SpanLinks::default();
    all.links =
        links.iter().map(|link| old::Link::with_context(context(link.trace_id, link.span_id))).collect();
    all
}

/// Only `sampled` of W3C's flags, because Jaeger's second bit has another meaning than W3C's.
fn context(trace: TraceId, span: SpanId) -> old::SpanContext {
    let trace = old::TraceId::from_bytes(*trace.as_bytes());
    old::SpanContext::new(trace, id(span), old::TraceFlags::SAMPLED, false, old::TraceState::NONE)
}

fn id(span: SpanId) -> old::SpanId {
    old::SpanId::from_bytes(*span.as_bytes())
}

const fn kind(kind: SpanKind) -> old::SpanKind {
    match kind {
        SpanKind::Server => old::SpanKind::Server,
        SpanKind::Client => old::SpanKind::Client,
        SpanKind::Producer => old::SpanKind::Producer,
        SpanKind::Consumer => old::SpanKind::Consumer,
        SpanKind::Unspecified | SpanKind::Internal => old::SpanKind::Internal,
    }
}

fn time(time: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(time.nanos().try_into().unwrap_or_default())
}
