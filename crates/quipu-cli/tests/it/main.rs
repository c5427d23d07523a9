//! The binary, from the outside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod ask;
mod import;
mod money;
mod recordings;
mod refusals;
mod server;
mod serving;
mod ways;
