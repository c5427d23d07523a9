//! Tests of telemetry of real sources, from the wire to the store, against the counts of their model servers.
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
mod own_keys;
mod recording;
mod round;
mod signals;
mod store;
mod truth;
mod unsent;
