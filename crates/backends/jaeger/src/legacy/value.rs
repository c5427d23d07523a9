//! Values of tags: text, numbers and booleans. Lists and maps become JSON, bytes become base64
//! (<https://opentelemetry.io/docs/specs/otel/common/#attribute-type-mapping-to-non-otlp-formats>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use legacy_opentelemetry::{Key, KeyValue, Value as Tag};
use quipu_core::Value;
use serde_json::Value as Json;

/// A tag.
pub(super) fn tag(key: &str, value: &Value) -> KeyValue {
    let value = match value {
        Value::Null => Tag::from(String::new()),
        Value::Bool(flag) => Tag::Bool(*flag),
        Value::Int(int) => Tag::I64(*int),
        Value::Double(double) => Tag::F64(*double),
        Value::String(text) => Tag::from(text.clone()),
        Value::Bytes(bytes) => Tag::from(STANDARD.encode(bytes)),
        Value::Array(_) | Value::Map(_) => Tag::from(json(value).to_string()),
    };
    KeyValue { key: Key::from(key.to_owned()), value }
}

/// A tag with a text.
pub(super) fn text(key: &'static str, text: impl Into<String>) -> KeyValue {
    KeyValue { key: Key::from(key), value: Tag::from(text.into()) }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(int) => Json::from(*int),
        // JSON has no infinities and NaN.
        Value::Double(double) if !double.is_finite() => Json::String(double.to_string()),
        Value::Double(double) => Json::from(*double),
        Value::String(text) => Json::String(text.clone()),
        Value::Bytes(bytes) => Json::String(STANDARD.encode(bytes)),
        Value::Array(values) => values.iter().map(json).collect(),
        Value::Map(pairs) => {
            Json::Object(pairs.iter().map(|(key, value)| (key.to_string(), json(value))).collect())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn lists_and_maps_are_json_and_bytes_base64() {
        let value = Value::Array(vec![
            Value::from("a\"b"),
            Value::Double(f64::NAN),
            Value::Map(vec![("k".into(), Value::Bytes(vec![0, 255])), ("n".into(), Value::Null)]),
        ]);
        assert_eq!(tag("x", &value).value.as_str(), r#"["a\"b","NaN",{"k":"AP8=","n":null}]"#);
        assert_eq!(tag("x", &Value::Bytes(vec![1])).value.as_str(), "AQ==");
        assert_eq!(tag("x", &Value::Int(-1)).value, Tag::I64(-1));
    }
}
