//! The conformance suite for exporters; the cluster accepts each of its documents.

use std::sync::{Arc, Mutex};

use quipu_conformance::run_exporter;
use quipu_core::Backend;
use serde_json::json;

use crate::cluster::Cluster;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds() {
    for version in [json!({"number": "8.19.0"}), json!({"number": "2.19.0", "distribution": "opensearch"})] {
        let clusters: Arc<Mutex<Vec<Arc<Cluster>>>> = Arc::default();
        let kept = Arc::clone(&clusters);
        let report = run_exporter(move || {
            let (kept, version) = (Arc::clone(&kept), version.clone());
            async move {
                let cluster = Arc::new(Cluster::with(json!({ "version": version })).await);
                kept.lock().unwrap().push(Arc::clone(&cluster));
                Arc::new(cluster.backend()) as Arc<dyn Backend>
            }
        });
        report
            .await
            .assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
        let written: usize = clusters.lock().unwrap().iter().map(|cluster| cluster.count()).sum();
        assert!(written > 14_000, "{written} documents were taken");
    }
}
