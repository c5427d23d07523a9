//! The three adapters together, against recordings of real sources and against nonsense.
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
