//! Tests of the three adapters together, on recordings of real sources and on arbitrary data.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod arbitrary;
mod count;
mod fields;
mod messages;
mod pace;
mod recording;
mod signals;
mod truth;
