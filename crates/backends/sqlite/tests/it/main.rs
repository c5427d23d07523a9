//! Integration tests of the embedded store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bounded;
mod conformance;
mod copies;
mod days;
mod files;
mod forget;
mod histories;
mod layouts;
mod ledger;
mod memory;
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
use quipu_core::{Backend, Batch, Cost, Span, Stage, Store, StoreIntegrity as _};

/// Opens the store in this folder.
fn open(path: &Path) -> Sqlite {
    Sqlite::open(config(path)).unwrap()
}

/// These tests do not depend on the durability of a disk. Exceptions set it themselves.
fn config(path: impl Into<PathBuf>) -> Config {
    Config { durability: Durability::Os, ..Config::at(path) }
}

/// A direct connection that maintains the pages' checksums.
fn connect(path: impl AsRef<Path>) -> rusqlite::Result<rusqlite::Connection> {
    quipu_pages::Pages::clear(true).unwrap().connect(path, rusqlite::OpenFlags::default())
}

/// A price stage without prices.
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

/// Waits until full text has all written spans.
async fn caught_up(store: &Sqlite) {
    let began = Instant::now();
    while store.info().await.unwrap().search_lag_spans > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "search does not catch up");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
