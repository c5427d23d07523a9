//! Tests of the ledger against its rules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod crowds;
mod estimates;
mod evidence;
mod finality;
mod identity;
mod inferred;
mod late_usage;
mod laws;
mod marks;
mod parallel;
mod repeated;
mod rules;
mod several;
mod signals;
mod sums;
mod truths;
mod world;
