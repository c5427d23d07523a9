//! What names, units and labels may look like.
//!
//! Names and units: OpenTelemetry's metrics API, "Instrument name syntax" and "Instrument unit"
//! (<https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax>). The bounds of labels are Quipu's own: they
//! keep a mistake from filling memory.

/// Labels of one series at most; those after it are left out.
pub(crate) const LABELS: usize = 32;
/// Bytes of a label's key at most.
const KEY: usize = 255;
/// Bytes of a label's value that are kept.
const VALUE: usize = 1_024;

/// Whether it is a name of an instrument: a letter, then at most 254 letters, digits, `_`, `.`, `-`, `/`, all of ASCII.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/');
    name.len() <= 255 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(allowed)
}

/// Whether it is a unit: at most 63 characters of ASCII, none of them a control character. By convention UCUM: `s`, `By`, `1`,
/// `{token}`.
pub(crate) fn is_unit(unit: &str) -> bool {
    unit.len() <= 63 && unit.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_control())
}

/// Whether it is a label's key: not empty, at most 255 bytes, no control characters.
pub(crate) fn is_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= KEY && !key.chars().any(char::is_control)
}

/// As much of a value as is kept: all but of very long ones.
pub(crate) fn kept(value: &str) -> &str {
    let mut end = value.len().min(VALUE);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    &value[..end]
}

/// Whether a series can have these labels as they are.
pub(crate) fn are_labels(labels: &[(&str, &str)]) -> bool {
    labels.len() <= LABELS
        && labels.iter().enumerate().all(|(at, (key, value))| {
            is_key(key) && value.len() <= VALUE && !labels[..at].iter().any(|(before, _)| before == key)
        })
}
