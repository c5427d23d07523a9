//! A canonical form of requests for comparison.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use quipu_otlp::Signal;

/// Splits a request: each record alone with its resource and scope.
macro_rules! apart {
    ($body:ident, $request:ty: $of_request:ident, $per_resource:ident: $of_resource:ident, $per_scope:ident: $of_scope:ident, $same:expr) => {{
        let mut all = Vec::new();
        for group in <$request>::decode($body).unwrap().$of_request {
            for scoped in group.$of_resource {
                for mut record in scoped.$of_scope {
                    $same(&mut record);
                    let alone = $per_scope {
                        scope: Some(scoped.scope.clone().unwrap_or_default()),
                        $of_scope: vec![record],
                        schema_url: scoped.schema_url.clone(),
                    };
                    let alone = $per_resource {
                        resource: Some(group.resource.clone().unwrap_or_default()),
                        $of_resource: vec![alone],
                        schema_url: group.schema_url.clone(),
                    };
                    all.push(alone.encode_to_vec());
                }
            }
        }
        all
    }};
}

/// Every record of a request with all its OTLP fields. Irrelevant differences are removed: the grouping of
/// records, and whether an empty message was written.
pub fn records(signal: Signal, body: &[u8]) -> Vec<Vec<u8>> {
    match signal {
        Signal::Traces => apart!(
            body,
            ExportTraceServiceRequest: resource_spans,
            ResourceSpans: scope_spans,
            ScopeSpans: spans,
            |span: &mut Span| _ = span.status.get_or_insert_default()
        ),
        Signal::Logs => apart!(
            body,
            ExportLogsServiceRequest: resource_logs,
            ResourceLogs: scope_logs,
            ScopeLogs: log_records,
            |record: &mut LogRecord| _ = record.body.get_or_insert_default()
        ),
        Signal::Metrics => apart!(
            body,
            ExportMetricsServiceRequest: resource_metrics,
            ResourceMetrics: scope_metrics,
            ScopeMetrics: metrics,
            |_: &mut Metric| ()
        ),
    }
}
