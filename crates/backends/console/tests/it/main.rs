//! Output of the console backend.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod conformance;
mod json;
mod pretty;
mod safe;
mod shared;
mod stream;
