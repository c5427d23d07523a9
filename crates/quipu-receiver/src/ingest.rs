//! What both transports do with a request once its bytes are there.

use std::panic::{AssertUnwindSafe, catch_unwind};

use quipu_core::{Batch, Meter, Signal as Told};
use quipu_otlp::{Decoded, Encoding, Signal};

use crate::Receiver;
use crate::failure::Failure;
use crate::room::Place;
use crate::unknown;
use crate::unpack::{Packing, unpack};

/// Bodies over this many bytes are decoded away from the runtime's threads.
const QUICK: usize = 32 << 10;
/// The same for compressed bodies, which may grow a thousandfold.
const QUICK_PACKED: usize = 1 << 10;
/// Memory that decoding may take, as a multiple of the bound on unpacked bodies.
const FOOTPRINT: usize = 4;
/// Memory per byte of an ordinary body. A body that takes more counts as if it were larger.
const ORDINARY: usize = 8;

/// The bytes of one request.
pub(crate) struct Parcel {
    pub(crate) signal: Signal,
    pub(crate) encoding: Encoding,
    pub(crate) packing: Packing,
    pub(crate) bytes: Vec<u8>,
    /// What of `bytes` comes before the request itself.
    pub(crate) skip: usize,
}

/// What an acknowledged request is told.
#[derive(Debug, Default)]
pub(crate) struct Receipt {
    pub(crate) rejected: u64,
    /// Names the first rejected items.
    pub(crate) message: String,
}

/// Decodes, lets the adapters read, and waits for the commit.
pub(crate) async fn ingest(receiver: &Receiver, parcel: Parcel, place: Place) -> Result<Receipt, Failure> {
    let signal = parcel.signal;
    let quick = if parcel.packing == Packing::None { QUICK } else { QUICK_PACKED };
    let (decoded, place) = if parcel.bytes.len() <= quick {
        catch_unwind(AssertUnwindSafe(|| prepare(receiver, parcel, place)))
            .unwrap_or_else(|_| Err(unread()))?
    } else {
        let receiver = receiver.clone();
        tokio::task::spawn_blocking(move || prepare(&receiver, parcel, place))
            .await
            .unwrap_or_else(|_| Err(unread()))?
    };
    let Decoded { batch, rejected, mended } = decoded;
    let spans = batch.spans.iter().filter(|span| span.canonical.signal == Told::Span).count() as u64;
    let unknown = unknown::of(&batch);
    commit(receiver, batch, place).await?;

    let meter = &*receiver.parts.meter;
    if spans > 0 {
        meter.add("quipu_received_spans_total", &[], spans);
    }
    for (reason, count) in rejected.reasons().iter() {
        meter.add("quipu_rejected_items_total", &[("signal", signal.as_str()), ("reason", reason)], count);
    }
    for (reason, count) in mended.iter() {
        meter.add("quipu_mended_items_total", &[("reason", reason)], count);
    }
    receiver.unknown.count(meter, unknown);
    Ok(Receipt { rejected: rejected.count(), message: rejected.summary() })
}

/// An adapter's panic costs the request, not the connection.
fn unread() -> Failure {
    Failure::internal("the request could not be read")
}

fn prepare(receiver: &Receiver, parcel: Parcel, mut place: Place) -> Result<(Decoded, Place), Failure> {
    let Parcel { signal, encoding, packing, bytes, skip } = parcel;
    let most = receiver.limits().decompressed_bytes;
    let packed = bytes.get(skip..).unwrap_or_default();
    let unpacked;
    let body = if packing == Packing::None {
        packed
    } else {
        unpacked = unpack(packed, packing, most, |size| place.grow_to(bytes.len() + size))?;
        &unpacked
    };
    if body.len() > most {
        return Err(Failure::too_large(format!(
            "the body holds more than {most} bytes (limit decompressed_bytes)"
        )));
    }
    let footprint = quipu_otlp::footprint(body, encoding, signal);
    if footprint / FOOTPRINT > most {
        let message =
            format!("the {} take too much memory once decoded: send fewer at a time", signal.as_str());
        return Err(Failure::too_large(message));
    }
    place.grow_to(body.len().max(footprint / ORDINARY))?;
    let mut decoded =
        quipu_otlp::decode(signal, body, encoding, receiver.limits(), receiver.parts.clock.now())
            .map_err(|error| Failure::malformed(error.to_string()))?;
    receiver.parts.adapters.read_batch(&mut decoded.batch);
    Ok((decoded, place))
}

/// Waits until the store has the batch. The place is kept until then.
async fn commit(receiver: &Receiver, batch: Batch, mut place: Place) -> Result<(), Failure> {
    if batch.is_empty() {
        return Ok(());
    }
    place.enter()?;
    match tokio::time::timeout(receiver.patience(), receiver.parts.intake.submit(batch)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(%error, "a batch was not committed");
            Err(Failure::of_intake(&error))
        }
        Err(_) => Err(Failure::unavailable("the store did not commit the request in time")),
    }
}

/// Counts a request by how it ended.
pub(crate) fn count(meter: &dyn Meter, signal: Signal, transport: &str, result: &Result<Receipt, Failure>) {
    let outcome = match result {
        Ok(receipt) if receipt.rejected > 0 => "partial",
        Ok(_) => "ok",
        Err(failure) => failure.outcome,
    };
    let labels = [("signal", signal.as_str()), ("transport", transport), ("outcome", outcome)];
    meter.add("quipu_received_requests_total", &labels, 1);
}
