//! Embedded store: SQLite, with two files per day.
//!
//! Verb: KEEP.
//! Takes: batches.
//! Gives: rows, sums and search hits; an acknowledgement once a batch is committed.
//! Never: counts or prices anything itself; opens a socket.

pub mod accounts;
mod backend;
#[cfg(feature = "backup")]
pub mod backup;
mod bounds;
mod catalog;
mod check;
mod codec;
mod config;
mod days;
mod digest;
mod erasure;
mod fault;
mod filter;
mod folder;
mod holds;
mod listed;
pub mod migrate;
mod pages;
mod past;
mod private;
mod probe;
mod read;
mod readers;
mod recover;
mod repair;
mod retire;
mod rewrite;
mod rollups;
mod schema;
mod search;
mod shared;
mod sqlite;
mod store;
mod strays;
mod trips;
mod words;
mod write;

pub use config::{Config, Durability};
pub use pages::unlock;
pub use quipu_pages::KeySource;
pub use repair::{Repaired, repair};
pub use sqlite::Sqlite;
