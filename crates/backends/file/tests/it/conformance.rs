//! The conformance suite for exporters, with all its records read back unchanged.

use std::sync::{Arc, Mutex};

use quipu_backend_file::{Config, File};
use quipu_conformance::run_exporter;
use quipu_core::Backend;

use crate::shared::all;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds() {
    let folders: Arc<Mutex<Vec<tempfile::TempDir>>> = Arc::default();
    let kept = Arc::clone(&folders);
    let report = run_exporter(move || {
        let folder = tempfile::tempdir().unwrap();
        let file = File::open(Config::at(folder.path())).unwrap();
        kept.lock().unwrap().push(folder);
        async move { Arc::new(file) as Arc<dyn Backend> }
    });
    report.await.assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
    let written: usize = folders.lock().unwrap().iter().map(|folder| all(folder.path()).len()).sum();
    assert!(written > 20_000, "{written} records were read again");
}
