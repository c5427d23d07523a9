//! The store in memory, judged by the list that every store is judged by.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod bound;
mod conformance;
mod faults;
mod owned;
