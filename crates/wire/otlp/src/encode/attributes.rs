//! Encodes attribute lists and values.

use compact_str::CompactString;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, KeyValue, KeyValueList, any_value::Value as Wire,
};
use quipu_core::Value;

/// A list of attributes.
pub(crate) fn pairs(attributes: &[(CompactString, Value)]) -> Vec<KeyValue> {
    attributes.iter().map(|(key, value)| pair(key, value)).collect()
}

fn pair(key: &str, value: &Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)), key_strindex: 0 }
}

/// Encodes one value; [`Value::Null`] becomes an empty `AnyValue`.
pub(crate) fn any(value: &Value) -> AnyValue {
    let value = match value {
        Value::Null => None,
        Value::Bool(flag) => Some(Wire::BoolValue(*flag)),
        Value::Int(int) => Some(Wire::IntValue(*int)),
        Value::Double(double) => Some(Wire::DoubleValue(*double)),
        Value::String(text) => Some(Wire::StringValue(text.clone())),
        Value::Bytes(bytes) => Some(Wire::BytesValue(bytes.clone())),
        Value::Array(values) => {
            Some(Wire::ArrayValue(ArrayValue { values: values.iter().map(any).collect() }))
        }
        Value::Map(map) => Some(Wire::KvlistValue(KeyValueList { values: pairs(map) })),
    };
    AnyValue { value }
}
