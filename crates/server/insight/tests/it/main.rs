//! Tests of `quipu-insight` through its public interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod documents;
mod graph;
mod money;
mod outline;
mod work;
