//! Records as JSON Lines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod conformance;
mod crash;
mod disk;
mod lines;
mod past;
mod shared;
