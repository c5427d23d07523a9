//! The command line of Quipu, for the binary `quipu` and for binaries with further plug-ins.
//!
//! Verb: WIRE.
//! Takes: flags, a config file, the environment; adapters and backends of other crates.
//! Gives: a server, answers, and exit codes.
//! Never: holds logic that a room below could hold.

#![allow(clippy::print_stdout, reason = "a command prints to standard output")]

mod access;
mod args;
mod ask;
mod audit;
mod benchmark;
mod check;
mod client;
mod command;
mod config_file;
mod connect;
mod dead;
#[cfg(test)]
mod documented;
mod ending;
mod entry;
mod folder;
mod forget;
mod gateway;
mod generate;
mod import;
mod key;
mod mcp;
mod note;
mod private;
mod retention;
mod run;
mod serve;
mod sql;
mod sql_worker;
mod store;
mod table;
mod terminal;
mod trail;

pub use entry::main_with;
pub use quipu;
pub use quipu::Registry;
