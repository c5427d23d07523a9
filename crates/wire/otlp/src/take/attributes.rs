//! Decodes attribute lists and values.

use compact_str::CompactString;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value as Wire};
use quipu_core::{Attributes, Value};

use super::Taker;

impl Taker<'_> {
    /// A record's attributes. Those beyond the limit are dropped, and added to the sender's own count
    /// `dropped`.
    pub(super) fn attributes(&mut self, pairs: Vec<KeyValue>, dropped: &mut u32) -> Attributes {
        self.attributes_with(pairs, dropped, 0)
    }

    /// The same, with capacity for `more` further attributes.
    pub(super) fn attributes_with(
        &mut self,
        mut pairs: Vec<KeyValue>,
        dropped: &mut u32,
        more: usize,
    ) -> Attributes {
        self.shorten(&mut pairs, self.limits.attributes, "attributes", dropped);
        let mut attributes = Attributes::with_capacity(pairs.len() + more);
        for pair in pairs {
            let (key, value) = self.pair(pair, 0);
            attributes.push(key, value);
        }
        attributes
    }

    /// Drops items beyond the limit and counts them.
    pub(super) fn shorten<T>(
        &mut self,
        items: &mut Vec<T>,
        most: usize,
        reason: &'static str,
        dropped: &mut u32,
    ) {
        if let Some(over) = items.len().checked_sub(most).filter(|over| *over > 0) {
            items.truncate(most);
            self.mended().add(reason, over as u64);
            *dropped = dropped.saturating_add(u32::try_from(over).unwrap_or(u32::MAX));
        }
    }

    /// Decodes a value that may be missing.
    pub(super) fn value(&mut self, value: Option<AnyValue>) -> Value {
        self.value_at(value, 0)
    }

    fn pair(&mut self, pair: KeyValue, depth: usize) -> (CompactString, Value) {
        (self.name(pair.key), self.value_at(pair.value, depth))
    }

    fn value_at(&mut self, value: Option<AnyValue>, depth: usize) -> Value {
        match value.and_then(|value| value.value) {
            None | Some(Wire::StringValueStrindex(_)) => Value::Null,
            Some(Wire::StringValue(text)) => {
                Value::String(self.cut(text, self.limits.value_bytes, "value_bytes"))
            }
            Some(Wire::BoolValue(flag)) => Value::Bool(flag),
            Some(Wire::IntValue(int)) => Value::Int(int),
            Some(Wire::DoubleValue(double)) => Value::Double(double),
            Some(Wire::BytesValue(bytes)) => Value::Bytes(self.cut_bytes(bytes)),
            Some(Wire::ArrayValue(_) | Wire::KvlistValue(_)) if depth >= self.levels => {
                self.mended().add("nesting", 1);
                Value::Null
            }
            Some(Wire::ArrayValue(array)) => Value::Array(
                array.values.into_iter().map(|value| self.value_at(Some(value), depth + 1)).collect(),
            ),
            Some(Wire::KvlistValue(list)) => {
                Value::Map(list.values.into_iter().map(|pair| self.pair(pair, depth + 1)).collect())
            }
        }
    }

    fn cut_bytes(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        if bytes.len() > self.limits.value_bytes {
            bytes.truncate(self.limits.value_bytes);
            bytes.shrink_to_fit();
            self.mended().add("value_bytes", 1);
        }
        bytes
    }
}
