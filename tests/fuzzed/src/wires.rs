//! Fuzz target: Jaeger's and Zipkin's protocols, and JSON Lines of Quipu.

use quipu_core::Limits;
use quipu_jaeger::{Protocol, Wire, decode};
use quipu_recordings::NOW;

use crate::choice;

const WIRES: [Wire; 5] = [
    Wire::Packet(Protocol::Compact),
    Wire::Packet(Protocol::Binary),
    Wire::Batch,
    Wire::PostSpans,
    Wire::Zipkin,
];

/// The first byte names the protocol.
pub fn jaeger(bytes: &[u8]) {
    let Some((first, body)) = choice(bytes) else { return };
    let limits = Limits::of_any_age();
    // The memory requested by decoding grows only with the body.
    let mut asked = 0;
    let mut grow = |footprint: usize| {
        asked = footprint;
        footprint < limits.decompressed_bytes
    };
    let Ok(mut decoded) = decode(WIRES[first % WIRES.len()], body, &limits, NOW, &mut grow) else { return };
    assert!(asked > 0 || decoded.batch.is_empty(), "records that nobody asked room for");
    quipu::adapters().read_batch(&mut decoded.batch);
}

/// A line of a file of records, and the same record as a line.
pub fn jsonl(bytes: &[u8]) {
    if let Err(error) = quipu_jsonl::read(bytes) {
        let said = error.to_string();
        assert!(said.len() < 1_000, "an error that quotes what it could not read: {} bytes", said.len());
    }
}
