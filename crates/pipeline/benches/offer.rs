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
use quipu_pipeline::{Exit, ExitSettings, Parts, Pipeline, SpoolSettings, Unstored};

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

/// Offers batches of agent runs to `exits` exporters.
fn offer(bencher: Bencher<'_, '_>, exits: usize, spool: Option<SpoolSettings>) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _within = runtime.enter();
    let exit = |number: usize| Exit {
        settings: ExitSettings { spool: spool.clone().unwrap_or_default(), ..ExitSettings::default() },
        folder: spool.is_some().then(|| folder.path().join(number.to_string())),
        ..Exit::new(Arc::new(Kind))
    };
    let exits = (0..exits).map(exit).collect();
    let pipeline = Pipeline::start(Parts { exits, ..Parts::new(Arc::new(Unstored)) });
    let batch = agent_runs(1, 40);
    let records = ItemsCount::new(batch.len());
    bencher.counter(records).with_inputs(|| batch.clone()).bench_values(|batch| pipeline.pass_on(batch));
    runtime.block_on(pipeline.close()).unwrap();
}

#[divan::bench(args = [1, 4])]
fn in_memory(bencher: Bencher<'_, '_>, exits: usize) {
    offer(bencher, exits, None);
}

#[divan::bench(args = [1, 4])]
fn spooled(bencher: Bencher<'_, '_>, exits: usize) {
    offer(bencher, exits, Some(SpoolSettings::default()));
}

#[divan::bench(args = [1])]
fn spooled_and_synced(bencher: Bencher<'_, '_>, exits: usize) {
    offer(bencher, exits, Some(SpoolSettings { sync: true, ..SpoolSettings::default() }));
}

fn main() {
    divan::main();
}
