//! Tests of the audit log, from the view of its operator and of an attacker.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod bounds;
mod crash;
mod shared;
mod tamper;
mod trouble;
