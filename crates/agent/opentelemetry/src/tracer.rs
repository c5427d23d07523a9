//! Exporter of Quipu's spans to the tracer provider of the application.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use opentelemetry::trace::{
    Event, Link, Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt as _, TraceFlags,
    TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::{RandomIdGenerator, SdkTracerProvider};
use quipu_core::{
    Attributes, Backend, Batch, Error, ErrorKind, Result, Retry, SignalSet, Span, SpanId, Timestamp, TraceId,
    Value as OwnValue,
};
use quipu_otlp::outgoing::{Mapping, map};
use quipu_semconv::quipu::SCOPE;

thread_local! {
    /// Ids of the span that this thread hands to a tracer provider.
    static HANDED: Cell<Option<(TraceId, SpanId)>> = const { Cell::new(None) };
}

/// Id generator of an application's tracer provider that [`TracerExporter`] feeds. Spans of Quipu keep their
/// ids; all other ids are random.
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
/// use quipu_opentelemetry::IdGenerator;
///
/// let provider = SdkTracerProvider::builder().with_id_generator(IdGenerator::default()).build();
/// # drop(provider);
/// ```
#[derive(Debug, Clone, Default)]
pub struct IdGenerator(RandomIdGenerator);

impl opentelemetry_sdk::trace::IdGenerator for IdGenerator {
    fn new_trace_id(&self) -> opentelemetry::trace::TraceId {
        HANDED.get().map_or_else(|| self.0.new_trace_id(), |(trace_id, _)| theirs(trace_id))
    }

    fn new_span_id(&self) -> opentelemetry::trace::SpanId {
        HANDED.get().map_or_else(|| self.0.new_span_id(), |(_, span_id)| their_span(span_id))
    }
}

/// Hands the spans of Quipu's guards to the application's tracer provider, after they are counted and priced.
/// The provider's processors, sampler and resource apply. Spans that reached Quipu from the provider are not
/// handed back.
pub struct TracerExporter(opentelemetry_sdk::trace::SdkTracer);

impl TracerExporter {
    /// Creates an exporter for `Builder::exporter` or `Quipu::add_exporter`. The provider must be built with
    /// [`IdGenerator`].
    pub fn new(provider: &SdkTracerProvider) -> Self {
        Self(provider.tracer(SCOPE))
    }

    /// Ends a span of the provider with the values of `span`.
    fn hand(&self, span: &Span) -> Result<()> {
        let Some(end) = span.end else { return Ok(()) };
        let builder = SpanBuilder::from_name(span.name.to_string())
            .with_kind(kind(span.kind))
            .with_start_time(time(span.start))
            .with_attributes(pairs(&span.attributes))
            .with_events(span.events.iter().map(event).collect())
            .with_links(span.links.iter().map(link).collect());
        let parent = match span.parent_id {
            Some(parent) => Context::new().with_remote_span_context(context(span.trace_id, parent)),
            None => Context::new(),
        };
        HANDED.set(Some((span.trace_id, span.span_id)));
        let mut handed = self.0.build_with_context(builder, &parent);
        HANDED.set(None);
        let seen = handed.span_context().span_id();
        // The provider of a sampled-out or shut down span gives no id, or the right one.
        if handed.is_recording() && seen != their_span(span.span_id) {
            return Err(wrong_ids());
        }
        match span.status {
            quipu_core::Status::Unset => {}
            quipu_core::Status::Ok => handed.set_status(Status::Ok),
            quipu_core::Status::Error => handed.set_status(Status::error(span.status_message.clone())),
        }
        handed.end_with_timestamp(time(end));
        Ok(())
    }
}

impl fmt::Debug for TracerExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TracerExporter")
    }
}

#[async_trait]
impl Backend for TracerExporter {
    fn name(&self) -> &str {
        "tracer-provider"
    }

    fn signals(&self) -> SignalSet {
        SignalSet::SPANS
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let spans = map(&batch, Mapping::default());
        spans.iter().filter(|span| span.scope.name == SCOPE).try_for_each(|span| self.hand(span))
    }
}

fn wrong_ids() -> Error {
    let context = "the tracer provider makes ids of its own: build it with \
                   `.with_id_generator(quipu::otel::IdGenerator::default())`";
    Error::new(ErrorKind::Invalid, "hand over span", context).with_retry(Retry::No)
}

fn theirs(id: TraceId) -> opentelemetry::trace::TraceId {
    opentelemetry::trace::TraceId::from_bytes(*id.as_bytes())
}

fn their_span(id: SpanId) -> opentelemetry::trace::SpanId {
    opentelemetry::trace::SpanId::from_bytes(*id.as_bytes())
}

/// Context of a sampled span.
pub(crate) fn context(trace_id: TraceId, span_id: SpanId) -> SpanContext {
    let flags = TraceFlags::SAMPLED;
    SpanContext::new(theirs(trace_id), their_span(span_id), flags, false, TraceState::default())
}

fn time(at: Timestamp) -> SystemTime {
    let nanos = u64::try_from(at.nanos()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

const fn kind(kind: quipu_core::SpanKind) -> SpanKind {
    match kind {
        quipu_core::SpanKind::Server => SpanKind::Server,
        quipu_core::SpanKind::Client => SpanKind::Client,
        quipu_core::SpanKind::Producer => SpanKind::Producer,
        quipu_core::SpanKind::Consumer => SpanKind::Consumer,
        quipu_core::SpanKind::Unspecified | quipu_core::SpanKind::Internal => SpanKind::Internal,
    }
}

fn event(event: &quipu_core::SpanEvent) -> Event {
    Event::new(event.name.to_string(), time(event.time), pairs(&event.attributes), 0)
}

fn link(link: &quipu_core::Link) -> Link {
    Link::new(context(link.trace_id, link.span_id), pairs(&link.attributes), 0)
}

fn pairs(attributes: &Attributes) -> Vec<KeyValue> {
    let pairs = attributes.iter().filter_map(|(key, value)| Some(KeyValue::new(key.to_string(), of(value)?)));
    pairs.collect()
}

/// The value for the SDK, which has neither maps nor mixed lists: those become JSON text.
fn of(value: &OwnValue) -> Option<Value> {
    Some(match value {
        OwnValue::Null => return None,
        OwnValue::Bool(flag) => Value::Bool(*flag),
        OwnValue::Int(int) => Value::I64(*int),
        OwnValue::Double(double) => Value::F64(*double),
        OwnValue::String(text) => Value::String(text.clone().into()),
        OwnValue::Array(members) => {
            let texts =
                members.iter().map(|member| member.as_str().map(|text| StringValue::from(text.to_owned())));
            match texts.collect::<Option<Vec<_>>>() {
                Some(texts) => Value::Array(Array::String(texts)),
                None => Value::String(json(value).into()),
            }
        }
        OwnValue::Bytes(_) | OwnValue::Map(_) => Value::String(json(value).into()),
    })
}

fn json(value: &OwnValue) -> String {
    as_json(value).to_string()
}

fn as_json(value: &OwnValue) -> serde_json::Value {
    match value {
        OwnValue::Null => serde_json::Value::Null,
        OwnValue::Bool(flag) => (*flag).into(),
        OwnValue::Int(int) => (*int).into(),
        OwnValue::Double(double) => (*double).into(),
        OwnValue::String(text) => text.as_str().into(),
        OwnValue::Bytes(bytes) => bytes.as_slice().into(),
        OwnValue::Array(members) => members.iter().map(as_json).collect(),
        OwnValue::Map(pairs) => pairs.iter().map(|(key, value)| (key.to_string(), as_json(value))).collect(),
    }
}
