//! Tests of the library's records with its own adapter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod reads;
mod recording;
