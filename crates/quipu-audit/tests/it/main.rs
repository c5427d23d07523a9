//! The record as those who keep it and those who attack it see it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod bounds;
mod crash;
mod shared;
mod tamper;
mod trouble;
