//! Spans of transcripts, with attributes only for known values.

use std::sync::Arc;

use quipu_core::{Attributes, Resource, Scope, Signal, Span, SpanId, Timestamp, TraceId, Value};

/// Source of a transcript's spans.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    pub(crate) resource: Arc<Resource>,
    pub(crate) scope: Arc<Scope>,
}

impl Source {
    /// Creates a source from the service's name and version, and the name of its instrumentation.
    pub(crate) fn new(service: &str, version: Option<&str>, scope: &str) -> Self {
        let mut attributes = Attributes::new();
        attributes.push("service.name", service);
        attributes.put("service.version", version);
        let scope = Scope { name: scope.into(), ..Scope::default() };
        Self { resource: Arc::new(Resource { attributes, ..Resource::default() }), scope: Arc::new(scope) }
    }
}

/// Trace, parent and times of a span.
pub(crate) struct Frame<'a> {
    pub(crate) trace: TraceId,
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: &'a str,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

/// A span of a transcript: marked as such, and never with an end before its start.
pub(crate) fn transcript_span(frame: &Frame<'_>, source: &Source) -> Span {
    let end = frame.end.max(frame.start);
    let mut span = Span::new(frame.trace, frame.id, frame.name, frame.start, end);
    span.parent_id = frame.parent;
    span.resource = Arc::clone(&source.resource);
    span.scope = Arc::clone(&source.scope);
    span.attributes.push(Signal::ATTRIBUTE, Signal::Transcript.as_str());
    span
}

/// Appends optional attributes.
pub(crate) trait Put {
    /// Appends the value, if any.
    fn put<V: Into<Value>>(&mut self, key: &str, value: Option<V>);

    /// Appends the count, if there is one that fits.
    fn put_count(&mut self, key: &str, count: Option<u64>);
}

impl Put for Attributes {
    fn put<V: Into<Value>>(&mut self, key: &str, value: Option<V>) {
        if let Some(value) = value {
            self.push(key, value);
        }
    }

    fn put_count(&mut self, key: &str, count: Option<u64>) {
        self.put(key, count.and_then(|count| i64::try_from(count).ok()));
    }
}
