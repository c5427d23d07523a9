//! Random histories compared with the in-memory store: every answer must be equal.

use quipu_backend_memory::Memory;
use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::assert_equal_histories;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_those_of_the_store_in_memory() {
    for seed in 1..=4 {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(Config::at(folder.path())).unwrap();
        assert_equal_histories(&store, &Memory::new(), seed, 60).await;
        assert_eq!(quipu_core::StoreIntegrity::check(&store).await.unwrap(), Vec::<String>::new());
    }
}
