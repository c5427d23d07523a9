//! Whole pages in both formats, compared with committed ones.

use std::path::Path;

use quipu_backend_prometheus::{Config, Format};
use quipu_conformance::snapshot::assert_matches;

use crate::reading::read;
use crate::sample::{each, open, quiet, write};

fn golden(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(name)
}

#[test]
fn text() {
    let prometheus = open();
    write(&prometheus, &each());
    let page = prometheus.text(Format::Text);
    read(&page, Format::Text).unwrap();
    assert_matches(&golden("page.txt"), &page);
}

#[test]
fn open_metrics() {
    let prometheus = open();
    write(&prometheus, &each());
    let page = prometheus.text(Format::OpenMetrics);
    read(&page, Format::OpenMetrics).unwrap();
    assert_matches(&golden("page.openmetrics"), &page);
}

#[test]
fn exemplars_can_be_switched_off() {
    let prometheus =
        quipu_backend_prometheus::Prometheus::open(Config { exemplars: false, ..quiet() }).unwrap();
    write(&prometheus, &each());
    let page = prometheus.text(Format::OpenMetrics);
    assert!(!page.contains("trace_id") && page.contains("_created"), "{page}");
}
