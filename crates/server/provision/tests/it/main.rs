//! Tests that compare the generated files with Quipu's real metrics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod names;
mod shape;
