//! Shards against one store: conformance cases, random histories, and shards that are away.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod away;
mod conformance;
mod histories;

use std::sync::Arc;

use quipu_backend_memory::Memory;
use quipu_core::Store;
use quipu_shards::{Shard, Shards};

/// Shards over these stores.
fn over(stores: Vec<Arc<dyn Store>>) -> Shards {
    let shard = |(at, store)| Shard::of(format!("s{at}"), store);
    Shards::open(stores.into_iter().enumerate().map(shard).collect()).unwrap()
}

/// Shards over as many memory stores.
fn of_memory(count: usize) -> Shards {
    over((0..count).map(|_| Arc::new(Memory::new()) as Arc<dyn Store>).collect())
}
