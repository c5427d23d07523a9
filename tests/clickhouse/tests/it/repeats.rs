//! Batches that come several times, late and corrected: every total equals that of SQLite.

use std::sync::Arc;

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::difference;
use quipu_conformance::sample::{Random, agent_run};
use quipu_core::{Backend, Batch, StoreIntegrity, Usd};

use crate::{fresh, open, sql};

/// Runs of an agent.
const RUNS: u64 = 60;

/// Every run one to three times in random order; then corrections of some, one to three times.
fn batches(random: &mut Random) -> Vec<Batch> {
    let runs: Vec<Batch> = (0..RUNS).map(|number| agent_run(31, number * 7)).collect();
    let corrected = |run: &Batch| {
        let mut costs = run.costs.clone();
        for cost in &mut costs {
            cost.version += 1;
            cost.amount = cost.amount.map(|amount| amount + Usd::from_raw(1));
        }
        Batch { costs, ..Batch::default() }
    };
    let corrections: Vec<Batch> = runs.iter().step_by(3).map(corrected).collect();
    let mut repeated = |of: &[Batch]| {
        let times = of.iter().flat_map(|batch| vec![batch.clone(); 1 + random.below(3) as usize]);
        let mut all: Vec<Batch> = times.collect();
        random.shuffle(&mut all);
        all
    };
    [repeated(&runs), repeated(&corrections)].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_are_those_of_sqlite_digit_by_digit() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Sqlite::open(Config::at(folder.path())).unwrap();
    let config = fresh();
    let store = open(config.clone()).await;
    for batch in batches(&mut Random::new(5)) {
        let batch = Arc::new(batch);
        sqlite.write(Arc::clone(&batch)).await.unwrap();
        store.write(batch).await.unwrap();
    }
    assert_eq!(difference(store.as_ref(), &sqlite).await, None);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    for table in ["spans", "ledger", "usage_hours", "events", "points", "metrics", "commits"] {
        sql(&format!("OPTIMIZE TABLE {}.{table} FINAL", config.database)).await;
    }
    assert_eq!(difference(store.as_ref(), &sqlite).await, None, "after the merges");
    sqlite.close().await.unwrap();
}
