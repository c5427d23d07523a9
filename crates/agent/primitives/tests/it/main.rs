//! Tests of the building blocks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod cache;
mod cancel;
mod fallback;
mod orders;
mod parallel;
mod retry;
mod router;
mod sequence;
mod shared;
mod spawn;
mod timeout;
