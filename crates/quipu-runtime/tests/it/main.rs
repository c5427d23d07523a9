//! The library at work, with backends of these tests' own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod budgets;
mod config;
mod house;
mod lifecycle;
mod named;
mod prices;
mod runs;
