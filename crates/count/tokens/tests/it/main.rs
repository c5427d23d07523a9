//! Tests of tokens and estimates against independent counts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod estimates;
mod exact;
mod families;
mod limits;
mod recorded;
mod unknown;
