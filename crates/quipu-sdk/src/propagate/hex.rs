//! Ids as the formats write them.

use quipu_core::{SpanId, TraceId};

/// Whether these are digits of base 16 without capitals, as W3C and B3 demand.
pub(super) fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

/// A trace id of exactly 32 digits without capitals, not all zero.
pub(super) fn trace_id(text: &str) -> Option<TraceId> {
    text.parse().ok().filter(|_| is_lower_hex(text))
}

/// A span id of exactly 16 digits without capitals, not all zero.
pub(super) fn span_id(text: &str) -> Option<SpanId> {
    text.parse().ok().filter(|_| is_lower_hex(text))
}

/// A trace id of 16 or 32 digits: the shorter is the lower half.
pub(super) fn trace_id_of_either_size(text: &str) -> Option<TraceId> {
    match text.len() {
        16 => trace_id(&format!("{text:0>32}")),
        _ => trace_id(text),
    }
}

/// A trace id of up to 32 digits in any case, the missing ones zero.
pub(super) fn padded_trace_id(text: &str) -> Option<TraceId> {
    let fits = !text.is_empty() && text.len() <= 32;
    fits.then(|| format!("{text:0>32}")).and_then(|whole| whole.parse().ok())
}

/// A span id of up to 16 digits in any case, the missing ones zero.
pub(super) fn padded_span_id(text: &str) -> Option<SpanId> {
    let fits = !text.is_empty() && text.len() <= 16;
    fits.then(|| format!("{text:0>16}")).and_then(|whole| whole.parse().ok())
}
