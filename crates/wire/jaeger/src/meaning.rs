//! Meaning of tags, logs and references: OpenTelemetry's mapping to Jaeger and Zipkin, in reverse.
//!
//! Sources: <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/>,
//! <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/>. Older clients follow OpenTracing's
//! conventions: <https://github.com/opentracing/specification/blob/master/semantic_conventions.md>.

use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{
    Attributes, Link, Resource, Scope, Span, SpanId, SpanKind, SpanWire, Status, TraceId, Value,
};

use crate::draft::{Draft, Pair, Reference};
use crate::taker::{Identity, Taker};

/// W3C's flag for a sampled span, which is also Jaeger's.
const SAMPLED: u32 = 1;

/// Span fields that were sent as tags.
#[derive(Default)]
struct Meaning {
    kind: SpanKind,
    failed: bool,
    status: Option<Status>,
    description: Option<String>,
    trace_state: String,
    scope: Option<CompactString>,
    version: CompactString,
    /// Response status, used if no tag has the span's status.
    http_status: Option<i64>,
    wire: SpanWire,
    rest: Vec<Pair>,
}

impl Taker<'_> {
    /// Builds the span of a validated draft.
    pub(crate) fn span(&mut self, draft: Draft, id: Identity, resource: Arc<Resource>) -> Span {
        let mut meaning = Meaning { kind: draft.kind, ..Meaning::default() };
        meaning.rest.reserve_exact(draft.tags.len());
        draft.tags.into_iter().for_each(|tag| meaning.read(tag));
        let (status, status_message) = meaning.status();
        let parent_id = parent(&draft.parent_id, &draft.references, &id);
        Span {
            trace_id: id.trace_id,
            span_id: id.span_id,
            parent_id,
            name: draft.name,
            start: id.start,
            end: id.end,
            kind: meaning.kind,
            status,
            status_message,
            trace_state: meaning.trace_state,
            resource,
            scope: self.share_scope(meaning.scope, meaning.version),
            attributes: meaning.rest.into_iter().collect(),
            events: draft.logs,
            links: self.links(&draft.references, parent_id, id.trace_id),
            wire: SpanWire { flags: draft.flags & SAMPLED, ..meaning.wire },
            arrival: Default::default(),
            canonical: Box::default(),
        }
    }

    fn share_scope(&mut self, name: Option<CompactString>, version: CompactString) -> Arc<Scope> {
        let name = name.unwrap_or_default();
        if self.scope.name != name || self.scope.version != version {
            self.scope = Arc::new(Scope { name, version, ..Scope::default() });
        }
        Arc::clone(&self.scope)
    }

    /// Every reference except that of the parent. References without valid ids have no target and are
    /// dropped.
    fn links(&mut self, references: &[Reference], parent: Option<SpanId>, own: TraceId) -> Vec<Link> {
        let mut links = Vec::new();
        for reference in references {
            let ids = (TraceId::from_bytes(reference.trace_id), SpanId::from_bytes(reference.span_id));
            let (Ok(trace_id), Ok(span_id)) = ids else {
                self.mend("link_ids");
                continue;
            };
            if !reference.follows && trace_id == own && Some(span_id) == parent {
                continue;
            }
            let kind = if reference.follows { "follows_from" } else { "child_of" };
            let attributes = Attributes::from_iter([("opentracing.ref_type", kind)]);
            links.push(Link { trace_id, span_id, attributes });
        }
        links
    }
}

/// The parent from its own field, else the first reference into the same trace; `CHILD_OF` references take
/// precedence.
fn parent(field: &[u8; 8], references: &[Reference], id: &Identity) -> Option<SpanId> {
    let named = |follows: bool| {
        let mut all = references.iter();
        let same = |one: &&Reference| one.follows == follows && one.trace_id == *id.trace_id.as_bytes();
        all.find(same).and_then(|one| SpanId::from_bytes(one.span_id).ok())
    };
    let parent = SpanId::from_bytes(*field).ok().or_else(|| named(false)).or_else(|| named(true));
    parent.filter(|parent| *parent != id.span_id)
}

impl Meaning {
    fn read(&mut self, (key, value): Pair) {
        match (key.as_str(), value) {
            ("span.kind", Value::String(text)) if kind(&text).is_some() => {
                self.kind = kind(&text).unwrap_or_default();
            }
            ("error", Value::Bool(true)) => self.failed = true,
            ("error", Value::String(text)) if text == "true" => self.failed = true,
            ("otel.status_code", Value::String(text)) => self.status = Some(code(&text)),
            ("otel.status_description", Value::String(text)) => self.description = Some(text),
            ("w3c.tracestate", Value::String(text)) => self.trace_state = text,
            // The older name has the same meaning; the newer one takes precedence.
            ("otel.scope.name", Value::String(text)) => self.scope = Some(text.into()),
            ("otel.library.name", Value::String(text)) => {
                self.scope.get_or_insert_with(|| text.into());
            }
            ("otel.scope.version" | "otel.library.version", Value::String(text)) => {
                self.version = text.into();
            }
            ("otel.dropped_attributes_count", value) => self.wire.dropped_attributes = count(&value),
            ("otel.dropped_events_count", value) => self.wire.dropped_events = count(&value),
            ("otel.dropped_links_count", value) => self.wire.dropped_links = count(&value),
            (_, value) => {
                if key == "http.status_code" {
                    self.http_status = value.as_number().map(|number| number as i64);
                }
                self.rest.push((key, value));
            }
        }
    }

    /// The status and its message: from OpenTelemetry's tags, else from `error`, else from the HTTP status.
    fn status(&mut self) -> (Status, String) {
        let status = match (self.failed, self.status) {
            (true, _) => Status::Error,
            (false, Some(status)) => status,
            (false, None) if self.http_failed() => Status::Error,
            (false, None) => Status::Unset,
        };
        (status, self.description.take().unwrap_or_default())
    }

    /// Failure by <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status>: from 400 on for a
    /// client, from 500 on for a server.
    fn http_failed(&self) -> bool {
        let least = if self.kind == SpanKind::Server { 500 } else { 400 };
        self.http_status.is_some_and(|status| (least..600).contains(&status))
    }
}

/// A count, which Zipkin writes as text.
fn count(value: &Value) -> u32 {
    value.as_number().map_or(0, |number| number as u32)
}

fn kind(text: &str) -> Option<SpanKind> {
    Some(match text.to_ascii_lowercase().as_str() {
        "client" => SpanKind::Client,
        "server" => SpanKind::Server,
        "producer" => SpanKind::Producer,
        "consumer" => SpanKind::Consumer,
        "internal" => SpanKind::Internal,
        _ => return None,
    })
}

/// Parses `OK` and `ERROR`; some exporters write `STATUS_CODE_OK`.
fn code(text: &str) -> Status {
    match text.to_ascii_uppercase().trim_start_matches("STATUS_CODE_") {
        "OK" => Status::Ok,
        "ERROR" => Status::Error,
        _ => Status::Unset,
    }
}
