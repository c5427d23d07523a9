//! Sample spans, costs, events and points: small ones by hand, realistic ones by seed.

mod costs;
mod draft;
mod random;
mod records;
mod runs;

pub use costs::{cost, priced, unpriced};
pub use draft::{Draft, draft};
pub use random::Random;
pub use records::{counter, event, metric};
pub use runs::{agent_run, agent_runs};

use quipu_core::{Batch, Cost, Span, SpanId, Timestamp, TraceId};

/// Start of sample time: 2026-03-02T10:00:00Z.
pub const BASE: Timestamp = Timestamp::from_nanos(1_772_445_600 * Timestamp::SECOND);

/// The time `seconds` seconds after [`BASE`].
pub const fn at(seconds: i64) -> Timestamp {
    BASE.plus(seconds * Timestamp::SECOND)
}

/// The trace id of a number. Zero is treated as one, because an id is never all zero.
pub fn trace_id(number: u64) -> TraceId {
    let mut bytes = [0; TraceId::SIZE];
    bytes[TraceId::SIZE - 8..].copy_from_slice(&number.max(1).to_be_bytes());
    sure(TraceId::from_bytes(bytes))
}

/// The span id of a number. Zero is treated as one.
pub fn span_id(number: u64) -> SpanId {
    sure(SpanId::from_bytes(number.max(1).to_be_bytes()))
}

/// A batch of spans and ledger rows.
pub fn batch(spans: impl Into<Vec<Span>>, costs: impl Into<Vec<Cost>>) -> Batch {
    Batch { spans: spans.into(), costs: costs.into(), ..Batch::default() }
}

/// The value of a result that cannot fail by construction.
pub(crate) fn sure<T, E: std::fmt::Debug>(made: Result<T, E>) -> T {
    match made {
        Ok(value) => value,
        Err(error) => unreachable!("{error:?}"),
    }
}
