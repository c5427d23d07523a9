//! Writer of document objects with values that fit the field types.

use std::ops::{Deref, DerefMut};

use quipu_core::{Timestamp, Value};
use quipu_jsonl::{Object, list, print, quoted};

/// A document, or an object in one. Each key is written once, because both products reject repeated keys.
pub(crate) struct Fields<'a>(Object<'a>);

impl<'a> Deref for Fields<'a> {
    type Target = Object<'a>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Fields<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<'a> Fields<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self(Object::new(out))
    }

    pub fn end(self) {
        self.0.end();
    }

    /// Writes a text, unless it is empty.
    pub fn text(&mut self, key: &str, text: &str) {
        self.0.filled(key, text);
    }

    pub fn maybe<T: AsRef<str>>(&mut self, key: &str, text: Option<T>) {
        if let Some(text) = text {
            self.text(key, text.as_ref());
        }
    }

    /// Writes a count to a field of type `long`, at most 2⁶³ − 1.
    pub fn count(&mut self, key: &str, count: Option<u64>) {
        self.plain(key, count.map(|count| i64::try_from(count).unwrap_or(i64::MAX)));
    }

    /// Writes a double; NaN and infinities are left out, because no numeric field accepts them.
    pub fn double(&mut self, key: &str, value: Option<f64>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            double(self.key(key), value);
        }
    }

    /// Writes a time to a field of type `date_nanos`, not before 1970.
    pub fn time(&mut self, key: &str, time: Option<Timestamp>) {
        self.shown(key, time.map(|time| time.max(Timestamp::default())));
    }
}

fn double(out: &mut Vec<u8>, double: f64) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(out, &double);
}

/// Appends a value as plain JSON: bytes as base64, NaN and infinities as text; the last value of a repeated
/// key counts.
pub(crate) fn value(out: &mut Vec<u8>, of: &Value) {
    match of {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(flag) => print(out, flag),
        Value::Int(int) => print(out, int),
        Value::Double(number) if number.is_finite() => double(out, *number),
        Value::Double(number) => print(out, format_args!("\"{number}\"")),
        Value::String(text) => quoted(out, text),
        Value::Bytes(bytes) => quoted(out, &encoded(bytes)),
        Value::Array(values) => list(out, values, value),
        Value::Map(pairs) => {
            let mut fields = Fields::new(out);
            for (key, held) in super::attributes::last_of_each(pairs) {
                value(fields.key(key), held);
            }
            fields.end();
        }
    }
}

fn encoded(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
