//! Decoding of OTLP bodies, good and bad.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod answers;
mod anything;
mod fidelity;
mod hostile;
mod json;
mod logs;
mod metrics;
mod outgoing;
mod recordings;
mod round_trip;
mod traces;
mod wire;

use quipu_core::{Limits, Timestamp};
use quipu_otlp::{Decoded, Encoding, Signal};

/// 2026-11-27T00:00:00Z, later than every recording.
pub const NOW: Timestamp = Timestamp::from_nanos(1_795_737_600_000_000_000);

pub fn json(signal: Signal, body: &str) -> Decoded {
    quipu_otlp::decode(signal, body.as_bytes(), Encoding::Json, &Limits::default(), NOW).unwrap()
}

pub fn protobuf(signal: Signal, body: &[u8]) -> Decoded {
    quipu_otlp::decode(signal, body, Encoding::Protobuf, &Limits::default(), NOW).unwrap()
}
