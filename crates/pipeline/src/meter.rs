//! Quipu's own metrics in Prometheus text.

use foldhash::{HashMap, HashMapExt};
use parking_lot::Mutex;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use quipu_core::Meter;

type Labels = Vec<(&'static str, String)>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// Every self-metric with its help text. A metric without an entry has its name as help text.
const HELP: &[(&str, &str)] = &[
    ("quipu_received_requests_total", "Requests and packets answered, by signal, transport and outcome"),
    ("quipu_received_spans_total", "Received spans"),
    ("quipu_rejected_items_total", "Rejected records, by signal and reason"),
    ("quipu_mended_items_total", "Records cut or repaired to fit the limits, by reason"),
    ("quipu_unknown_usage_keys_total", "Usage attributes with unknown keys, by key"),
    ("quipu_stored_records_total", "Records committed to the store, by signal"),
    ("quipu_conflicting_spans_total", "Rejected versions of ended spans that differ from the final version"),
    ("quipu_retired_traces_total", "Traces whose spans retention removed, by cause"),
    ("quipu_retired_bytes_total", "Bytes freed by retention, by cause"),
    ("quipu_store_bytes_over_bound", "Bytes by which the store exceeds its maximum size"),
    ("quipu_refused_batches_total", "Batches not stored, by reason"),
    ("quipu_exporter_written_records_total", "Records written to a backend, by backend"),
    ("quipu_exporter_dropped_records_total", "Records that a backend did not receive, by backend and reason"),
    ("quipu_exporter_failures_total", "Failed attempts to write to a backend, by backend"),
    ("quipu_exporter_rejected_records_total", "Records permanently rejected by the server, by backend"),
    ("quipu_exporter_spool_failures_total", "Batches that could not be written to disk, by backend"),
    ("quipu_exporter_queue_records", "Records waiting for an exporter, in memory or on disk, by backend"),
    ("quipu_exporter_lag_seconds", "Age of the oldest record waiting for a backend, by backend"),
    ("quipu_exporter_spool_bytes", "Bytes of batches on disk, by backend"),
    ("quipu_exporter_dead_letter_records", "Rejected records stored as dead letters, by backend"),
    (
        "quipu_exporter_breaker_open",
        "1 while delivery to a backend is paused after consecutive failures, by backend",
    ),
    ("quipu_masked_secrets_total", "Secrets and personal data removed before storage, by kind"),
    ("pii_detections_total", "Personal data removed before storage, by kind"),
    ("secret_detections_total", "Secrets removed before storage, by kind"),
    ("quipu_dropped_contents_total", "Message contents dropped, by location"),
    ("quipu_unsampled_spans_total", "Spans dropped by sampling after they were counted"),
    ("quipu_tail_traces_total", "Traces that tail sampling decided on, by reason"),
    ("quipu_gateway_requests_total", "Requests that the gateway answered, by upstream and status"),
    ("quipu_gateway_refusals_total", "Requests rejected by the gateway, by upstream and reason"),
    (
        "quipu_gateway_client_disconnects_total",
        "Answers whose client disconnected before their end, by upstream",
    ),
    ("quipu_gateway_lost_records_total", "Records of calls through the gateway that could not be stored"),
    (
        "quipu_gateway_delivery_stuck",
        "1 while the gateway cannot store records of calls and rejects new ones",
    ),
    ("quipu_gateway_added_seconds", "Time added by the gateway to model calls"),
    (
        "quipu_memory_refusals_total",
        "Answers and gateway bodies rejected because the memory for answers (limit answer_bytes) was exhausted",
    ),
    ("quipu_queue_batches", "Batches waiting for the pipeline"),
    ("quipu_ledger_spans", "Spans of the ledger in memory"),
    ("quipu_source_changes", "Fields whose share of a source's spans changed within 28 days"),
    ("quipu_sources_silent", "Sources that are silent for five times their longest pause"),
    ("quipu_judged_spans", "Spans of traces that were checked for missing parents"),
    ("quipu_orphan_spans", "Judged spans whose parent never arrived"),
    ("quipu_judged_traces", "Traces that were checked for a root"),
    ("quipu_rootless_traces", "Judged traces without a root"),
    ("quipu_missing_source_records", "Missing records, by gaps in the numbers of their source"),
    ("quipu_search_lag_spans", "Stored spans that full-text search has not indexed yet"),
];

/// Upper bounds of histograms in seconds, from 25 µs to 1 s.
const BOUNDS: [f64; 14] =
    [2.5e-5, 5e-5, 1e-4, 2e-4, 3e-4, 5e-4, 7.5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 5e-2, 0.25, 1.0];

fn histogram() -> Histogram {
    Histogram::new(BOUNDS)
}

#[derive(Default)]
struct Families {
    registry: Registry,
    counters: HashMap<&'static str, Family<Labels, Counter>>,
    gauges: HashMap<&'static str, Family<Labels, Gauge>>,
    histograms: HashMap<&'static str, Histograms>,
    /// Label sets of each counter, because a family cannot list them.
    series: HashMap<&'static str, Vec<Labels>>,
}

/// Counters, gauges and histograms, created at first use.
#[derive(Default)]
pub struct SelfMetrics(Mutex<Families>);

fn help(name: &str) -> &str {
    HELP.iter().find(|(known, _)| *known == name).map_or(name, |(_, help)| help)
}

fn owned(labels: &[(&'static str, &str)]) -> Labels {
    labels.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
}

impl SelfMetrics {
    /// Creates an empty registry.
    pub fn new() -> Self {
        Self(Mutex::new(Families {
            registry: Registry::default(),
            counters: HashMap::new(),
            gauges: HashMap::new(),
            histograms: HashMap::new(),
            series: HashMap::new(),
        }))
    }

    /// All metrics in OpenMetrics text, which Prometheus also reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.0.lock().registry);
        text
    }

    /// The series of a counter with their labels, ordered by first use.
    pub fn counts(&self, name: &str) -> Vec<(Vec<(&'static str, String)>, u64)> {
        let families = self.0.lock();
        let (Some(family), Some(series)) = (families.counters.get(name), families.series.get(name)) else {
            return Vec::new();
        };
        let count = |labels: &Labels| Some((labels.clone(), family.get(labels)?.get()));
        series.iter().filter_map(count).collect()
    }

    /// Value of a gauge without labels; `None` until it is set.
    pub fn gauge(&self, name: &str) -> Option<i64> {
        let families = self.0.lock();
        families.gauges.get(name)?.get(&Vec::new()).map(|gauge| gauge.get())
    }
}

impl Meter for SelfMetrics {
    fn add(&self, name: &'static str, labels: &[(&'static str, &str)], by: u64) {
        let mut families = self.0.lock();
        let Families { registry, counters, series, .. } = &mut *families;
        let family = counters.entry(name).or_insert_with(|| {
            let family = Family::default();
            // The encoder appends `_total` to a counter's name.
            registry.register(name.trim_end_matches("_total"), help(name), family.clone());
            family
        });
        let labels = owned(labels);
        if family.get(&labels).is_none() {
            series.entry(name).or_default().push(labels.clone());
        }
        family.get_or_create(&labels).inc_by(by);
    }

    fn set(&self, name: &'static str, labels: &[(&'static str, &str)], value: i64) {
        let mut families = self.0.lock();
        let Families { registry, gauges, .. } = &mut *families;
        let family = gauges.entry(name).or_insert_with(|| {
            let family = Family::default();
            registry.register(name, help(name), family.clone());
            family
        });
        family.get_or_create(&owned(labels)).set(value);
    }

    fn observe(&self, name: &'static str, labels: &[(&'static str, &str)], seconds: f64) {
        let mut families = self.0.lock();
        let Families { registry, histograms, .. } = &mut *families;
        let family = histograms.entry(name).or_insert_with(|| {
            let family = Family::new_with_constructor(histogram as fn() -> Histogram);
            registry.register(name, help(name), family.clone());
            family
        });
        family.get_or_create(&owned(labels)).observe(seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_names_what_was_counted() {
        let metrics = SelfMetrics::new();
        metrics.add("quipu_received_spans_total", &[("signal", "traces")], 3);
        metrics.set("quipu_queue_batches", &[], 2);
        let text = metrics.text();
        assert!(text.contains("quipu_received_spans_total{signal=\"traces\"} 3"), "{text}");
        assert!(text.contains("# HELP quipu_queue_batches Batches waiting"), "{text}");
        assert_eq!(
            metrics.counts("quipu_received_spans_total"),
            [(vec![("signal", "traces".to_owned())], 3)]
        );
        assert_eq!(
            (metrics.gauge("quipu_queue_batches"), metrics.gauge("quipu_ledger_spans")),
            (Some(2), None)
        );
    }
}
