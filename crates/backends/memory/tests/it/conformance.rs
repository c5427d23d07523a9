//! Every conformance case, each on a fresh store.

use std::sync::Arc;

use quipu_backend_memory::Memory;
use quipu_conformance::{assert_equal_histories, difference, history, run_store};
use quipu_core::{Backend, Store};

#[tokio::test(flavor = "multi_thread")]
async fn every_case() {
    let report = run_store(|| async { Arc::new(Memory::new()) as Arc<dyn Store> }).await;
    report.assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
}

/// The store against itself: shows that histories are valid and that equal stores are found equal.
#[tokio::test]
async fn equal_histories() {
    for seed in 1..=4 {
        assert_equal_histories(&Memory::new(), &Memory::new(), seed, 60).await;
    }
}

#[tokio::test]
async fn a_missing_batch_is_found_out() {
    let (all, most) = (Memory::new(), Memory::new());
    let mut batches = history(6, 40);
    let last = batches.pop().unwrap();
    for batch in batches {
        all.write(batch.clone().into()).await.unwrap();
        most.write(batch.into()).await.unwrap();
    }
    assert_eq!(difference(&most, &all).await, None);
    all.write(last.into()).await.unwrap();
    assert!(difference(&most, &all).await.is_some());
}
