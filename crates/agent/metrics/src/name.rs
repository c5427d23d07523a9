//! Rules for names, units and labels.
//!
//! Names and units follow OpenTelemetry's metrics API, "Instrument name syntax" and "Instrument unit"
//! (<https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax>). The limits of labels are
//! Quipu's own: they stop a mistake from filling memory.

/// Most labels of a series; further labels are left out.
pub(crate) const LABELS: usize = 32;
/// Most bytes of a label's key.
const KEY: usize = 255;
/// Bytes of a label's value; the rest is cut.
const VALUE: usize = 1_024;

/// Whether a text is an instrument name: an ASCII letter, then at most 254 ASCII letters, digits, `_`, `.`,
/// `-`, `/`.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/');
    name.len() <= 255 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(allowed)
}

/// Whether a text is a unit: at most 63 ASCII characters without control characters. The convention is UCUM:
/// `s`, `By`, `1`, `{token}`.
pub(crate) fn is_unit(unit: &str) -> bool {
    unit.len() <= 63 && unit.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control())
}

/// Whether a text is a label's key: not empty, at most 255 bytes, no control characters.
pub(crate) fn is_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= KEY && !key.chars().any(char::is_control)
}

/// The kept part of a label's value.
pub(crate) fn kept(value: &str) -> &str {
    let mut end = value.len().min(VALUE);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    &value[..end]
}

/// Whether a series can use these labels unchanged.
pub(crate) fn are_labels(labels: &[(&str, &str)]) -> bool {
    labels.len() <= LABELS
        && labels.iter().enumerate().all(|(at, (key, value))| {
            is_key(key) && value.len() <= VALUE && !labels[..at].iter().any(|(before, _)| before == key)
        })
}
