//! `AnyValue` and its nested values: the only recursive part, so it counts its levels.

use std::fmt;

use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, KeyValue, KeyValueList, any_value::Value,
};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::FromJson;
use super::id::Base64;
use super::scalar::{J, Key};
use crate::encoding::NESTING;

impl FromJson for KeyValue {
    fn from_json<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        At(0, PairVisitor).deserialize(from)
    }
}

impl FromJson for AnyValue {
    fn from_json<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        At(0, ValueVisitor).deserialize(from)
    }
}

/// A reader at a nesting depth.
struct At<K>(usize, K);

/// A type of value to read.
trait Reads: Copy {
    type Out: Default;
    const WHAT: &'static str;
    fn fields<'de, A: MapAccess<'de>>(depth: usize, fields: A) -> Result<Self::Out, A::Error>;
}

impl<'de, K: Reads> DeserializeSeed<'de> for At<K> {
    type Value = K::Out;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<K::Out, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, K: Reads> Visitor<'de> for At<K> {
    type Value = K::Out;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(K::WHAT)
    }

    fn visit_unit<E>(self) -> Result<K::Out, E> {
        Ok(K::Out::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<K::Out, A::Error> {
        K::fields(self.0, fields)
    }
}

#[derive(Clone, Copy, Default)]
struct PairVisitor;

impl Reads for PairVisitor {
    type Out = KeyValue;
    const WHAT: &'static str = "a key and a value";

    fn fields<'de, A: MapAccess<'de>>(depth: usize, mut fields: A) -> Result<KeyValue, A::Error> {
        let mut pair = KeyValue::default();
        while let Some(key) = fields.next_key::<Key<'de>>()? {
            match key.as_str() {
                "key" => pair.key = fields.next_value::<J<String>>()?.0,
                "value" => pair.value = Some(fields.next_value_seed(At(depth, ValueVisitor))?),
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(pair)
    }
}

#[derive(Clone, Copy, Default)]
struct ValueVisitor;

impl Reads for ValueVisitor {
    type Out = AnyValue;
    const WHAT: &'static str = "a value such as {\"stringValue\": …}";

    fn fields<'de, A: MapAccess<'de>>(depth: usize, mut fields: A) -> Result<AnyValue, A::Error> {
        let mut value = None;
        while let Some(key) = fields.next_key::<Key<'de>>()? {
            let read = match key.as_str() {
                "stringValue" | "string_value" => scalar(&mut fields, Value::StringValue)?,
                "boolValue" | "bool_value" => scalar(&mut fields, Value::BoolValue)?,
                "intValue" | "int_value" => scalar(&mut fields, Value::IntValue)?,
                "doubleValue" | "double_value" => scalar(&mut fields, Value::DoubleValue)?,
                "bytesValue" | "bytes_value" => {
                    fields.next_value::<Option<Base64>>()?.map(|bytes| Value::BytesValue(bytes.0))
                }
                // The level beyond the last one is kept empty, so the code that cuts there can detect the
                // cut.
                "arrayValue" | "array_value" if depth > NESTING => {
                    fields.next_value::<IgnoredAny>()?;
                    Some(Value::ArrayValue(ArrayValue::default()))
                }
                "kvlistValue" | "kvlist_value" if depth > NESTING => {
                    fields.next_value::<IgnoredAny>()?;
                    Some(Value::KvlistValue(KeyValueList::default()))
                }
                "arrayValue" | "array_value" => {
                    let values = fields.next_value_seed(At(depth + 1, Values(ValueVisitor)))?.0;
                    Some(Value::ArrayValue(ArrayValue { values }))
                }
                "kvlistValue" | "kvlist_value" => {
                    let values = fields.next_value_seed(At(depth + 1, Values(PairVisitor)))?.0;
                    Some(Value::KvlistValue(KeyValueList { values }))
                }
                _ => fields.next_value::<IgnoredAny>().map(|_| None)?,
            };
            value = read.or(value);
        }
        Ok(AnyValue { value })
    }
}

fn scalar<'de, A: MapAccess<'de>, T: FromJson>(
    fields: &mut A,
    variant: fn(T) -> Value,
) -> Result<Option<Value>, A::Error> {
    Ok(fields.next_value::<Option<J<T>>>()?.map(|value| variant(value.0)))
}

/// The `values` field of an `ArrayValue` or `KeyValueList`, which may be missing.
#[derive(Clone, Copy)]
struct Values<K>(K);

struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Reads + Default> Reads for Values<K> {
    type Out = List<K::Out>;
    const WHAT: &'static str = "a list such as {\"values\": […]}";

    fn fields<'de, A: MapAccess<'de>>(depth: usize, mut fields: A) -> Result<Self::Out, A::Error> {
        let mut list = List::default();
        while let Some(key) = fields.next_key::<Key<'de>>()? {
            match key.as_str() {
                "values" => list = fields.next_value_seed(Elements(depth, K::default()))?,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(list)
    }
}

struct Elements<K>(usize, K);

impl<'de, K: Reads> DeserializeSeed<'de> for Elements<K> {
    type Value = List<K::Out>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, K: Reads> Visitor<'de> for Elements<K> {
    type Value = List<K::Out>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(List::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(At(self.0, self.1))? {
            list.push(item);
        }
        Ok(List(list))
    }
}
