//! Store in ClickHouse: batches as rows of wide tables, answers from rollups or from whole traces.
//!
//! Verb: KEEP.
//! Takes: batches.
//! Gives: answers to every query of a store, from a ClickHouse server over HTTP or HTTPS.
//! Never: decides whether a span counts (the ledger does), or puts a password, a query or a record into a
//! log line or an error.

mod check;
mod codec;
mod commit;
mod config;
mod connection;
mod copies;
mod ddl;
mod events;
mod forget;
mod identity;
mod load;
mod metrics;
mod open;
mod preselect;
mod retain;
mod rollup;
mod rowbinary;
mod sql;
mod store;
mod tables;
mod usage;
mod write;

pub use config::{Config, Limits, ShardPlace};
pub use ddl::{Cluster, LAYOUT, statements};
pub use open::Clickhouse;
