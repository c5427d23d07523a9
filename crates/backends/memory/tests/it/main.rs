//! Tests of the memory store, with the conformance cases of every store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bound;
mod conformance;
mod faults;
mod owned;
