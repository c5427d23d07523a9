//! The steps of every transport after it has read a request.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;

use quipu_core::{Batch, Limits, Meter, Signal as Told, stamp_arrival};
use quipu_drift::BatchCounts;
use quipu_jaeger::Wire;
use quipu_otlp::{Decoded, Encoding, Rejections, Signal, Tally};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::Receiver;
use crate::error::ReceiverError;
use crate::room::AdmissionPermit;
use crate::trace_sizes::TraceSizes;
use crate::unknown;
use crate::unpack::{Packing, unpack};
use crate::unread;

/// Larger bodies, in bytes, are decoded outside the runtime's threads.
const QUICK: usize = 32 << 10;
/// The same for compressed bodies, which may grow a thousandfold.
const QUICK_PACKED: usize = 1 << 10;
/// The maximum memory of decoding, as a multiple of `decompressed_bytes`.
const FOOTPRINT: usize = 4;
/// Memory for each byte of an ordinary body. A body that needs more counts as larger.
const ORDINARY: usize = 8;

/// Large bodies decoded in parallel by all receivers: one for each core. More would not be faster, and each
/// decoding thread has memory of its own.
static DECODING: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)));

/// The format of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Otlp(Signal, Encoding),
    /// Spans in the formats of Jaeger and Zipkin.
    Foreign(Wire),
}

impl Kind {
    pub(crate) const fn signal(self) -> Signal {
        match self {
            Self::Otlp(signal, _) => signal,
            Self::Foreign(_) => Signal::Traces,
        }
    }
}

/// The bytes of one request.
pub(crate) struct Parcel {
    pub(crate) kind: Kind,
    pub(crate) packing: Packing,
    pub(crate) bytes: Vec<u8>,
    /// The length of the prefix in `bytes` before the message itself.
    pub(crate) skip: usize,
}

/// The result of an accepted request.
#[derive(Debug, Default)]
pub(crate) struct Receipt {
    pub(crate) rejected: u64,
    /// Names the first rejected items.
    pub(crate) message: String,
}

/// Decodes and reads a request, and waits for the commit.
pub(crate) async fn ingest(
    receiver: &Receiver,
    parcel: Parcel,
    place: AdmissionPermit,
) -> Result<Receipt, ReceiverError> {
    let signal = parcel.kind.signal();
    let (mut decoded, place) = decode(receiver, parcel, place).await?;
    bound_traces(receiver, &mut decoded).await;
    if is_ahead(&decoded) && receiver.skew.is_behind() {
        return Err(behind(receiver));
    }
    let Decoded { batch, rejected, mended } = decoded;
    keep(receiver, batch, place).await?;
    count_rest(&*receiver.parts.meter, signal, &rejected, &mended);
    Ok(Receipt { rejected: rejected.count(), message: rejected.summary() })
}

/// Rejects the spans beyond the limits of their traces.
pub(crate) async fn bound_traces(receiver: &Receiver, decoded: &mut Decoded) {
    receiver.traces.learn(&decoded.batch.spans, &*receiver.parts.intake).await;
    receiver.traces.admit(decoded);
}

/// Decodes a request. If memory is short, it waits for memory and decodes again.
async fn decode(
    receiver: &Receiver,
    mut parcel: Parcel,
    mut place: AdmissionPermit,
) -> Result<(Decoded, AdmissionPermit), ReceiverError> {
    let until = Instant::now() + receiver.patience();
    let most = parcel.bytes.len().saturating_add(receiver.limits().decompressed_bytes);
    let mut asked = 0;
    loop {
        let decoded;
        (decoded, parcel, place) = attempt(receiver, parcel, place).await?;
        let failure = match decoded {
            Ok(decoded) => return Ok((decoded, place)),
            Err(failure) => failure,
        };
        let Some(lacks) = failure.lacks.filter(|_| Instant::now() < until) else { return Err(failure) };
        asked = more(lacks, asked, most);
        // The decoding permit is not held here, because the request that holds the memory may need it.
        place.wait_to_grow_to(asked, until).await?;
    }
}

/// Returns the bytes to wait for before a body is decoded again: the lacking bytes, or twice the earlier
/// amount if that is more. The doubling bounds the number of attempts. No body needs more than `most`.
fn more(lacks: usize, before: usize, most: usize) -> usize {
    lacks.max(before.saturating_mul(2).min(most))
}

