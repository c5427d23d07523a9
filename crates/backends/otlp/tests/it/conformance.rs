//! The conformance suite for exporters, over gRPC and over HTTP.

use std::sync::{Arc, Mutex};

use quipu_conformance::{Suite, run_exporter};
use quipu_core::Backend;

use crate::server::{Server, taken};
use crate::shared::{open, records};

const OVER_HTTP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt");
const OVER_GRPC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance-grpc.txt");
/// The test server decodes with prost, whose limit is 100 messages; a value of 40 levels has 120.
const TOO_DEEP: (&str, &str) = ("exporter/values_of_every_kind_are_taken", "deeper than the server reads");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_over_http() {
    let server = Arc::new(Server::http(|_| taken()).await);
    let url = server.url.clone();
    let report = run_exporter(move || {
        let otlp = open(&format!("endpoint = {url:?}\nprotocol = \"http/json\"\ncompression = \"gzip\""));
        async move { Arc::new(otlp) as Arc<dyn Backend> }
    });
    report.await.assert_matches_snapshot(OVER_HTTP);
    let read: usize = server.requests().iter().map(|seen| records(seen).len()).sum();
    assert!(read > 15_000, "{read} records were read again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_over_grpc() {
    let servers = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&servers);
    let report = Suite::of_exporters(move || {
        let kept = Arc::clone(&kept);
        async move {
            let server = Server::grpc_with(None, 64 << 20, |_| Ok(0)).await;
            let otlp = open(&format!("endpoint = {:?}\nprotocol = \"grpc\"", server.url));
            kept.lock().unwrap().push(server);
            Arc::new(otlp) as Arc<dyn Backend>
        }
    });
    let report = report.without(TOO_DEEP.0, TOO_DEEP.1).run();
    report.await.assert_matches_snapshot(OVER_GRPC);
    let servers = servers.lock().unwrap();
    let read: usize = servers.iter().flat_map(Server::requests).map(|seen| records(&seen).len()).sum();
    assert!(read > 15_000, "{read} records were read again");
}
