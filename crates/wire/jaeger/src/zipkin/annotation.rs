//! Annotations: moments within a span, converted to its events.

use quipu_core::{SpanEvent, Value};

use super::json::{each_entry, integer, scalar, text};
use crate::draft::{Pair, Read};
use crate::taker::Taker;

/// Adds an annotation to a span's events.
pub(super) fn take(json: &str, into: &mut Vec<SpanEvent>, to: &mut Taker<'_>) -> Read<()> {
    if !to.has_room_for_event(into) {
        return Ok(());
    }
    let (mut time, mut value) = (0, Vec::new());
    each_entry(json, |key, json| {
        match key.as_slice() {
            b"timestamp" => time = integer(json).unwrap_or_default().saturating_mul(1_000),
            b"value" => value = text(json).unwrap_or_default(),
            _ => {}
        }
        Ok(())
    })?;
    let mut fields = Vec::new();
    let name = match std::str::from_utf8(&value).ok().and_then(split) {
        Some((name, attributes)) => {
            each_entry(&attributes, |key, json| attribute(key, json, &mut fields, to))?;
            name
        }
        None => value,
    };
    let name = to.name(name);
    to.named_event(into, time, name, fields)
}

/// A name and the JSON of its attributes, if the value has OpenTelemetry's form for events: `"name": {…}`.
/// Some exporters write it as an object, `{"name": {…}}`. The collector's form is `name|{…}|0`.
fn split(value: &str) -> Option<(Vec<u8>, String)> {
    if value.starts_with('{') {
        return object(value);
    }
    if value.starts_with('"') {
        return object(&format!("{{{value}}}"));
    }
    let (name, rest) = value.split_once('|')?;
    let (attributes, _) = rest.rsplit_once('|')?;
    let is_object = serde_json::from_str::<serde::de::IgnoredAny>(attributes).is_ok();
    (attributes.starts_with('{') && is_object).then(|| (name.as_bytes().to_vec(), attributes.to_owned()))
}

/// The only entry of an object, if its value is an object.
fn object(json: &str) -> Option<(Vec<u8>, String)> {
    let (mut found, mut count) = (None, 0);
    let walked = each_entry(json, |key, value| {
        count += 1;
        found = value.starts_with('{').then(|| (key, value.to_owned()));
        Ok(())
    });
    found.filter(|_| count == 1 && walked.is_ok())
}

/// Adds texts, numbers and booleans unchanged; lists and objects as JSON text.
fn attribute(key: Vec<u8>, json: &str, into: &mut Vec<Pair>, to: &mut Taker<'_>) -> Read<()> {
    if !to.fits(into.len()) {
        return Ok(());
    }
    let value = match json.as_bytes().first() {
        Some(b'"') => Value::String(to.text(text(json).unwrap_or_default())),
        Some(b'{' | b'[') => Value::String(to.text(json.as_bytes().to_vec())),
        _ => scalar(json),
    };
    into.push(to.pair(key, value)?);
    Ok(())
}