/// Decodes a request in a thread that it may block.
async fn attempt(
    receiver: &Receiver,
    parcel: Parcel,
    place: AdmissionPermit,
) -> Result<(Result<Decoded, ReceiverError>, Parcel, AdmissionPermit), ReceiverError> {
    let quick = if parcel.packing == Packing::None { QUICK } else { QUICK_PACKED };
    if parcel.bytes.len() <= quick {
        return catch_unwind(AssertUnwindSafe(|| whole(receiver, parcel, place))).map_err(|_| unread());
    }
    // The semaphore is never closed.
    let turn = DECODING.acquire().await.map_err(|_| unread())?;
    let receiver = receiver.clone();
    let work = move || {
        // The work and its permit continue even if the client disconnects.
        let _turn = turn;
        whole(&receiver, parcel, place)
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| unread())
}

fn whole(
    receiver: &Receiver,
    parcel: Parcel,
    mut place: AdmissionPermit,
) -> (Result<Decoded, ReceiverError>, Parcel, AdmissionPermit) {
    (prepare(receiver, &parcel, &mut place), parcel, place)
}

/// Waits until the store has committed the batch, and counts its contents.
pub(crate) async fn keep(
    receiver: &Receiver,
    batch: Batch,
    place: AdmissionPermit,
) -> Result<(), ReceiverError> {
    let spans = batch.spans.iter().filter(|span| span.canonical.signal == Told::Span).count() as u64;
    let mask = receiver.mask.as_ref();
    let unknown = unknown::of(&batch, mask);
    let unread = unread::of(&batch, mask);
    let seen = BatchCounts::of(&batch, mask);
    let sizes = TraceSizes::of(&batch.spans);
    commit(receiver, batch, place).await?;
    receiver.traces.note(&sizes);
    if spans > 0 {
        receiver.parts.meter.add("quipu_received_spans_total", &[], spans);
    }
    receiver.unknown.count(&*receiver.parts.meter, unknown);
    receiver.unread.add(unread);
    receiver.drift.add(seen, receiver.parts.clock.now());
    Ok(())
}

/// Counts rejected and repaired items.
pub(crate) fn count_rest(meter: &dyn Meter, signal: Signal, rejected: &Rejections, mended: &Tally) {
    for (reason, count) in rejected.reasons().iter() {
        meter.add("quipu_rejected_items_total", &[("signal", signal.as_str()), ("reason", reason)], count);
    }
    for (reason, count) in mended.iter() {
        meter.add("quipu_mended_items_total", &[("reason", reason)], count);
    }
}

/// The error after a panic of an adapter, which ends the request but not the connection.
pub(crate) fn unread() -> ReceiverError {
    ReceiverError::internal("the request could not be read")
}

/// Decompresses, decodes and reads a request.
pub(crate) fn prepare(
    receiver: &Receiver,
    parcel: &Parcel,
    place: &mut AdmissionPermit,
) -> Result<Decoded, ReceiverError> {
    let Parcel { kind, packing, ref bytes, skip } = *parcel;
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
        return Err(ReceiverError::too_large(format!(
            "the body holds more than {most} bytes (limit decompressed_bytes)"
        )));
    }
    let mut decoded = match kind {
        Kind::Otlp(signal, encoding) => otlp(receiver, signal, encoding, body, place)?,
        Kind::Foreign(wire) => foreign(receiver, wire, body, place)?,
    };
    // The limits of days, and the watch on sources, need read records before the queue.
    receiver.parts.intake.read(&mut decoded.batch);
    let now = receiver.parts.clock.now();
    stamp_arrival(&mut decoded.batch.spans, place.credentials(), now);
    receiver.skew.note(place.caller().sender(), &decoded.batch, is_ahead(&decoded), now);
    if !place.any_age() {
        let Decoded { batch, rejected, .. } = &mut decoded;
        receiver.days.bound(batch, place.caller().sender(), receiver.limits(), now, rejected);
    }
    Ok(decoded)
}

/// Returns whether a request holds only records from the future.
fn is_ahead(decoded: &Decoded) -> bool {
    let Decoded { batch, rejected, .. } = decoded;
    batch.is_empty() && !rejected.is_empty() && rejected.reasons().get("time_future") == rejected.count()
}

/// The error of a request with future records only, while the server's clock is in doubt.
fn behind(receiver: &Receiver) -> ReceiverError {
    let seconds = receiver.limits().future_seconds;
    ReceiverError::unavailable(format!(
        "every record is more than {seconds} s ahead of this server's clock (limit future_seconds), and the \
         clock may be wrong"
    ))
}

/// The limits of record times for a request.
fn limits<'r>(receiver: &'r Receiver, place: &AdmissionPermit) -> Cow<'r, Limits> {
    let limits = receiver.limits();
    if place.any_age() {
        Cow::Owned(Limits { past_seconds: Limits::of_any_age().past_seconds, ..limits.clone() })
    } else {
        Cow::Borrowed(limits)
    }
}

