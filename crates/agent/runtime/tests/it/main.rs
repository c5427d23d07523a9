//! Tests of the running library with test backends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod budgets;
mod config;
mod house;
mod left_out;
mod lifecycle;
mod named;
mod prices;
mod retention;
mod runs;
mod stand_in;
