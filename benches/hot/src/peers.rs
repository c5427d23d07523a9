//! The peers, each in the configuration that its own documentation recommends for speed.

use std::hint::black_box;

use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
};
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt;

use crate::Contender;
use crate::call::Call;

/// Queue size: the calls of one burst fit, so no contender drops any.
const QUEUE: usize = 8_192;

#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        black_box(batch);
        Ok(())
    }
}

fn provider() -> SdkTracerProvider {
    let config = BatchConfigBuilder::default().with_max_queue_size(QUEUE).build();
    let processor = BatchSpanProcessor::builder(Nowhere).with_batch_config(config).build();
    SdkTracerProvider::builder().with_span_processor(processor).build()
}

/// OpenTelemetry's SDK with its batch processor.
pub struct OtelSdk {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl OtelSdk {
    /// With its own provider.
    pub fn new() -> Self {
        let provider = provider();
        Self { tracer: provider.tracer("hot"), provider }
    }
}

impl Default for OtelSdk {
    fn default() -> Self {
        Self::new()
    }
}

const fn int(count: u64) -> i64 {
    count.cast_signed()
}

impl Contender for OtelSdk {
    fn name(&self) -> &'static str {
        "opentelemetry_sdk"
    }

    fn burst(&mut self, calls: &[Call]) {
        for call in calls {
            let call = black_box(call);
            let mut span = self.tracer.start("chat");
            span.set_attributes([
                KeyValue::new("gen_ai.operation.name", "chat"),
                KeyValue::new("gen_ai.provider.name", "openai"),
                KeyValue::new("gen_ai.request.model", call.model.clone()),
                KeyValue::new("gen_ai.request.max_tokens", int(call.max_tokens)),
                KeyValue::new("gen_ai.request.temperature", call.temperature),
                KeyValue::new("gen_ai.request.top_p", call.top_p),
                KeyValue::new("gen_ai.conversation.id", call.conversation.clone()),
                KeyValue::new("gen_ai.response.model", call.answered_by.clone()),
                KeyValue::new("gen_ai.response.id", call.id.clone()),
                KeyValue::new("gen_ai.usage.input_tokens", int(call.input)),
                KeyValue::new("gen_ai.usage.output_tokens", int(call.output)),
                KeyValue::new("gen_ai.usage.cache_read.input_tokens", int(call.cached)),
            ]);
            span.end();
        }
    }

    fn settle(&mut self) {
        let _ = self.provider.force_flush();
    }
}

/// Spans of `tracing` through tracing-opentelemetry, its expensive extras off.
pub struct TracingOtel {
    dispatch: Dispatch,
    provider: SdkTracerProvider,
}

impl TracingOtel {
    /// With a subscriber and a provider of its own.
    pub fn new() -> Self {
        let provider = provider();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("hot"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false);
        Self { dispatch: Dispatch::new(tracing_subscriber::registry().with(layer)), provider }
    }
}

impl Default for TracingOtel {
    fn default() -> Self {
        Self::new()
    }
}

/// The same span by `tracing`'s macro, for whichever subscriber is current.
pub fn traced(calls: &[Call]) {
    for call in calls {
        let call = black_box(call);
        let span = tracing::info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.provider.name = "openai",
            gen_ai.request.model = call.model.as_str(),
            gen_ai.request.max_tokens = call.max_tokens,
            gen_ai.request.temperature = call.temperature,
            gen_ai.request.top_p = call.top_p,
            gen_ai.conversation.id = call.conversation.as_str(),
            gen_ai.response.model = call.answered_by.as_str(),
            gen_ai.response.id = call.id.as_str(),
            gen_ai.usage.input_tokens = call.input,
            gen_ai.usage.output_tokens = call.output,
            gen_ai.usage.cache_read.input_tokens = call.cached,
        );
        drop(span.entered());
    }
}

impl Contender for TracingOtel {
    fn name(&self) -> &'static str {
        "tracing-opentelemetry"
    }

    fn burst(&mut self, calls: &[Call]) {
        tracing::dispatcher::with_default(&self.dispatch, || traced(calls));
    }

    fn settle(&mut self) {
        let _ = self.provider.force_flush();
    }
}

struct Discard;

impl Reporter for Discard {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        black_box(spans);
    }
}

/// fastrace: a root span a call.
pub struct Fastrace;

impl Fastrace {
    /// With a reporter that discards.
    pub fn new() -> Self {
        fastrace::set_reporter(Discard, Config::default());
        Self
    }
}

impl Default for Fastrace {
    fn default() -> Self {
        Self::new()
    }
}

impl Contender for Fastrace {
    fn name(&self) -> &'static str {
        "fastrace"
    }

    fn burst(&mut self, calls: &[Call]) {
        for call in calls {
            let call = black_box(call);
            let span = fastrace::Span::root("chat", SpanContext::random()).with_properties(|| {
                [
                    ("gen_ai.operation.name", "chat".into()),
                    ("gen_ai.provider.name", "openai".into()),
                    ("gen_ai.request.model", std::borrow::Cow::from(call.model.clone())),
                    ("gen_ai.request.max_tokens", call.max_tokens.to_string().into()),
                    ("gen_ai.request.temperature", call.temperature.to_string().into()),
                    ("gen_ai.request.top_p", call.top_p.to_string().into()),
                    ("gen_ai.conversation.id", call.conversation.clone().into()),
                    ("gen_ai.response.model", call.answered_by.clone().into()),
                    ("gen_ai.response.id", call.id.clone().into()),
                    ("gen_ai.usage.input_tokens", call.input.to_string().into()),
                    ("gen_ai.usage.output_tokens", call.output.to_string().into()),
                    ("gen_ai.usage.cache_read.input_tokens", call.cached.to_string().into()),
                ]
            });
            drop(span);
        }
    }

    fn settle(&mut self) {
        fastrace::flush();
    }
}
