//! Short ways into JSON.

use serde_json::Value;

/// A member's text.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// A member's text, unless it is empty.
pub(crate) fn word<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    text(value, key).filter(|text| !text.is_empty())
}

/// A member's count: a whole number, or a double that is one.
pub(crate) fn count(value: &Value, key: &str) -> Option<u64> {
    let member = value.get(key)?;
    let whole =
        |double: f64| ((0.0..1e15).contains(&double) && double.fract() == 0.0).then_some(double as u64);
    member.as_u64().or_else(|| member.as_f64().and_then(whole))
}

/// The first of several members that is a count.
pub(crate) fn any_count(value: &Value, keys: &[&str]) -> Option<u64> {
    keys.iter().find_map(|key| count(value, key))
}

/// A count within an object within.
pub(crate) fn count_in(value: &Value, object: &str, key: &str) -> Option<u64> {
    value.get(object).and_then(|object| count(object, key))
}

/// A member's elements; none where it is no list.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The sum of two figures, of which one may be missing.
pub(crate) fn sum(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
    }
}
