//! Attribute values as plain JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use compact_str::CompactString;
use quipu_core::{Attributes, Value};
use serde_json::{Map, Number, Value as Json};

/// Converts a value to JSON. Bytes become base64 text. Numbers that JSON lacks become the texts `NaN`,
/// `Infinity`, `-Infinity`, as in protobuf's JSON mapping.
pub(crate) fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(int) => Json::from(*int),
        Value::Double(double) => number(*double),
        Value::String(text) => Json::String(text.clone()),
        Value::Bytes(bytes) => Json::String(STANDARD.encode(bytes)),
        Value::Array(values) => values.iter().map(json).collect(),
        Value::Map(pairs) => Json::Object(map(pairs)),
    }
}

/// Converts attributes to a JSON object. The first value of a repeated key is kept.
pub(crate) fn object(attributes: &Attributes) -> Map<String, Json> {
    map(attributes)
}

fn number(double: f64) -> Json {
    let word = if double.is_nan() {
        "NaN"
    } else if double > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    Number::from_f64(double).map_or_else(|| Json::from(word), Json::Number)
}

fn map<'a>(pairs: impl IntoIterator<Item = &'a (CompactString, Value)>) -> Map<String, Json> {
    let mut object = Map::new();
    for (key, value) in pairs {
        object.entry(key.as_str()).or_insert_with(|| json(value));
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_lacks_is_text_and_the_first_of_two_wins() {
        let mut attributes = Attributes::new();
        attributes.push("nan", f64::NAN);
        attributes.push("far", f64::NEG_INFINITY);
        attributes.push("up", f64::INFINITY);
        attributes.push("bytes", Value::Bytes(vec![0, 255]));
        attributes.push("twice", 1);
        attributes.push("twice", 2);
        attributes.push("list", Value::Array(vec![Value::Null, Value::Map(vec![("k".into(), true.into())])]));
        let want = serde_json::json!({
            "nan": "NaN", "far": "-Infinity", "up": "Infinity", "bytes": "AP8=", "twice": 1, "list": [null, {"k": true}]
        });
        assert_eq!(Json::Object(object(&attributes)), want);
    }
}
