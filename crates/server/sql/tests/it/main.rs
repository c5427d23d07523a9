//! Tests of SQL over a store on disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod days;
mod errors;
mod hostile;
mod money;
mod parameters;
mod random;
mod tables;
mod usage;
mod world;
