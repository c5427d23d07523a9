//! One store over several shards: each has a share of the traces, and answers are merged.
//!
//! Verb: DIVIDE.
//! Takes: batches and queries of one store.
//! Gives: the records to the shard of their trace, and one answer of all shards.
//! Never: decides whether a span counts, or hides that a shard is away.

mod copies;
mod events;
mod groups;
mod keep;
mod merge;
mod place;
mod sessions;
mod shard;
mod shards;
mod store;
mod write;

pub use shard::{Open, Shard};
pub use shards::Shards;
