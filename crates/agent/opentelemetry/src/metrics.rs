//! Exporter of metrics.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use quipu_core::Intake;
use quipu_otlp::Signal;

use crate::feed::Feed;

/// Feeds the metrics of a meter provider to Quipu, with cumulative values.
#[derive(Debug)]
pub struct MetricExporter(Feed);

impl MetricExporter {
    /// Creates an exporter for `SdkMeterProvider::builder().with_periodic_exporter(…)`, whose reader collects
    /// the metrics.
    pub fn new(intake: Arc<dyn Intake>) -> Self {
        Self(Feed::new(intake))
    }
}

impl PushMetricExporter for MetricExporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.0.submit(Signal::Metrics, ExportMetricsServiceRequest::from(metrics)).await
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}
