//! Runs the conformance cases of every store.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use quipu_backend_sqlite::Sqlite;
use quipu_conformance::Suite;
use quipu_core::Store;

use crate::config;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds() {
    let folders: Arc<Mutex<Vec<tempfile::TempDir>>> = Arc::default();
    let make = move || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_path_buf();
        folders.lock().unwrap().push(folder);
        async move { Arc::new(Sqlite::open(config(path)).unwrap()) as Arc<dyn Store> }
    };
    let suite = Suite::of_stores(make).reopening(|info| async move {
        let path = PathBuf::from(info.uri.trim_start_matches("sqlite:"));
        Ok(Arc::new(Sqlite::open(config(path))?) as Arc<dyn Store>)
    });
    let suite = match std::env::var("QUIPU_CASE") {
        Ok(part) => suite.only(part),
        Err(_) => suite,
    };
    let report = suite.run().await;
    if std::env::var_os("QUIPU_CASE").is_some() {
        assert!(report.failed().is_empty(), "{report}");
        return;
    }
    report.assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
}
