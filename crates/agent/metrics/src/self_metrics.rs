//! Quipu's own metrics.

use std::sync::Arc;

use quipu_core::{Clock, Meter, Metric, Resource, SystemClock, Timestamp};

use crate::kind::InstrumentKind;
use crate::open_metrics;
use crate::registry::{Registry, Series};

/// Every self-metric with its help text.
const HELP: &[(&str, &str)] = &[
    ("quipu_received_requests_total", "Requests and packets answered, by signal, transport and outcome."),
    ("quipu_received_spans_total", "Received spans."),
    ("quipu_rejected_items_total", "Rejected records, by signal and reason."),
    ("quipu_mended_items_total", "Records cut or repaired to fit the limits, by reason."),
    ("quipu_unknown_usage_keys_total", "Usage attributes with unknown keys, by key."),
    ("quipu_stored_records_total", "Records committed to the store, by signal."),
    ("quipu_conflicting_spans_total", "Rejected versions of ended spans that differ from the final version."),
    ("quipu_retired_traces_total", "Traces whose spans retention removed, by cause."),
    ("quipu_retired_bytes_total", "Bytes freed by retention, by cause."),
    ("quipu_store_bytes_over_bound", "Bytes by which the store exceeds its maximum size."),
    ("quipu_refused_batches_total", "Batches not stored, by reason."),
    ("quipu_exporter_written_records_total", "Records written to a backend, by backend."),
    (
        "quipu_exporter_dropped_records_total",
        "Records that a backend did not receive, by backend and reason.",
    ),
    ("quipu_exporter_failures_total", "Failed attempts to write to a backend, by backend."),
    ("quipu_exporter_rejected_records_total", "Records permanently rejected by the server, by backend."),
    ("quipu_exporter_spool_failures_total", "Batches that could not be written to disk, by backend."),
    ("quipu_exporter_queue_records", "Records waiting for an exporter, in memory or on disk, by backend."),
    ("quipu_exporter_lag_seconds", "Age of the oldest record waiting for a backend, by backend."),
    ("quipu_exporter_spool_bytes", "Bytes of batches on disk, by backend."),
    ("quipu_exporter_dead_letter_records", "Rejected records stored as dead letters, by backend."),
    (
        "quipu_exporter_breaker_open",
        "1 while delivery to a backend is paused after consecutive failures, by backend.",
    ),
    ("quipu_masked_secrets_total", "Secrets and personal data removed before storage, by kind."),
    ("pii_detections_total", "Personal data removed before storage, by kind."),
    ("secret_detections_total", "Secrets removed before storage, by kind."),
    ("quipu_dropped_contents_total", "Message contents dropped, by location."),
    ("quipu_unsampled_spans_total", "Spans dropped by sampling after they were counted."),
    ("quipu_tail_traces_total", "Traces that tail sampling decided on, by reason."),
    ("quipu_gateway_requests_total", "Requests that the gateway answered, by upstream and status."),
    ("quipu_gateway_refusals_total", "Requests rejected by the gateway, by upstream and reason."),
    (
        "quipu_gateway_client_disconnects_total",
        "Answers whose client disconnected before their end, by upstream.",
    ),
    ("quipu_gateway_lost_records_total", "Records of calls through the gateway that could not be stored."),
    (
        "quipu_gateway_delivery_stuck",
        "1 while the gateway cannot store records of calls and rejects new ones.",
    ),
    ("quipu_gateway_added_seconds", "Time added by the gateway to model calls."),
    (
        "quipu_memory_refusals_total",
        "Answers and gateway bodies rejected because the memory for answers (limit answer_bytes) was exhausted.",
    ),
    (
        "quipu_gateway_not_understood_total",
        "Requests not understood that the gateway passed on, by upstream and reason.",
    ),
    ("quipu_connections", "Open connections."),
    ("quipu_connections_refused_total", "Rejected connections, by limit."),
    ("quipu_connections_cut_total", "Connections that the server closed, by cause."),
    ("quipu_access_refused_total", "Requests without permission, by reason."),
    ("quipu_logins_total", "Logins, by outcome."),
    ("quipu_tls_reloads_total", "Reloads of the certificate, by outcome."),
    ("quipu_audit_lost_total", "Audit entries that could not be written."),
    ("quipu_audit_failing", "1 while the audit log cannot be written."),
    ("quipu_audit_damaged", "1 while the audit log is damaged."),
    ("quipu_queue_batches", "Batches waiting for the pipeline."),
    ("quipu_ledger_spans", "Spans of the ledger in memory."),
    ("quipu_source_changes", "Fields whose share of a source's spans changed within 28 days."),
    ("quipu_sources_silent", "Sources that are silent for five times their longest pause."),
    ("quipu_judged_spans", "Spans of traces that were checked for missing parents."),
    ("quipu_orphan_spans", "Judged spans whose parent never arrived."),
    ("quipu_judged_traces", "Traces that were checked for a root."),
    ("quipu_rootless_traces", "Judged traces without a root."),
    ("quipu_missing_source_records", "Missing records, by gaps in the numbers of their source."),
    ("quipu_search_lag_spans", "Stored spans that full-text search has not indexed yet."),
];

/// Name of each histogram, for its bounds.
const HISTOGRAMS: [&str; 1] = ["quipu_gateway_added_seconds"];

