//! The conformance suite for exporters.

use std::sync::{Arc, Mutex};

use quipu_backend_webhook::Config;
use quipu_conformance::run_exporter;
use quipu_core::Backend;

use crate::receiver::Receiver;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds() {
    let receivers: Arc<Mutex<Vec<Arc<Receiver>>>> = Arc::default();
    let kept = Arc::clone(&receivers);
    let report = run_exporter(move || {
        let kept = Arc::clone(&kept);
        async move {
            let receiver = Arc::new(Receiver::start().await);
            kept.lock().unwrap().push(Arc::clone(&receiver));
            // The body contains the mebibyte of a prompt twice.
            let config = Config { max_bytes: 4 << 20, ..Config::default() };
            Arc::new(receiver.open(config)) as Arc<dyn Backend>
        }
    });
    report.await.assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
    let read: usize = receivers.lock().unwrap().iter().map(|receiver| receiver.records().len()).sum();
    assert!(read > 20_000, "{read} records were read again");
}
