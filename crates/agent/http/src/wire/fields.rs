//! Access to members of JSON values.

use serde_json::Value;

/// Text of a member.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// Text of a member, unless it is empty.
pub(crate) fn word<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    text(value, key).filter(|text| !text.is_empty())
}

/// More than this is no count: tokens of one call stay far below it. An absurd figure must not be lost in a
/// later conversion, because the call would then cost nothing.
const MOST_COUNT: u64 = 1_000_000_000_000_000;

/// Count of a member: an integer, or a double with an integer value; `None` from 10^15 on.
pub(crate) fn count(value: &Value, key: &str) -> Option<u64> {
    let member = value.get(key)?;
    let whole =
        |double: f64| ((0.0..1e15).contains(&double) && double.fract() == 0.0).then_some(double as u64);
    let known = |count: &u64| *count < MOST_COUNT;
    member.as_u64().or_else(|| member.as_f64().and_then(whole)).filter(known)
}

/// Count of the first member that has one.
pub(crate) fn any_count(value: &Value, keys: &[&str]) -> Option<u64> {
    keys.iter().find_map(|key| count(value, key))
}

/// Count of a member in a nested object.
pub(crate) fn count_in(value: &Value, object: &str, key: &str) -> Option<u64> {
    value.get(object).and_then(|object| count(object, key))
}

/// Elements of a member; empty if it is no list.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Sum of two optional figures.
pub(crate) fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
    }
}
