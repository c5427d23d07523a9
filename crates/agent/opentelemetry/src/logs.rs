//! Exporter of log records.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::LogBatch;
use quipu_core::Intake;
use quipu_otlp::Signal;

use crate::feed::Feed;

/// Feeds the log records of a logger provider to Quipu, as events.
#[derive(Debug)]
pub struct LogExporter {
    feed: Feed,
    resource: ResourceAttributesWithSchema,
}

impl LogExporter {
    /// Creates an exporter for `SdkLoggerProvider::builder().with_batch_exporter(…)`.
    pub fn new(intake: Arc<dyn Intake>) -> Self {
        Self { feed: Feed::new(intake), resource: ResourceAttributesWithSchema::default() }
    }
}

impl opentelemetry_sdk::logs::LogExporter for LogExporter {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let resource_logs = group_logs_by_resource_and_scope(&batch, &self.resource);
        self.feed.submit(Signal::Logs, ExportLogsServiceRequest { resource_logs }).await
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}
