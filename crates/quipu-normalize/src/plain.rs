//! Single attributes of sources whose keys are known to their adapter alone.

use compact_str::CompactString;
use quipu_core::{Attributes, Usd};

use crate::{number, text};

/// Nanoseconds in a millisecond.
const MILLISECOND: f64 = 1e6;
/// Longest duration that is believed: a year.
const LONGEST: f64 = 366.0 * 86_400.0 * 1e9;

/// A name or id; placeholders are nothing.
pub fn label_at(attributes: &Attributes, key: &str) -> Option<CompactString> {
    attributes.get(key).and_then(text::label)
}

/// A count, also in text; `None` for what is none.
pub fn count_at(attributes: &Attributes, key: &str) -> Option<u64> {
    attributes.get(key).and_then(|value| number::count(value).ok())
}

/// True or false, also in text.
pub fn flag_at(attributes: &Attributes, key: &str) -> Option<bool> {
    attributes.get(key).and_then(number::flag)
}

/// A duration in milliseconds, as nanoseconds; `None` when it is negative, beyond a year or no number.
pub fn millis_at(attributes: &Attributes, key: &str) -> Option<i64> {
    let nanos = attributes.get(key).and_then(number::decimal)? * MILLISECOND;
    (0.0..=LONGEST).contains(&nanos).then_some(nanos as i64)
}

/// An amount in millionths of a dollar.
pub fn micro_dollars_at(attributes: &Attributes, key: &str) -> Option<Usd> {
    number::dollars(attributes.get(key)?)?.per(1_000_000)
}