fn otlp(
    receiver: &Receiver,
    signal: Signal,
    encoding: Encoding,
    body: &[u8],
    place: &mut AdmissionPermit,
) -> Result<Decoded, ReceiverError> {
    let footprint = quipu_otlp::footprint(body, encoding, signal);
    if footprint / FOOTPRINT > receiver.limits().decompressed_bytes {
        return Err(heavy(signal));
    }
    place.grow_to(body.len().max(footprint / ORDINARY))?;
    quipu_otlp::decode(signal, body, encoding, &limits(receiver, place), receiver.parts.clock.now())
        .map_err(|error| ReceiverError::malformed(error.to_string()))
}

/// Decodes span by span and requests memory as it grows.
fn foreign(
    receiver: &Receiver,
    wire: Wire,
    body: &[u8],
    place: &mut AdmissionPermit,
) -> Result<Decoded, ReceiverError> {
    place.grow_to(body.len())?;
    let limits = limits(receiver, place);
    let mut failure = None;
    let mut grow = |footprint: usize| {
        let room = if footprint / FOOTPRINT > receiver.limits().decompressed_bytes {
            Err(heavy(Signal::Traces))
        } else {
            place.grow_to(body.len().max(footprint / ORDINARY))
        };
        room.map_err(|lack| failure = Some(lack)).is_ok()
    };
    let now = receiver.parts.clock.now();
    let decoded = quipu_jaeger::decode(wire, body, &limits, now, &mut grow);
    decoded.map_err(|error| failure.unwrap_or_else(|| ReceiverError::malformed(error.to_string())))
}

fn heavy(signal: Signal) -> ReceiverError {
    let message = format!("the {} take too much memory once decoded: send fewer at a time", signal.as_str());
    ReceiverError::too_large(message)
}

/// Waits until the store has committed the batch. The permits are held until then. Each day without open
/// files is a batch of its own. Senders take turns with such days, so a request of many days does not block
/// others.
async fn commit(receiver: &Receiver, batch: Batch, mut place: AdmissionPermit) -> Result<(), ReceiverError> {
    if batch.is_empty() {
        return Ok(());
    }
    if let Some(service) = service(&batch) {
        place.serves(service);
    }
    place.enter(receiver.patience()).await?;
    let until = Instant::now() + receiver.patience();
    let late = |_| ReceiverError::unavailable("the store did not commit the request in time");
    let (together, alone) = receiver.days.cut(batch, receiver.parts.clock.now());
    if !together.is_empty() {
        timeout_at(until, submit(receiver, together)).await.map_err(late)??;
    }
    // Batches committed before an error stay. The client repeats the request, and the store recognises those
    // records.
    for (day, batch) in alone {
        let _turn = timeout_at(until, receiver.cold.turn(place.caller())).await.map_err(late)?;
        timeout_at(until, submit(receiver, batch)).await.map_err(late)??;
        receiver.days.wrote(day);
    }
    Ok(())
}

async fn submit(receiver: &Receiver, batch: Batch) -> Result<(), ReceiverError> {
    receiver.parts.intake.submit(batch).await.map_err(|error| {
        tracing::warn!(%error, "a batch was not committed");
        ReceiverError::of_intake(&error)
    })
}

/// The service that a batch is counted for: that of its first record.
fn service(batch: &Batch) -> Option<&str> {
    let spans = batch.spans.first().map(|span| &span.resource);
    let events = || batch.events.first().map(|event| &event.resource);
    let metrics = || batch.metrics.first().map(|metric| &metric.resource);
    spans.or_else(events).or_else(metrics)?.service()
}

/// Counts a request by its outcome.
pub(crate) fn count(
    meter: &dyn Meter,
    signal: Signal,
    transport: &str,
    result: &Result<Receipt, ReceiverError>,
) {
    let outcome = match result {
        Ok(receipt) if receipt.rejected > 0 => "partial",
        Ok(_) => "ok",
        Err(failure) => failure.outcome,
    };
    let labels = [("signal", signal.as_str()), ("transport", transport), ("outcome", outcome)];
    meter.add("quipu_received_requests_total", &labels, 1);
}

#[cfg(test)]
mod tests {
    use super::more;

    #[test]
    fn a_body_whose_need_shows_a_kibibyte_at_a_time_is_decoded_a_few_times_only() {
        let (most, mut asked, mut times) = (64 << 20, 0, 0);
        while asked < most {
            asked = more(asked + 1_024, asked, most);
            times += 1;
        }
        assert_eq!((asked, times), (most, 17));
        assert_eq!(more(3 * most, most, most), 3 * most, "what lacks is asked for in any case");
    }
}
