//! A lazy JSON walk: values are parsed on demand, and an invalid value does not affect others.

use std::fmt;

use quipu_core::Value;
use serde::de::{Deserialize, Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::draft::{Read, Stop};

/// Passes the raw text of each list item to `each`. `false` if it is not a list.
pub(super) fn each_item(json: &str, each: impl FnMut(&str) -> Read<()>) -> Read<bool> {
    if !json.trim_start().starts_with('[') {
        return Ok(false);
    }
    let mut stop = None;
    let mut from = Deserializer::from_str(json);
    let walked = from.deserialize_seq(Items { each, stop: &mut stop }).and_then(|()| from.end());
    ended(walked, stop)
}

/// Passes each key of an object, with the raw text of its value, to `each`. `false` if it is not an object.
pub(super) fn each_entry(json: &str, each: impl FnMut(Vec<u8>, &str) -> Read<()>) -> Read<bool> {
    if !json.trim_start().starts_with('{') {
        return Ok(false);
    }
    let mut stop = None;
    let mut from = Deserializer::from_str(json);
    let walked = from.deserialize_map(Entries { each, stop: &mut stop }).and_then(|()| from.end());
    ended(walked, stop)
}

fn ended(walked: serde_json::Result<()>, stop: Option<Stop>) -> Read<bool> {
    match (stop, walked) {
        (Some(stop), _) => Err(stop),
        (None, Ok(())) => Ok(true),
        // The library's own texts may contain sent data.
        (None, Err(error)) => {
            let (line, column) = (error.line(), error.column());
            Err(Stop::Broken(format!("it is not JSON at line {line} column {column}")))
        }
    }
}

struct Items<'s, F> {
    each: F,
    stop: &'s mut Option<Stop>,
}

impl<'de, F: FnMut(&str) -> Read<()>> Visitor<'de> for Items<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&'de RawValue>()? {
            (self.each)(item.get()).map_err(|stop| remember(self.stop, stop))?;
        }
        Ok(())
    }
}

struct Entries<'s, F> {
    each: F,
    stop: &'s mut Option<Stop>,
}

impl<'de, F: FnMut(Vec<u8>, &str) -> Read<()>> Visitor<'de> for Entries<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        while let Some(Text(key)) = entries.next_key()? {
            let value = entries.next_value::<&'de RawValue>()?;
            (self.each)(key, value.get()).map_err(|stop| remember(self.stop, stop))?;
        }
        Ok(())
    }
}

fn remember<E: serde::de::Error>(into: &mut Option<Stop>, stop: Stop) -> E {
    *into = Some(stop);
    E::custom("stopped")
}

/// A text as bytes: lone surrogates from JavaScript would fail as text.
struct Text(Vec<u8>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_bytes(Bytes).map(Self)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }
}

/// A text; `None` for other values.
pub(super) fn text(json: &str) -> Option<Vec<u8>> {
    serde_json::from_str(json).ok().map(|Text(bytes)| bytes)
}

/// An integer, also from a text or with a fraction; `None` for other values.
pub(super) fn integer(json: &str) -> Option<i64> {
    let digits = json.trim_matches('"');
    digits
        .parse()
        .ok()
        .or_else(|| digits.parse().ok().filter(|number: &f64| number.is_finite()).map(|number| number as i64))
}

/// A number or a boolean; other values and numbers out of range become null.
pub(super) fn scalar(json: &str) -> Value {
    match json {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        number => match (number.parse(), number.parse()) {
            (Ok(int), _) => Value::Int(int),
            (Err(_), Ok(double)) => Value::Double(double),
            (Err(_), Err(_)) => Value::Null,
        },
    }
}
