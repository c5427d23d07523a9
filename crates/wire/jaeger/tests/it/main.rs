//! Decoding of Jaeger's and Zipkin's bytes: recordings of real clients, handwritten bodies and malicious
//! ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod hostile;
mod laws;
mod meaning;
mod recordings;
mod written;
mod zipkin;

use quipu_core::{Limits, Result, Timestamp};
use quipu_jaeger::{Decoded, Wire};

/// 2026-11-22T08:05:00Z, just after the recordings.
pub const NOW: Timestamp = Timestamp::from_nanos(1_795_334_700_000_000_000);

pub fn try_with(wire: Wire, body: &[u8], limits: &Limits) -> Result<Decoded> {
    quipu_jaeger::decode(wire, body, limits, NOW, &mut |_| true)
}

pub fn read(wire: Wire, body: &[u8]) -> Decoded {
    try_with(wire, body, &Limits::default()).unwrap()
}
