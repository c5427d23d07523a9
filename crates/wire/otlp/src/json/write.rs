//! Strict OTLP/JSON from the wire structs: lower camel case, hexadecimal ids, 64-bit integers as text, enums
//! as numbers, default values left out. <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>.

use std::fmt::Write;

use base64::engine::Engine;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A type that can be written as JSON. Serde's own trait cannot be implemented for foreign types.
pub(crate) trait ToJson {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    /// Whether a field with this value is left out.
    fn is_unset(&self) -> bool {
        false
    }
}

/// Adapter from [`ToJson`] to serde's `Serialize`.
pub(super) struct W<'a, T>(pub(super) &'a T);

impl<T: ToJson> Serialize for W<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.to_json(to)
    }
}

/// Encodes a request.
pub(crate) fn write<R: ToJson>(request: &R) -> Vec<u8> {
    // Writing to memory with text keys cannot fail.
    serde_json::to_vec(&W(request)).unwrap_or_default()
}

impl ToJson for String {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self)
    }

    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl ToJson for bool {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bool(*self)
    }

    fn is_unset(&self) -> bool {
        !self
    }
}

impl ToJson for u32 {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(*self)
    }

    fn is_unset(&self) -> bool {
        *self == 0
    }
}

impl ToJson for i32 {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i32(*self)
    }

    fn is_unset(&self) -> bool {
        *self == 0
    }
}

impl ToJson for u64 {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }

    fn is_unset(&self) -> bool {
        *self == 0
    }
}

impl ToJson for i64 {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }

    fn is_unset(&self) -> bool {
        *self == 0
    }
}

impl ToJson for f64 {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            nan if nan.is_nan() => to.serialize_str("NaN"),
            &Self::INFINITY => to.serialize_str("Infinity"),
            &Self::NEG_INFINITY => to.serialize_str("-Infinity"),
            finite => to.serialize_f64(*finite),
        }
    }

    /// Minus zero differs from zero.
    fn is_unset(&self) -> bool {
        self.to_bits() == 0
    }
}

/// Ids. Byte values are encoded with the values.
impl ToJson for Vec<u8> {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut hex = String::with_capacity(2 * self.len());
        for byte in self {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        to.serialize_str(&hex)
    }

    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(W))
    }

    fn is_unset(&self) -> bool {
        self.is_empty()
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.to_json(to),
            None => to.serialize_unit(),
        }
    }

    fn is_unset(&self) -> bool {
        self.is_none()
    }
}

impl ToJson for KeyValue {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("key", &self.key)?;
        if let Some(value) = &self.value {
            map.serialize_entry("value", &W(value))?;
        }
        map.end()
    }
}

impl ToJson for AnyValue {
    fn to_json<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        match &self.value {
            None | Some(Value::StringValueStrindex(_)) => {}
            Some(Value::StringValue(text)) => map.serialize_entry("stringValue", text)?,
            Some(Value::BoolValue(flag)) => map.serialize_entry("boolValue", flag)?,
            Some(Value::IntValue(int)) => map.serialize_entry("intValue", &W(int))?,
            Some(Value::DoubleValue(double)) => map.serialize_entry("doubleValue", &W(double))?,
            Some(Value::BytesValue(bytes)) => map.serialize_entry("bytesValue", &STANDARD.encode(bytes))?,
            Some(Value::ArrayValue(array)) => map.serialize_entry("arrayValue", &Values(&array.values))?,
            Some(Value::KvlistValue(list)) => map.serialize_entry("kvlistValue", &Values(&list.values))?,
        }
        map.end()
    }
}

/// A list within a value, with the object that protobuf puts around it.
struct Values<'a, T>(&'a Vec<T>);

impl<T: ToJson> Serialize for Values<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(1))?;
        map.serialize_entry("values", &W(self.0))?;
        map.end()
    }
}
