//! Details of usage inside whole objects, for sources without separate keys for them.

use std::borrow::Cow;

use quipu_core::{PriceUnit, Usage, Value};
use quipu_semconv::{
    Field, OBJECT_CACHE_READ, OBJECT_CACHE_WRITE, OBJECT_CACHE_WRITE_1H, OBJECT_CACHE_WRITE_5M, OBJECT_INPUT,
    OBJECT_REASONING, OBJECT_WEB_SEARCHES,
};

use crate::{Slots, json, number, python};

/// Maximum size of an object that is parsed on the hot path, in bytes.
const LARGEST: usize = 64 << 10;

/// The unit of web searches, as price books name it.
pub(crate) const WEB_SEARCHES_UNIT: &str = "web_searches";
/// The unit of transcribed seconds, as price books name it.
pub(crate) const AUDIO_SECONDS_UNIT: &str = "audio_seconds";

/// A unit with its count, if the count is above zero.
pub(crate) fn some_units(unit: &'static str, count: Option<u64>) -> Option<(PriceUnit, u64)> {
    count.filter(|count| *count > 0).map(|count| (PriceUnit::const_new(unit), count))
}

/// Fills in fields without a key on the span, from the provider's own usage object or a dictionary of
/// details.
pub(crate) fn fill(slots: &Slots<'_>, usage: &mut Usage) {
    for field in [Field::UsageObject, Field::InputDetails, Field::OutputDetails] {
        let Some(object) = slots.get(field).and_then(Object::of) else { continue };
        if field == Field::UsageObject && !agrees(&object, usage) {
            continue;
        }
        let is_output = field == Field::OutputDetails;
        if !is_output {
            usage.cache_read = usage.cache_read.or_else(|| object.first(OBJECT_CACHE_READ));
            // OpenAI's own details are those of the input alone.
            let cached = || object.count("", "cached_tokens").filter(|_| field == Field::InputDetails);
            usage.cache_read = usage.cache_read.or_else(cached);
            usage.cache_write = usage.cache_write.or_else(|| object.first(OBJECT_CACHE_WRITE));
            usage.cache_write_5m = usage.cache_write_5m.or_else(|| object.first(OBJECT_CACHE_WRITE_5M));
            usage.cache_write_1h = usage.cache_write_1h.or_else(|| object.first(OBJECT_CACHE_WRITE_1H));
        }
        if field == Field::UsageObject && !usage.units.contains_key(WEB_SEARCHES_UNIT) {
            let searches = object.first(OBJECT_WEB_SEARCHES);
            usage.units.extend(some_units(WEB_SEARCHES_UNIT, searches));
        }
        if field != Field::InputDetails {
            usage.reasoning = usage.reasoning.or_else(|| object.first(OBJECT_REASONING));
        }
    }
}

/// Whether the input of a usage object is that of the span, with or without cached tokens. A span may hold
/// the usage of several calls, or of another one.
fn agrees(object: &Object<'_>, usage: &Usage) -> bool {
    let (Some(told), Some(sent)) = (object.first(OBJECT_INPUT), usage.input) else { return true };
    let cached = [OBJECT_CACHE_READ, OBJECT_CACHE_WRITE].map(|places| object.first(places).unwrap_or(0));
    let cached = cached[0].saturating_add(cached[1]);
    told == sent || told.checked_add(cached) == Some(sent) || sent.checked_add(cached) == Some(told)
}

/// The object with the first matching entry of `places`, and that entry. Searches the first of `fields` with
/// an object.
pub(crate) fn place(
    slots: &Slots<'_>,
    fields: &[Field],
    places: &'static [(&str, &str)],
) -> Option<(Field, u64, &'static (&'static str, &'static str))> {
    fields.iter().find_map(|field| {
        let object = slots.get(*field).and_then(Object::of)?;
        places.iter().find_map(|place| Some((*field, object.count(place.0, place.1)?, place)))
    })
}

/// An object in JSON or Python notation.
enum Object<'a> {
    Value(Cow<'a, Value>),
    Python(&'a str),
}

impl<'a> Object<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Map(_) => Some(Self::Value(Cow::Borrowed(value))),
            Value::String(text) if text.len() > LARGEST => None,
            // Parsed once if it is complete. Otherwise each look-up would parse the text from its start.
            Value::String(text) if text.trim_start().starts_with("{'") => {
                let whole = python::literal(text).map(|object| Self::Value(Cow::Owned(object)));
                Some(whole.unwrap_or(Self::Python(text)))
            }
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
            Self::Value(value) => {
                let object = within.split('.').try_fold(value.as_ref(), |object, name| object.get(name))?;
                number::count(object.get(key)?).ok()
            }
            Self::Python(text) if within.is_empty() => number::count(&python::get(text, key)?).ok(),
            Self::Python(text) => {
                let object = within.split('.').try_fold(*text, python::raw)?;
                number::count(&python::get(object, key)?).ok()
            }
        }
    }
}
