//! Metric sources that are read with the page.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quipu_backend_prometheus::{Config, Format, Prometheus};
use quipu_core::{Instrument, Metric, PointValue};

use crate::reading::read;
use crate::sample::{metric, number, open};

/// A counter and a gauge of another component.
fn beside() -> Vec<Metric> {
    let calls = metric("b_calls", "", Instrument::Counter, vec![number(1, &[("x", "1")], 3.0)]);
    let gauge = metric("a", "", Instrument::Gauge, vec![number(1, &[], 1.0)]);
    vec![calls, gauge]
}

#[test]
fn a_page_is_as_fresh_as_its_reader() {
    let prometheus = open();
    let readings = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&readings);
    prometheus.read_from(move |now| {
        let mut point = number(0, &[], count.fetch_add(1, Ordering::Relaxed) as f64);
        point.time = now;
        vec![metric("seen", "", Instrument::Counter, vec![point])]
    });
    for want in ["seen_total 0\n", "seen_total 1\n", "seen_total 2\n"] {
        let page = prometheus.text(Format::Text);
        assert!(page.contains(want), "{want} in {page}");
    }
}

#[test]
fn metrics_beside_the_records_are_shown_in_both_formats() {
    let prometheus = Prometheus::open(Config { listen: None, ..Config::default() }).unwrap();
    prometheus.beside(|_| beside());
    for format in [Format::Text, Format::OpenMetrics] {
        let page = prometheus.text(format);
        read(&page, format).unwrap();
        assert!(page.contains("b_calls_total{x=\"1\"} 3") && page.contains("# HELP b_calls"), "{page}");
    }
}

#[tokio::test]
async fn a_name_that_the_page_has_already_is_not_taken_twice() {
    use quipu_core::MetricSink as _;
    let prometheus = open();
    prometheus.beside(|_| beside());
    let mine = metric("a", "", Instrument::Counter, vec![number(1, &[], 5.0)]);
    let other = metric("b.calls", "", Instrument::Gauge, vec![number(1, &[], 5.0)]);
    assert!(matches!(other.points[0].value, PointValue::Number(_)));
    prometheus.write_metrics(&[mine, other]).await.unwrap();
    let page = prometheus.text(Format::OpenMetrics);
    read(&page, Format::OpenMetrics).unwrap();
    assert!(page.contains("a_total 5") && !page.contains("b_calls_total"), "{page}");
    assert!(page.contains("quipu_prometheus_dropped_series_total{reason=\"name\"} 2"), "{page}");
}

#[tokio::test]
async fn a_full_page_still_shows_the_metrics_beside_it() {
    use quipu_core::MetricSink as _;
    let prometheus = Prometheus::open(Config { listen: None, max_series: 1, ..Config::default() }).unwrap();
    prometheus.beside(|_| beside());
    let points = vec![number(1, &[("x", "1")], 1.0), number(1, &[("x", "2")], 1.0)];
    prometheus.write_metrics(&[metric("kept", "", Instrument::Counter, points)]).await.unwrap();
    let page = prometheus.text(Format::OpenMetrics);
    read(&page, Format::OpenMetrics).unwrap();
    assert!(page.contains("kept_total{x=\"1\"} 1") && !page.contains("kept_total{x=\"2\"}"), "{page}");
    assert!(page.contains("b_calls_total{x=\"1\"} 3") && page.contains("\na 1"), "{page}");
    assert!(page.contains("quipu_prometheus_series 1"), "{page}");
}
