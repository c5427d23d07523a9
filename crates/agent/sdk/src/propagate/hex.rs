//! Hexadecimal ids in the propagation formats.

use quipu_core::{SpanId, TraceId};

/// Whether all characters are lower-case hexadecimal digits, as W3C and B3 require.
pub(super) fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

/// Parses a trace id of exactly 32 lower-case digits, not all zero.
pub(super) fn trace_id(text: &str) -> Option<TraceId> {
    text.parse().ok().filter(|_| is_lower_hex(text))
}

/// Parses a span id of exactly 16 lower-case digits, not all zero.
pub(super) fn span_id(text: &str) -> Option<SpanId> {
    text.parse().ok().filter(|_| is_lower_hex(text))
}

/// Parses a trace id of 16 or 32 digits; the short form is the lower half.
pub(super) fn trace_id_of_either_size(text: &str) -> Option<TraceId> {
    match text.len() {
        16 => trace_id(&format!("{text:0>32}")),
        _ => trace_id(text),
    }
}

/// Parses a trace id of up to 32 digits in any case, padded with zeros.
pub(super) fn padded_trace_id(text: &str) -> Option<TraceId> {
    let fits = !text.is_empty() && text.len() <= 32;
    fits.then(|| format!("{text:0>32}")).and_then(|whole| whole.parse().ok())
}

/// Parses a span id of up to 16 digits in any case, padded with zeros.
pub(super) fn padded_span_id(text: &str) -> Option<SpanId> {
    let fits = !text.is_empty() && text.len() <= 16;
    fits.then(|| format!("{text:0>16}")).and_then(|whole| whole.parse().ok())
}
