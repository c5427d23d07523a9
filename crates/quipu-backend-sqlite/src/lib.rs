//! The embedded store: SQLite, a pair of files for each day.
//!
//! Verb: KEEP.
//! Takes: batches.
//! Gives: rows, sums and search hits; an acknowledgement once a batch is committed.
//! Never: counts or prices anything itself; opens a socket.

pub mod accounts;
mod backend;
mod catalog;
mod check;
mod codec;
mod config;
mod days;
mod fault;
mod folder;
mod read;
mod readers;
mod schema;
mod search;
mod shared;
mod sqlite;
mod store;
mod write;

pub use config::{Config, Durability};
pub use sqlite::Sqlite;
