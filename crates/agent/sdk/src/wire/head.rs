//! Fixed head of a record.

use quipu_core::{SpanId, SpanKind, Status, TraceId};

/// Words of the head.
pub(crate) const HEAD: usize = 7;
/// Type of spans.
pub(crate) const SPAN: u8 = 1;
/// Type of events.
pub(crate) const EVENT: u8 = 2;

const SAMPLED: u64 = 1 << 8;
const STATUS: u64 = 0b110 << 8;

/// Fixed head of a record, for encoding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// [`SPAN`] or [`EVENT`].
    pub what: u8,
    /// Number of the kind or the level.
    pub kind: u8,
    pub sampled: bool,
    /// Start in ticks.
    pub start: u64,
    pub trace_id: Option<TraceId>,
    pub span_id: Option<SpanId>,
    pub parent_id: Option<SpanId>,
}

#[inline]
fn halves(id: TraceId) -> [u64; 2] {
    let bits = u128::from_be_bytes(*id.as_bytes());
    [(bits >> 64) as u64, bits as u64]
}

#[inline]
pub(super) fn trace_words(id: Option<TraceId>) -> [u64; 2] {
    id.map_or([0, 0], halves)
}

#[inline]
pub(super) fn span_word(id: Option<SpanId>) -> u64 {
    id.map_or(0, |id| u64::from_be_bytes(*id.as_bytes()))
}

impl Head {
    #[inline]
    pub fn words(&self) -> [u64; HEAD] {
        let sampled = if self.sampled { SAMPLED } else { 0 };
        let first = u64::from(self.what) | sampled | u64::from(self.kind) << 16;
        let [high, low] = trace_words(self.trace_id);
        [first, self.start, self.start, high, low, span_word(self.span_id), span_word(self.parent_id)]
    }
}

/// Changes to an encoded head for values that are known later.
pub(super) mod patch {
    use super::{STATUS, SpanKind, Status};

    /// Sets the end.
    #[inline]
    pub fn end(record: &mut [u64], end: u64) {
        if let Some(word) = record.get_mut(2) {
            *word = end;
        }
    }

    /// Sets the status.
    pub fn status(record: &mut [u64], status: Status) {
        let bits = match status {
            Status::Unset => 0,
            Status::Ok => 0b010 << 8,
            Status::Error => 0b100 << 8,
        };
        if let Some(word) = record.first_mut() {
            *word = (*word & !STATUS) | bits;
        }
    }

    /// Sets OpenTelemetry's span kind.
    pub fn span_kind(record: &mut [u64], kind: SpanKind) {
        let number = match kind {
            SpanKind::Unspecified => 1,
            SpanKind::Internal => 2,
            SpanKind::Server => 3,
            SpanKind::Client => 4,
            SpanKind::Producer => 5,
            SpanKind::Consumer => 6,
        };
        if let Some(word) = record.first_mut() {
            *word = (*word & !(0xff << 24)) | number << 24;
        }
    }
}

/// A decoded head.
#[derive(Debug)]
pub(super) struct DecodedHead {
    pub what: u8,
    pub kind: u8,
    pub sampled: bool,
    pub status: Status,
    /// Explicit span kind; `None` derives it from the kind.
    pub span_kind: Option<SpanKind>,
    pub start: u64,
    pub end: u64,
    pub trace_id: Option<TraceId>,
    pub span_id: Option<SpanId>,
    pub parent_id: Option<SpanId>,
}

impl DecodedHead {
    /// Decodes the head; returns it with the remaining words.
    pub fn read(record: &[u64]) -> Option<(Self, &[u64])> {
        let ([first, start, end, high, low, span, parent], rest) = record.split_first_chunk::<HEAD>()?;
        let [what, _, kind, span_kind, ..] = first.to_le_bytes();
        let id = |word: u64| SpanId::from_bytes(word.to_be_bytes()).ok();
        let trace = u128::from(*high) << 64 | u128::from(*low);
        let seen = Self {
            what,
            kind,
            sampled: first & SAMPLED != 0,
            status: match (first & STATUS) >> 8 {
                0b010 => Status::Ok,
                0b100 => Status::Error,
                _ => Status::Unset,
            },
            span_kind: match span_kind {
                1 => Some(SpanKind::Unspecified),
                2 => Some(SpanKind::Internal),
                3 => Some(SpanKind::Server),
                4 => Some(SpanKind::Client),
                5 => Some(SpanKind::Producer),
                6 => Some(SpanKind::Consumer),
                _ => None,
            },
            start: *start,
            end: *end,
            trace_id: TraceId::from_bytes(trace.to_be_bytes()).ok(),
            span_id: id(*span),
            parent_id: id(*parent),
        };
        Some((seen, rest))
    }
}
