//! The embedded store from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod conformance;
mod copies;
mod days;
mod files;
mod forget;
mod histories;
mod layouts;
mod ledger;
mod migrating;
mod owned;
mod power;
mod reads;
mod repair;
mod retention;
mod retention_more;
mod scrubbed;
mod sealed;
mod search;
mod sessions;
mod spread;
mod words;
mod work;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quipu_backend_sqlite::{Config, Durability, Sqlite};
use quipu_core::{Backend, Batch, Cost, Span, Stage, Store};

/// Opens the store in this folder.
fn open(path: &Path) -> Sqlite {
    Sqlite::open(config(path)).unwrap()
}

/// Nothing that is tested here depends on the patience of a disk; what does, says so.
fn config(path: impl Into<PathBuf>) -> Config {
    Config { durability: Durability::Os, ..Config::at(path) }
}

/// A connection past the store, which keeps the pages' checksums right.
fn connect(path: impl AsRef<Path>) -> rusqlite::Result<rusqlite::Connection> {
    quipu_pages::Pages::clear(true).unwrap().connect(path, rusqlite::OpenFlags::default())
}

/// Prices nothing.
struct Unpriced;

impl Stage for Unpriced {
    fn name(&self) -> &'static str {
        "unpriced"
    }

    fn apply(&self, _: &mut Batch) {}
}

async fn write(store: &Sqlite, spans: impl Into<Vec<Span>>, costs: impl Into<Vec<Cost>>) {
    let batch = Batch { spans: spans.into(), costs: costs.into(), ..Batch::default() };
    store.write(Arc::new(batch)).await.unwrap();
}

async fn sound(store: &Sqlite) {
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// Waits until full text knows all that was written.
async fn caught_up(store: &Sqlite) {
    let began = Instant::now();
    while store.info().await.unwrap().search_lag_spans > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "search does not catch up");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
