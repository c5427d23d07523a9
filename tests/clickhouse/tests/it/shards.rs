//! Two databases as shards: answers of one store, and the place of each shard.

use std::sync::Arc;

use quipu_backend_clickhouse::{Clickhouse, Config, ShardPlace};
use quipu_backend_memory::Memory;
use quipu_conformance::assert_equal_histories;
use quipu_conformance::sample::agent_run;
use quipu_core::{Backend as _, ErrorKind, Store};
use quipu_shards::{Shard, Shards};

use crate::{fresh, open, sql};

/// A database that is this shard of two.
fn shard(number: u32, config: Config) -> Config {
    Config { shard: Some(ShardPlace { number, of: 2 }), ..config }
}

async fn over(configs: [Config; 2]) -> Shards {
    let mut shards = Vec::new();
    for config in configs {
        let store: Arc<dyn Store> = open(config.clone()).await;
        shards.push(Shard::of(config.uri(), store));
    }
    Shards::open(shards).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_shards_answer_as_one_store() {
    let shards = over([shard(1, fresh()), shard(2, fresh())]).await;
    assert_equal_histories(&shards, &Memory::new(), 61, 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_is_opened_at_its_own_place_only() {
    let config = fresh();
    let store = open(shard(1, config.clone())).await;
    store.write(agent_run(1, 1).into()).await.unwrap();
    store.close().await.unwrap();
    open(shard(1, config.clone())).await;
    for wrong in [shard(2, config.clone()), config.clone()] {
        let error = Clickhouse::open(wrong.clone()).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("is shard 1 of 2"), "{error}");
        assert!(Clickhouse::open_read_only(wrong).await.is_err());
    }
    Clickhouse::open_read_only(shard(1, config)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_one_server_does_not_become_a_shard() {
    let config = fresh();
    open(config.clone()).await.write(agent_run(1, 1).into()).await.unwrap();
    // An earlier version has no table of places.
    sql(&format!("DROP TABLE {}.shard", config.database)).await;
    open(config.clone()).await;
    let error = Clickhouse::open(shard(1, config)).await.err().unwrap();
    assert!(error.to_string().contains("is a store in one server"), "{error}");
    let empty = fresh();
    open(empty.clone()).await.close().await.unwrap();
    sql(&format!("DROP TABLE {}.shard", empty.database)).await;
    open(shard(2, empty.clone())).await;
    assert!(Clickhouse::open(empty).await.is_err());
}
