//! Attributes and messages as JSON.

use quipu_core::Value;

use crate::Field;

impl From<serde_json::Value> for Field<'_> {
    fn from(json: serde_json::Value) -> Self {
        Self::Value(of_json(json))
    }
}

/// The attribute value with the structure of a JSON value. An integer beyond 64 bits becomes a double.
fn of_json(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Bool(flag),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(int) => Value::Int(int),
            None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::String(text),
        serde_json::Value::Array(items) => Value::Array(items.into_iter().map(of_json).collect()),
        serde_json::Value::Object(members) => {
            Value::Map(members.into_iter().map(|(key, member)| (key.into(), of_json(member))).collect())
        }
    }
}

/// The JSON list of one message with one text.
pub(crate) fn message(role: &str, text: &str) -> String {
    serde_json::json!([{"role": role, "parts": [{"type": "text", "content": text}]}]).to_string()
}
