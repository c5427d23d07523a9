//! Values of columns.

use quipu_core::{Attributes, Timestamp, Usd, Value as Attribute};
use rusqlite::types::Value;
use serde_json::{Map, Value as Json};

/// Nanoseconds in a millisecond.
const MILLISECOND: f64 = 1e6;

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Text.
    Text,
    /// RFC 3339, UTC, with nine fractional digits. Its order as text is the order of time.
    Time,
    /// Whole number.
    Integer,
    /// Number.
    Real,
    /// US dollars as decimal text, compared as numbers.
    Usd,
    /// JSON text.
    Json,
}

impl Type {
    /// The declaration of such a column.
    pub(crate) const fn declared(self) -> &'static str {
        match self {
            Self::Text | Self::Time | Self::Json => "TEXT",
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Usd => "TEXT COLLATE usd",
        }
    }

    /// The type in words.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Time => "time",
            Self::Integer => "integer",
            Self::Real => "real",
            Self::Usd => "usd",
            Self::Json => "json",
        }
    }
}

pub(crate) fn text(text: impl AsRef<str>) -> Value {
    Value::Text(text.as_ref().to_owned())
}

pub(crate) fn maybe(text: Option<impl AsRef<str>>) -> Value {
    text.map_or(Value::Null, |text| Value::Text(text.as_ref().to_owned()))
}

pub(crate) fn count(count: u64) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

pub(crate) fn counted(number: Option<u64>) -> Value {
    number.map_or(Value::Null, count)
}

pub(crate) fn flag(flag: bool) -> Value {
    Value::Integer(i64::from(flag))
}

pub(crate) fn time(time: Timestamp) -> Value {
    Value::Text(time.to_string())
}

pub(crate) fn usd(amount: Option<Usd>) -> Value {
    amount.map_or(Value::Null, |amount| Value::Text(amount.to_string()))
}

/// A duration in milliseconds.
pub(crate) fn millis(nanos: Option<i64>) -> Value {
    nanos.map_or(Value::Null, |nanos| Value::Real(nanos as f64 / MILLISECOND))
}

/// Names as a JSON list.
pub(crate) fn list(names: &[impl AsRef<str>]) -> Value {
    let names: Vec<Json> = names.iter().map(|name| Json::from(name.as_ref())).collect();
    Value::Text(Json::from(names).to_string())
}

/// Attributes as a JSON object. A later attribute of the same name replaces an earlier one.
pub(crate) fn object(attributes: &Attributes) -> Value {
    let members: Map<String, Json> =
        attributes.iter().map(|(key, value)| (key.to_string(), json(value))).collect();
    Value::Text(Json::Object(members).to_string())
}

/// An attribute's value as JSON. Bytes become hexadecimal text, and numbers without a JSON form become null.
pub(crate) fn json(value: &Attribute) -> Json {
    match value {
        Attribute::Null => Json::Null,
        Attribute::Bool(flag) => Json::from(*flag),
        Attribute::Int(number) => Json::from(*number),
        Attribute::Double(number) => Json::from(*number),
        Attribute::String(text) => Json::from(text.as_str()),
        Attribute::Bytes(bytes) => Json::from(hex(bytes)),
        Attribute::Array(items) => items.iter().map(json).collect(),
        Attribute::Map(pairs) => {
            Json::Object(pairs.iter().map(|(key, value)| (key.to_string(), json(value))).collect())
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
        text
    })
}
