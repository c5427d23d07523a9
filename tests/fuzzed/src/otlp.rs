//! Fuzz target: OTLP requests, decoded, read by every adapter, and encoded again.

use quipu_core::{Batch, Limits};
use quipu_otlp::{Encoding, Signal, decode};
use quipu_recordings::NOW;

use crate::choice;

const SIGNALS: [Signal; 3] = [Signal::Traces, Signal::Logs, Signal::Metrics];

/// Protobuf; the first byte names the signal.
pub fn protobuf(bytes: &[u8]) {
    feed(bytes, Encoding::Protobuf);
}

/// JSON; the first byte names the signal.
pub fn json(bytes: &[u8]) {
    feed(bytes, Encoding::Json);
}

fn feed(bytes: &[u8], encoding: Encoding) {
    let Some((first, body)) = choice(bytes) else { return };
    let signal = SIGNALS[first % SIGNALS.len()];
    // The estimate runs before any decoding, so it has to handle any bytes.
    let footprint = quipu_otlp::footprint(body, encoding, signal);
    let Ok(decoded) = decode(signal, body, encoding, &Limits::of_any_age(), NOW) else { return };
    assert!(footprint > 0 || decoded.batch.is_empty(), "records without a footprint");
    let mut batch = decoded.batch;
    quipu::adapters().read_batch(&mut batch);
    again(signal, &batch, encoding);
}

/// A round trip: accepted records can be encoded, and the encoded ones decoded without loss.
fn again(signal: Signal, batch: &Batch, encoding: Encoding) {
    let (body, count) = match signal {
        Signal::Traces => (quipu_otlp::encode_traces(&batch.spans, encoding), batch.spans.len()),
        Signal::Logs | Signal::Metrics => return,
    };
    let taken = decode(signal, &body, encoding, &Limits::of_any_age(), NOW).expect("our own request");
    assert_eq!(taken.batch.spans.len() as u64 + taken.rejected.count(), count as u64);
}
