//! Every conformance case over three memory stores.

use std::sync::Arc;

use quipu_conformance::Suite;
use quipu_core::Store;

use crate::of_memory;

#[tokio::test(flavor = "multi_thread")]
async fn every_case() {
    let suite = Suite::of_stores(|| async { Arc::new(of_memory(3)) as Arc<dyn Store> });
    let report = suite
        .without("write/a_batch_is_kept_whole_or_not_at_all", "each shard keeps its part whole or not at all")
        .run()
        .await;
    report.assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
}
