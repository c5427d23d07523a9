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
    ("quipu_received_spans_total", "Spans taken in"),
    ("quipu_rejected_items_total", "Records refused, by signal and reason"),
    ("quipu_mended_items_total", "Records that had to be cut or mended to fit the limits, by reason"),
    ("quipu_unknown_usage_keys_total", "Figures that are usage by their keys and that nothing reads, by key"),
    ("quipu_stored_records_total", "Records committed to the store, by signal"),
    (
        "quipu_conflicting_spans_total",
        "Versions of ended spans that were refused because they differ from the final ones",
    ),
    ("quipu_retired_traces_total", "Traces that lost their spans to the rules of retention, by why"),
    ("quipu_retired_bytes_total", "Bytes freed by the rules of retention, by why"),
    ("quipu_store_bytes_over_bound", "Bytes by which the store stays beyond its bound"),
    ("quipu_refused_batches_total", "Batches not stored, by reason"),
    ("quipu_exit_written_records_total", "Records written to a backend, by backend"),
    ("quipu_exit_dropped_records_total", "Records that a backend did not get, by backend and reason"),
    ("quipu_exit_failures_total", "Failed attempts to write to a backend, by backend"),
    ("quipu_exit_rejected_records_total", "Records that the other side refused for good, by backend"),
    ("quipu_exit_spool_failures_total", "Batches that could not be kept on disk, by backend"),
    (
        "quipu_exit_queue_records",
        "Records waiting for a backend beside the store, in memory or on disk, by backend",
    ),
    ("quipu_exit_lag_seconds", "How long the oldest record waiting for a backend has waited, by backend"),
    ("quipu_exit_spool_bytes", "Bytes of batches on disk, by backend"),
    ("quipu_exit_dead_letter_records", "Refused records that are kept, by backend"),
    (
        "quipu_exit_breaker_open",
        "1 while nothing is tried with a backend after failures in a row, by backend",
    ),
    ("quipu_masked_secrets_total", "Secrets and personal data taken out before anything was kept, by kind"),
    ("pii_detections_total", "Personal data removed before storage, by kind"),
    ("secret_detections_total", "Secrets removed before storage, by kind"),
    ("quipu_dropped_contents_total", "Message contents left out, by where they were"),
    ("quipu_unsampled_spans_total", "Spans that sampling left out after they were counted"),
    ("quipu_tail_traces_total", "Traces that tail sampling decided on, by reason"),
    ("quipu_proxy_requests_total", "Requests that the gateway answered, by upstream and status"),
    ("quipu_proxy_refusals_total", "Requests that the gateway did not pass on, by upstream and reason"),
    ("quipu_proxy_client_disconnects_total", "Answers whose client went away before their end, by upstream"),
    ("quipu_proxy_lost_records_total", "Records of calls through the gateway that could not be stored"),
    ("quipu_proxy_added_seconds", "Time that the gateway itself added to calls of models"),
    (
        "quipu_memory_refusals_total",
        "Answers and gateway bodies refused because the memory for answers (limit answer_bytes) was used up",
    ),
    ("quipu_queue_batches", "Batches waiting for the pipeline"),
    ("quipu_ledger_spans", "Spans that the ledger holds in memory"),
    ("quipu_source_changes", "Fields whose share of a source's spans changed within 28 days"),
    ("quipu_sources_silent", "Sources that are silent for five times their longest pause"),
    ("quipu_judged_spans", "Spans of traces that were looked at for missing parents"),
    ("quipu_orphan_spans", "Judged spans whose parent never came"),
    ("quipu_judged_traces", "Traces that were looked at for a root"),
    ("quipu_rootless_traces", "Judged traces without a root"),
    ("quipu_missing_source_records", "Records that never came, by the numbers that their source gives them"),
    ("quipu_search_lag_spans", "Stored spans that full text search does not know yet"),
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
