//! Exporter of finished spans.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::SpanData;
use quipu_core::Intake;
use quipu_otlp::Signal;
use quipu_semconv::quipu::SCOPE;

use crate::feed::Feed;

/// Feeds the spans of a tracer provider to Quipu.
#[derive(Debug)]
pub struct SpanExporter {
    feed: Feed,
    resource: ResourceAttributesWithSchema,
}

impl SpanExporter {
    /// Creates an exporter for `SdkTracerProvider::builder().with_batch_exporter(…)`.
    pub fn new(intake: Arc<dyn Intake>) -> Self {
        Self { feed: Feed::new(intake), resource: ResourceAttributesWithSchema::default() }
    }
}

impl opentelemetry_sdk::trace::SpanExporter for SpanExporter {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        // Quipu has the spans that it handed to the provider.
        batch.retain(|span| span.instrumentation_scope.name() != SCOPE);
        if batch.is_empty() {
            return Ok(());
        }
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        self.feed.submit(Signal::Traces, ExportTraceServiceRequest { resource_spans }).await
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}
