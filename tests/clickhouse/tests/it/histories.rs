//! Random histories: every answer equals that of the SQLite store and of the memory store.

use quipu_backend_memory::Memory;
use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::assert_equal_histories;
use quipu_core::Backend;

use crate::{fresh, open};

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Sqlite::open(Config::at(folder.path())).unwrap();
    assert_equal_histories(open(fresh()).await.as_ref(), &sqlite, 11, 40).await;
    sqlite.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_of_the_memory() {
    assert_equal_histories(open(fresh()).await.as_ref(), &Memory::new(), 21, 40).await;
}
