//! Migrations between SQLite and ClickHouse, with changes between passes.

use std::path::Path;
use std::sync::Arc;

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::sample::{batch, draft, priced};
use quipu_conformance::{difference, history};
use quipu_core::{Arrival, Backend as _, Batch, Hold, Store, StoreIntegrity as _, Timestamp};
use quipu_migrate::{Migration, Progress};

use crate::{fresh, open};

/// A pass; the last one returns the differences.
async fn pass(from: &dyn Store, to: &dyn Store, file: &Path, is_last: bool) -> Vec<String> {
    let progress = Progress::read(file, "from", "to").unwrap();
    let mut migration = Migration::begin(from, to, progress).await.unwrap();
    migration.pass(&mut |_, _| {}).await.unwrap();
    if is_last { migration.finish().await.unwrap() } else { Vec::new() }
}

/// A span that was sent by three senders: one version counts, two are refused.
fn disputed() -> [Batch; 3] {
    [(5, 1), (6, 2), (7, 3)].map(|(lasts, sender)| {
        let mut span = draft(1_000, 1).lasts(lasts).llm("gpt-5", 10, 1).span();
        span.arrival = Arrival { sender, millisecond: 1_900_000_000_000 };
        let rows = if sender == 1 { vec![priced(&span, "0.000000000000000000000001")] } else { Vec::new() };
        batch([span], rows)
    })
}

async fn write(store: &dyn Store, batches: &[Batch]) {
    for batch in batches {
        store.write(Arc::new(batch.clone())).await.unwrap();
    }
}

/// Moves a history in three passes; a trace is forgotten and one is held between them.
async fn moves<F: Store + quipu_core::StoreForgetting + quipu_core::StoreRetention>(
    from: &F,
    to: &dyn Store,
    seed: u64,
) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("progress.json");
    let batches = history(seed, 45);
    write(from, &batches[..15]).await;
    write(from, &disputed()).await;
    pass(from, to, &file, false).await;
    write(from, &batches[15..30]).await;
    let gone = batches.iter().flat_map(|batch| &batch.spans).next().unwrap().trace_id;
    from.forget(&[gone]).await.unwrap();
    pass(from, to, &file, false).await;
    write(from, &batches[30..]).await;
    let held = disputed()[0].spans[0].trace_id;
    let hold = Hold { trace_id: held, since: Timestamp::default(), by: "ada".into(), note: String::new() };
    from.hold(&[hold]).await.unwrap();
    assert_eq!(pass(from, to, &file, true).await, Vec::<String>::new());
    assert_eq!(to.retention().unwrap().holds().await.unwrap(), from.holds().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn there_and_back_every_answer_is_the_same() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [from, back] = folders.each_ref().map(|folder| Sqlite::open(Config::at(folder.path())).unwrap());
    let between = open(fresh()).await;
    moves(&from, between.as_ref(), 51).await;
    assert_eq!(between.check().await.unwrap(), Vec::<String>::new());
    let progress = tempfile::tempdir().unwrap();
    let file = progress.path().join("progress.json");
    assert_eq!(pass(between.as_ref(), &back, &file, true).await, Vec::<String>::new());
    assert_eq!(difference(&back, &from).await, None);
    assert_eq!(back.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn clickhouse_to_sqlite_in_passes() {
    let folder = tempfile::tempdir().unwrap();
    let to = Sqlite::open(Config::at(folder.path())).unwrap();
    let from = open(fresh()).await;
    moves(from.as_ref(), &to, 52).await;
    assert_eq!(to.check().await.unwrap(), Vec::<String>::new());
    to.close().await.unwrap();
}
