//! Tests of the suite itself: good plug-ins pass, and the matching case detects each defect.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod adapters;
mod backends;
mod reports;
