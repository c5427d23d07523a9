//! Random histories: shards give the answers of one store.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_backend_memory::Memory;
use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::assert_equal_histories;
use quipu_core::{Backend as _, Store};

use crate::{of_memory, over};

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn any_history_over_shards_equals_one_store(seed in 1_u64.., count in 2_usize..5) {
        run(async move { assert_equal_histories(&of_memory(count), &Memory::new(), seed, 40).await });
    }
}

#[test]
fn shards_of_sqlite_equal_one_store() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let open = |at: usize| {
            Arc::new(Sqlite::open(Config::at(folder.path().join(at.to_string()))).unwrap()) as Arc<dyn Store>
        };
        let shards = over((0..3).map(open).collect());
        assert_equal_histories(&shards, &Memory::new(), 31, 40).await;
        shards.close().await.unwrap();
    });
}
