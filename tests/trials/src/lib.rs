//! Trials: suites and benches against the running binary, third-party servers, frameworks and a browser.
//!
//! `cargo xtask integration` and `cargo xtask bench` run them. Programs that a suite starts are in `suites`,
//! `frameworks` and `proxy`.

// Suites and benches talk to a terminal.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints to its terminal")]

pub mod bench;
mod browser;
pub mod guide;
pub mod integration;
pub mod ports;
pub mod shell;
pub mod table;
