//! Benchmark of handing a batch to exporters, with and without a spool.
//!
//! `cargo bench -p quipu-pipeline`

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use quipu_conformance::sample::agent_runs;
use quipu_core::{Backend, Batch, Result};
use quipu_pipeline::{DeliveryConfig, Exporter, Pipeline, PipelineParts, SpoolConfig, Unstored};

/// A backend that accepts every write at once.
struct Kind;

#[async_trait]
impl Backend for Kind {
    fn name(&self) -> &str {
        "kind"
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        black_box(batch);
        Ok(())
    }
}

/// Offers batches of agent runs to `exporters` exporters.
fn offer(bencher: Bencher<'_, '_>, exporters: usize, spool: Option<SpoolConfig>) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _within = runtime.enter();
    let exporter = |number: usize| Exporter {
        config: DeliveryConfig { spool: spool.clone().unwrap_or_default(), ..DeliveryConfig::default() },
        folder: spool.is_some().then(|| folder.path().join(number.to_string())),
        ..Exporter::new(Arc::new(Kind))
    };
    let exporters = (0..exporters).map(exporter).collect();
    let pipeline = Pipeline::start(PipelineParts { exporters, ..PipelineParts::new(Arc::new(Unstored)) });
    let batch = agent_runs(1, 40);
    let records = ItemsCount::new(batch.len());
    bencher.counter(records).with_inputs(|| batch.clone()).bench_values(|batch| pipeline.pass_on(batch));
    runtime.block_on(pipeline.close()).unwrap();
}

#[divan::bench(args = [1, 4])]
fn in_memory(bencher: Bencher<'_, '_>, exporters: usize) {
    offer(bencher, exporters, None);
}

#[divan::bench(args = [1, 4])]
fn spooled(bencher: Bencher<'_, '_>, exporters: usize) {
    offer(bencher, exporters, Some(SpoolConfig::default()));
}

#[divan::bench(args = [1])]
fn spooled_and_synced(bencher: Bencher<'_, '_>, exporters: usize) {
    offer(bencher, exporters, Some(SpoolConfig { sync: true, ..SpoolConfig::default() }));
}

fn main() {
    divan::main();
}