/// Upper bounds of histograms in seconds, from 25 µs to 1 s.
const BOUNDS: [f64; 14] =
    [2.5e-5, 5e-5, 1e-4, 2e-4, 3e-4, 5e-4, 7.5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 5e-2, 0.25, 1.0];

/// Quipu's own counters, gauges and histograms, in a registry of their own. They live as long as the process.
#[derive(Debug, Clone, Copy)]
pub struct SelfMetrics(&'static Registry);

impl Default for SelfMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl SelfMetrics {
    /// Every self-metric with its help text.
    pub const HELP: &[(&str, &str)] = HELP;

    /// Creates an empty registry.
    pub fn new() -> Self {
        let registry: &'static Registry = Box::leak(Box::new(Registry::coarse()));
        HELP.iter().for_each(|(name, help)| registry.describe(name, "", help));
        HISTOGRAMS.iter().for_each(|name| registry.bounds(name, &BOUNDS));
        Self(registry)
    }

    /// All metrics at this moment, without a resource.
    pub fn metrics(&self, now: Timestamp) -> Vec<Metric> {
        self.0.collect(now, &Arc::new(Resource::default()))
    }

    /// All metrics as OpenMetrics text, which Prometheus also reads.
    pub fn text(&self) -> String {
        open_metrics::text(&self.metrics(SystemClock.now()))
    }

    /// The series of a counter with their labels, ordered by first use.
    pub fn counts(&self, name: &str) -> Vec<(Vec<(String, String)>, u64)> {
        let series = self.0.shown(name).map(|instrument| instrument.all()).unwrap_or_default();
        let owned = |series: &Series| {
            series.labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
        };
        series.iter().filter_map(|series| Some((owned(series), series.number()? as u64))).collect()
    }

    /// Value of a gauge without labels; `None` until it is set.
    pub fn gauge(&self, name: &str) -> Option<i64> {
        Some(self.0.value(name, &[])? as i64)
    }

    fn with(&self, kind: InstrumentKind, name: &str, labels: &[(&str, &str)], record: impl FnOnce(&Series)) {
        if let Some(series) = self.0.derived(kind, name, labels) {
            record(series);
        }
    }
}

impl Meter for SelfMetrics {
    fn add(&self, name: &'static str, labels: &[(&'static str, &str)], by: u64) {
        self.with(InstrumentKind::Counter, name, labels, |series| series.add(by));
    }

    fn set(&self, name: &'static str, labels: &[(&'static str, &str)], value: i64) {
        self.with(InstrumentKind::Gauge, name, labels, |series| series.set(value as f64));
    }

    fn observe(&self, name: &'static str, labels: &[(&'static str, &str)], seconds: f64) {
        self.with(InstrumentKind::Histogram, name, labels, |series| series.derive(seconds, None));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use quipu_core::PointValue;

    use super::*;

    #[test]
    fn metrics_have_the_figures_and_the_help_text_of_what_was_counted() {
        let own = SelfMetrics::new();
        own.add("quipu_received_spans_total", &[("signal", "traces")], 3);
        own.set("quipu_queue_batches", &[], -2);
        own.observe("quipu_gateway_added_seconds", &[], 4e-5);
        let metrics = own.metrics(Timestamp::from_nanos(1));
        let of = |name: &str| metrics.iter().find(|metric| metric.name == name).unwrap();
        let spans = of("quipu_received_spans_total");
        assert_eq!(spans.points[0].value, PointValue::Number(3.0));
        assert_eq!((spans.points[0].attributes.len(), spans.unit.as_str()), (1, ""));
        assert_eq!(of("quipu_queue_batches").points[0].value, PointValue::Number(-2.0));
        assert_eq!(of("quipu_queue_batches").description, "Batches waiting for the pipeline.");
        let PointValue::Distribution { buckets, count: 1, .. } =
            &of("quipu_gateway_added_seconds").points[0].value
        else {
            unreachable!("{metrics:?}")
        };
        let first: Vec<_> = buckets.iter().take(2).map(|bucket| (bucket.upper, bucket.count)).collect();
        assert_eq!((buckets.len(), first), (15, vec![(2.5e-5, 0), (5e-5, 1)]));
    }

    #[test]
    fn counts_and_gauges_can_be_read_by_name() {
        let own = SelfMetrics::new();
        own.add("quipu_stored_records_total", &[("signal", "traces")], 3);
        own.add("quipu_stored_records_total", &[("signal", "logs")], 1);
        own.add("quipu_stored_records_total", &[("signal", "traces")], 2);
        own.set("quipu_queue_batches", &[], 2);
        let of = |signal: &str, count| (vec![("signal".to_owned(), signal.to_owned())], count);
        assert_eq!(own.counts("quipu_stored_records_total"), [of("traces", 5), of("logs", 1)]);
        assert!(own.counts("quipu_received_spans_total").is_empty());
        assert_eq!((own.gauge("quipu_queue_batches"), own.gauge("quipu_ledger_spans")), (Some(2), None));
    }

    #[test]
    fn two_instances_count_apart() {
        let (one, other) = (SelfMetrics::new(), SelfMetrics::new());
        one.add("quipu_received_spans_total", &[], 1);
        assert!(other.counts("quipu_received_spans_total").is_empty());
    }
}
