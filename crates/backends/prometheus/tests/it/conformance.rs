//! The conformance suite for backends without queries.

use std::sync::Arc;

use quipu_backend_prometheus::Prometheus;
use quipu_conformance::run_exporter;
use quipu_core::Backend;

use crate::sample::quiet;

#[tokio::test(flavor = "multi_thread")]
async fn every_case() {
    let report =
        run_exporter(|| async { Arc::new(Prometheus::open(quiet()).unwrap()) as Arc<dyn Backend> }).await;
    report.assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
}
