//! The dashboard of Quipu's own health: receivers, store, exporters.

use serde_json::Value;

use super::build::Dashboard;
use super::panel::Panel;

pub(super) fn dashboard() -> Value {
    Dashboard::new(
        "quipu-health",
        "Quipu: its own health",
        "Received, stored and exported records, and losses.",
    )
    .row("At a glance", glance())
    .row("In", incoming())
    .row("Out", outgoing())
    .row("Machine", machine())
    .json()
}

fn glance() -> Vec<Panel> {
    vec![
        Panel::stat("Up", "short", "min(up{job=\"quipu\"})"),
        Panel::stat("Received spans", "short", "sum(increase(quipu_received_spans_total[$__range]))"),
        Panel::stat(
            "Refused records",
            "short",
            "sum(increase(quipu_rejected_items_total[$__range])) or vector(0)",
        )
        .alarm(1.0),
        Panel::stat("Batches waiting", "short", "sum(quipu_queue_batches)"),
        Panel::stat(
            "Records that a backend did not receive",
            "short",
            "sum(increase(quipu_exporter_dropped_records_total[$__range])) or vector(0)",
        )
        .alarm(1.0),
        Panel::stat("Series kept for this page", "short", "sum(quipu_prometheus_series)"),
    ]
}

fn incoming() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Requests a second",
            "reqps",
            "sum by (signal, outcome) (rate(quipu_received_requests_total[$__rate_interval]))",
            "{{signal}} {{outcome}}",
        ),
        Panel::lines(
            "Stored records per second",
            "short",
            "sum by (signal) (rate(quipu_stored_records_total[$__rate_interval]))",
            "{{signal}}",
        ),
        Panel::lines("Batches waiting", "short", "sum by (instance) (quipu_queue_batches)", "{{instance}}")
            .wide(8),
        Panel::lines(
            "Spans of the ledger in memory",
            "short",
            "sum by (instance) (quipu_ledger_spans)",
            "{{instance}}",
        )
        .wide(8),
        Panel::lines(
            "Spans not searchable yet",
            "short",
            "sum by (instance) (quipu_search_lag_spans)",
            "{{instance}}",
        )
        .wide(8),
    ]
}

fn outgoing() -> Vec<Panel> {
    let by = |title, unit, expr: &str| Panel::lines(title, unit, expr, "{{backend}}");
    vec![
        by(
            "Written records per second, by backend",
            "short",
            "sum by (backend) (rate(quipu_exporter_written_records_total[$__rate_interval]))",
        ),
        by("Records waiting, by backend", "short", "sum by (backend) (quipu_exporter_queue_records)"),
        by("Age of the oldest waiting record", "s", "max by (backend) (quipu_exporter_lag_seconds)").wide(8),
        by("Spool on disk", "bytes", "sum by (backend) (quipu_exporter_spool_bytes)").wide(8),
        by("Dead letters", "short", "sum by (backend) (quipu_exporter_dead_letter_records)").wide(8),
        by(
            "Failed attempts per minute",
            "short",
            "sum by (backend) (rate(quipu_exporter_failures_total[$__rate_interval])) * 60",
        )
        .wide(8),
        by("Delivery paused (1)", "short", "max by (backend) (quipu_exporter_breaker_open)")
            .about("After consecutive failures, nothing is sent until one attempt succeeds.")
            .wide(8),
        Panel::lines(
            "Lost records per minute, by backend and reason",
            "short",
            "sum by (backend, reason) (rate(quipu_exporter_dropped_records_total[$__rate_interval])) * 60",
            "{{backend}} {{reason}}",
        )
        .wide(8),
    ]
}

fn machine() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Processors in use",
            "percentunit",
            "max by (instance) (system_cpu_utilization_ratio)",
            "machine",
        )
        .query("max by (instance) (process_cpu_utilization_ratio)", "process, of one"),
        Panel::lines(
            "Memory of the process",
            "bytes",
            "max by (instance) (process_memory_usage_bytes)",
            "{{instance}}",
        ),
    ]
}
