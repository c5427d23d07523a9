//! Tests of the binary as a process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod alerts;
mod ask;
mod audit;
mod benchmark;
mod bounds;
mod bounds_of_answers;
mod closed;
mod connect;
mod damage;
mod days;
mod exporters;
mod few_files;
mod forgetting;
mod guides;
mod import;
mod library;
mod masked;
mod mcp;
mod money;
mod private;
#[path = "../../../server/tui/tests/it/pty.rs"]
mod pty;
mod record;
mod recordings;
mod refusals;
mod retention;
mod run;
mod server;
mod serving;
mod sources;
mod sql;
mod storing;
mod terminal;
mod top;
mod transfer;
mod whole;
