//! Details of usage inside whole objects, for sources that give them no keys of their own.

use std::borrow::Cow;

use quipu_core::{Usage, Value};
use quipu_semconv::{Field, OBJECT_CACHE_READ, OBJECT_CACHE_WRITE, OBJECT_REASONING};

use crate::{Slots, json, number, python};

/// Largest object that is read on the hot path, in bytes.
const LARGEST: usize = 64 << 10;

/// Fills in what the keys of a span left open, from the provider's own usage object or a dictionary of details.
pub(crate) fn fill(slots: &Slots<'_>, usage: &mut Usage) {
    for field in [Field::UsageObject, Field::InputDetails, Field::OutputDetails] {
        let Some(object) = slots.get(field).and_then(Object::of) else { continue };
        let is_output = field == Field::OutputDetails;
        if !is_output {
            usage.cache_read = usage.cache_read.or_else(|| object.first(OBJECT_CACHE_READ));
            usage.cache_write = usage.cache_write.or_else(|| object.first(OBJECT_CACHE_WRITE));
        }
        if field != Field::InputDetails {
            usage.reasoning = usage.reasoning.or_else(|| object.first(OBJECT_REASONING));
        }
    }
}

/// An object in whatever notation it came.
enum Object<'a> {
    Value(Cow<'a, Value>),
    Python(&'a str),
}

impl<'a> Object<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Map(_) => Some(Self::Value(Cow::Borrowed(value))),
            Value::String(text) if text.len() > LARGEST => None,
            Value::String(text) if text.trim_start().starts_with("{'") => Some(Self::Python(text)),
            Value::String(text) => json::parse(text).map(|object| Self::Value(Cow::Owned(object))),
            _ => None,
        }
    }

    fn first(&self, places: &[(&str, &str)]) -> Option<u64> {
        places.iter().find_map(|(within, key)| self.count(within, key))
    }

    fn count(&self, within: &str, key: &str) -> Option<u64> {
        match self {
            Self::Value(value) if within.is_empty() => number::count(value.get(key)?).ok(),
            Self::Value(value) => number::count(value.get(within)?.get(key)?).ok(),
            Self::Python(text) if within.is_empty() => number::count(&python::get(text, key)?).ok(),
            Self::Python(text) => number::count(&python::get(python::raw(text, within)?, key)?).ok(),
        }
    }
}
