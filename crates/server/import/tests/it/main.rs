//! Import tests from files to totals: the whole pipeline counts imported records, over a store in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod claude_code;
mod codex;
mod exports;
mod house;
mod otlp;
mod watch;
