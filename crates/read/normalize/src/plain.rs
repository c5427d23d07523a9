//! Readers of single attributes, for keys that only an adapter knows.

use compact_str::CompactString;
use quipu_core::{Attributes, Usd};

use crate::{number, text};

/// Nanoseconds in a millisecond.
const MILLISECOND: f64 = 1e6;
/// Maximum accepted duration: a year, in nanoseconds.
const LONGEST: f64 = 366.0 * 86_400.0 * 1e9;

/// A name or id; `None` for placeholders.
pub fn label_at(attributes: &Attributes, key: &str) -> Option<CompactString> {
    attributes.get(key).and_then(text::label)
}

/// A count, also as text; `None` if the value is no count.
pub fn count_at(attributes: &Attributes, key: &str) -> Option<u64> {
    attributes.get(key).and_then(|value| number::count(value).ok())
}

/// A boolean, also as text.
pub fn flag_at(attributes: &Attributes, key: &str) -> Option<bool> {
    attributes.get(key).and_then(number::flag)
}

/// A duration in milliseconds, as nanoseconds; `None` if it is negative, above a year or no number.
pub fn millis_at(attributes: &Attributes, key: &str) -> Option<i64> {
    let nanos = attributes.get(key).and_then(number::decimal)? * MILLISECOND;
    (0.0..=LONGEST).contains(&nanos).then_some(nanos as i64)
}

/// An amount in millionths of a dollar.
pub fn micro_dollars_at(attributes: &Attributes, key: &str) -> Option<Usd> {
    number::dollars(attributes.get(key)?)?.per(1_000_000)
}
