//! The embedded store from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod conformance;
mod days;
mod files;
mod forget;
mod histories;
mod layouts;
mod ledger;
mod search;
mod work;
mod writing;

use std::path::Path;
use std::sync::Arc;

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_core::{Backend, Batch, Cost, Span, Store};

/// Opens the store in this folder.
fn open(path: &Path) -> Sqlite {
    Sqlite::open(Config::at(path)).unwrap()
}

async fn write(store: &Sqlite, spans: impl Into<Vec<Span>>, costs: impl Into<Vec<Cost>>) {
    let batch = Batch { spans: spans.into(), costs: costs.into(), ..Batch::default() };
    store.write(Arc::new(batch)).await.unwrap();
}

async fn sound(store: &Sqlite) {
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}
