//! Telemetry of real sources, through everything between the wire and the store, against what their model servers counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its table"
)]

mod compare;
mod cuts;
mod found;
mod inferred;
mod laws;
mod nonsense;
mod outgoing;
mod recording;
mod signals;
mod store;
mod truth;
mod unsent;
