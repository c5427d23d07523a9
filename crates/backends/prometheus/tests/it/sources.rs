//! Metric sources that are read with the page.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quipu_backend_prometheus::{Config, Format, Prometheus};
use quipu_core::{Instrument, PointValue};

use crate::reading::read;
use crate::sample::{metric, number, open};

const BESIDE: &str =
    "# HELP b_calls Told.\n# TYPE b_calls counter\nb_calls_total{x=\"1\"} 3\n# TYPE a gauge\na 1\n# EOF\n";

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
fn what_others_write_stands_on_the_page_in_both_formats() {
    let prometheus = Prometheus::open(Config { listen: None, ..Config::default() }).unwrap();
    prometheus.beside(|| BESIDE.to_owned());
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
    prometheus.beside(|| BESIDE.to_owned());
    let mine = metric("a", "", Instrument::Counter, vec![number(1, &[], 5.0)]);
    let other = metric("b.calls", "", Instrument::Gauge, vec![number(1, &[], 5.0)]);
    assert!(matches!(other.points[0].value, PointValue::Number(_)));
    prometheus.write_metrics(&[mine, other]).await.unwrap();
    let page = prometheus.text(Format::OpenMetrics);
    read(&page, Format::OpenMetrics).unwrap();
    assert!(page.contains("a_total 5") && !page.contains("b_calls_total"), "{page}");
    assert!(page.contains("quipu_prometheus_dropped_series_total{reason=\"name\"} 2"), "{page}");
}
