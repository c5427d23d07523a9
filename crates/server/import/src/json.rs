//! Access to optional JSON values.

use quipu_core::{Timestamp, Value};
use serde_json::Value as Json;

/// The value at a path of keys.
pub(crate) fn at<'a>(json: &'a Json, path: &[&str]) -> Option<&'a Json> {
    path.iter().try_fold(json, |json, key| json.get(key)).filter(|json| !json.is_null())
}

/// The first of several keys that has a value.
pub(crate) fn any<'a>(json: &'a Json, keys: &[&str]) -> Option<&'a Json> {
    keys.iter().find_map(|key| at(json, &[key]))
}

/// A text, unless it is empty.
pub(crate) fn text<'a>(json: &'a Json, key: &str) -> Option<&'a str> {
    json.get(key).and_then(Json::as_str).filter(|text| !text.is_empty())
}

/// The first text that is not empty.
pub(crate) fn any_text<'a>(json: &'a Json, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| text(json, key))
}

/// A count: an integer, or text with an integer.
pub(crate) fn count(json: &Json, key: &str) -> Option<u64> {
    match json.get(key)? {
        Json::Number(number) => number.as_u64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Whether a flag is set.
pub(crate) fn flag(json: &Json, key: &str) -> bool {
    json.get(key).and_then(Json::as_bool).unwrap_or_default()
}

/// A time: RFC 3339, the same with a space and without a zone (then UTC), or a number of seconds to
/// nanoseconds since 1970. The size of the number decides its unit.
pub(crate) fn time(json: &Json) -> Option<Timestamp> {
    match json {
        Json::String(text) => text.parse().ok().or_else(|| loose_time(text)),
        Json::Number(number) => {
            let number = number.as_i64().or_else(|| number.as_f64().map(|float| float as i64))?;
            let scales = [
                (100_000_000_000, 1_000_000_000),
                (100_000_000_000_000, 1_000_000),
                (100_000_000_000_000_000, 1_000),
            ];
            let scale = scales.iter().find(|(below, _)| number < *below).map_or(1, |(_, scale)| *scale);
            Some(Timestamp::from_nanos(number.saturating_mul(scale)))
        }
        _ => None,
    }
}

fn loose_time(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1);
    text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
}

/// Converts JSON into an attribute's value. Integers beyond 64 bits become doubles.
pub(crate) fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Double(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::String(text),
        Json::Array(list) => Value::Array(list.into_iter().map(value).collect()),
        Json::Object(map) => {
            Value::Map(map.into_iter().map(|(key, json)| (key.into(), value(json))).collect())
        }
    }
}

/// Text unchanged, every other value as JSON.
pub(crate) fn as_text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_of_every_kind_are_the_same_time() {
        let wanted = "2026-11-21T08:00:00.5Z".parse::<Timestamp>().unwrap();
        for written in [
            json!("2026-11-21T08:00:00.5Z"),
            json!("2026-11-21 08:00:00.500000"),
            json!("2026-11-21T09:00:00.5+01:00"),
            json!("2026-11-21T08:00:00.5"),
            json!(1_795_248_000_500_u64),
            json!(1_795_248_000_500_000_u64),
            json!(1_795_248_000_500_000_000_u64),
        ] {
            assert_eq!(time(&written), Some(wanted), "{written}");
        }
        assert_eq!(time(&json!("yesterday")), None);
    }
}
