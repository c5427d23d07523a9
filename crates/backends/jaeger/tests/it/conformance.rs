//! The conformance suite for exporters, over OTLP and to an agent.

use std::sync::Arc;

use quipu_backend_jaeger::{Config, Jaeger};
use quipu_conformance::run_exporter;
use quipu_core::Backend;

use crate::server::Server;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_by_otlp() {
    let server = Server::start([]).await;
    let config = Config { endpoint: server.url.clone(), ..Config::default() };
    let report = run_exporter(move || {
        let jaeger = Jaeger::open(config.clone()).unwrap();
        async move { Arc::new(jaeger) as Arc<dyn Backend> }
    });
    report.await.assert_matches_snapshot(SNAPSHOT);
}

#[cfg(feature = "legacy-agent")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_to_an_agent() {
    let agent = crate::agent::Agent::start().await;
    let config = Config { packet_pause_ms: 0, ..agent.config() };
    let report = run_exporter(move || {
        let jaeger = Jaeger::open(config.clone()).unwrap();
        async move { Arc::new(jaeger) as Arc<dyn Backend> }
    });
    report.await.assert_matches_snapshot(SNAPSHOT);
}
