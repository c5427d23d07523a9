//! Reads and writes attribute values. Values that JSON lacks are objects with a key that starts with `$`.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use compact_str::CompactString;
use quipu_core::{Attributes, Value};

use crate::fields::Held;
use crate::json::Json;
use crate::object::{Object, double, list, print, quoted};

const BYTES: &str = "$bytes";
const DOUBLE: &str = "$double";
const PAIRS: &str = "$pairs";

pub(crate) fn value(out: &mut Vec<u8>, of: &Value) {
    match of {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(flag) => print(out, flag),
        Value::Int(int) => print(out, int),
        Value::Double(number) if number.is_finite() => double(out, *number),
        Value::Double(number) => alone(out, DOUBLE, |out| double(out, *number)),
        Value::String(text) => quoted(out, text),
        Value::Bytes(bytes) => alone(out, BYTES, |out| quoted(out, &STANDARD.encode(bytes))),
        Value::Array(values) => list(out, values, value),
        Value::Map(of) => pairs(out, of.iter()),
    }
}

pub(crate) fn attributes(out: &mut Vec<u8>, of: &Attributes) {
    pairs(out, of.iter());
}

fn alone(out: &mut Vec<u8>, key: &str, put: impl FnOnce(&mut Vec<u8>)) {
    let mut object = Object::new(out);
    put(object.key(key));
    object.end();
}

/// Writes an object, or a list of pairs if keys repeat or have a reserved name.
fn pairs<'a>(out: &mut Vec<u8>, of: impl Iterator<Item = &'a (CompactString, Value)> + Clone) {
    let mut seen = HashSet::new();
    if of.clone().all(|(key, _)| !key.starts_with('$') && seen.insert(key.as_str())) {
        let mut object = Object::new(out);
        of.for_each(|(key, held)| value(object.key(key), held));
        return object.end();
    }
    alone(out, PAIRS, |out| {
        list(out, of, |out, (key, held)| {
            out.push(b'[');
            quoted(out, key);
            out.push(b',');
            value(out, held);
            out.push(b']');
        });
    });
}

impl Held for Value {
    const WHAT: &'static str = "a value";

    fn of(json: Json) -> Option<Self> {
        Some(match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Bool(flag),
            Json::Int(int) => Self::Int(int),
            // Quipu never writes such a number; convert it to the nearest double.
            Json::Large(int) => Self::Double(int as f64),
            Json::Double(double) => Self::Double(double),
            Json::Text(text) => Self::String(text),
            Json::List(items) => Self::Array(items.into_iter().map(Self::of).collect::<Option<_>>()?),
            Json::Object(mut held) => match (held.len(), held.first().map(|(key, _)| key.as_str())) {
                (1, Some(BYTES)) => Self::Bytes(STANDARD.decode(String::of(held.remove(0).1)?).ok()?),
                (1, Some(DOUBLE)) => Self::Double(f64::of(held.remove(0).1)?),
                _ => Self::Map(map(held)?),
            },
        })
    }
}

fn map(mut held: Vec<(CompactString, Json)>) -> Option<Vec<(CompactString, Value)>> {
    if !matches!(held.as_slice(), [(key, _)] if key == PAIRS) {
        return held.into_iter().map(|(key, json)| Some((key, Value::of(json)?))).collect();
    }
    let Json::List(items) = held.remove(0).1 else { return None };
    let pair = |item| match item {
        Json::List(pair) => {
            let [key, json] = <[Json; 2]>::try_from(pair).ok()?;
            Some((CompactString::of(key)?, Value::of(json)?))
        }
        _ => None,
    };
    items.into_iter().map(pair).collect()
}

impl Held for Attributes {
    const WHAT: &'static str = "attributes";

    fn of(json: Json) -> Option<Self> {
        let Json::Object(held) = json else { return None };
        Some(map(held)?.into_iter().collect())
    }
}
