//! Migrations between stores: random histories, changes between passes, interruptions, and differences.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod broken;
mod histories;
mod passes;

use std::path::Path;
use std::sync::Arc;

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_core::{Batch, Result, Store};
use quipu_migrate::{Copied, Migration, Progress};
use tempfile::TempDir;

/// A folder with a progress file and SQLite stores.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn sqlite(&self, name: &str) -> Sqlite {
        Sqlite::open(Config::at(self.0.path().join(name))).unwrap()
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("progress.json")
    }
}

fn progress(file: &Path) -> Result<Progress> {
    Progress::read(file, "one", "two")
}

/// One pass.
async fn pass(from: &dyn Store, to: &dyn Store, file: &Path) -> Result<Copied> {
    Migration::begin(from, to, progress(file)?).await?.pass(&mut |_, _| {}).await
}

/// A pass with the last step; returns the differences.
async fn finish(from: &dyn Store, to: &dyn Store, file: &Path) -> Result<Vec<String>> {
    let mut migration = Migration::begin(from, to, progress(file)?).await?;
    migration.pass(&mut |_, _| {}).await?;
    migration.finish().await
}

async fn write(store: &dyn Store, batches: &[Batch]) {
    for batch in batches {
        store.write(Arc::new(batch.clone())).await.unwrap();
    }
}
