//! Writes texts, numbers, and objects key by key.

use std::fmt::Display;
use std::io::Write;

/// Appends `text` as a JSON string. In addition to JSON's own escapes, it escapes all other control
/// characters (DEL and C1, which terminals interpret) and the line separators U+2028 and U+2029.
pub fn quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut written = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let Some((length, code)) = escaped(byte, &bytes[at + 1..]) else {
            at += 1;
            continue;
        };
        out.extend_from_slice(&bytes[written..at]);
        escape(out, code);
        at += length;
        written = at;
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

/// The length and code of the character that begins with `byte`, if it must be escaped.
fn escaped(byte: u8, rest: &[u8]) -> Option<(usize, u16)> {
    match (byte, rest) {
        (0..=0x1f | b'"' | b'\\' | 0x7f, _) => Some((1, u16::from(byte))),
        (0xc2, [second @ 0x80..=0x9f, ..]) => Some((2, u16::from(*second))),
        (0xe2, [0x80, third @ (0xa8 | 0xa9), ..]) => Some((3, 0x2000 + u16::from(*third) - 0x80)),
        _ => None,
    }
}

fn escape(out: &mut Vec<u8>, code: u16) {
    match code {
        0x22 => out.extend_from_slice(b"\\\""),
        0x5c => out.extend_from_slice(b"\\\\"),
        0x0a => out.extend_from_slice(b"\\n"),
        0x0d => out.extend_from_slice(b"\\r"),
        0x09 => out.extend_from_slice(b"\\t"),
        code => print(out, format_args!("\\u{code:04x}")),
    }
}

/// Appends a value whose text needs no escape.
pub fn print(out: &mut Vec<u8>, what: impl Display) {
    // Writing to memory cannot fail.
    let _ = write!(out, "{what}");
}

/// Appends a double as a number. NaN and infinities become the words of protobuf's JSON mapping.
pub(crate) fn double(out: &mut Vec<u8>, double: f64) {
    match double {
        double if double.is_nan() => out.extend_from_slice(b"\"NaN\""),
        f64::INFINITY => out.extend_from_slice(b"\"Infinity\""),
        f64::NEG_INFINITY => out.extend_from_slice(b"\"-Infinity\""),
        // Writing to memory cannot fail. `1.0` keeps its point, which marks it as a double.
        double => drop(serde_json::to_writer(out, &double)),
    }
}

/// Appends a list.
pub fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut put: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        put(out, item);
    }
    out.push(b']');
}

/// An object that is being written. Each key may be written once.
#[derive(Debug)]
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Begins an object at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Ends the object.
    pub fn end(self) {
        self.out.push(b'}');
    }

    /// Writes the key and returns the buffer for its value.
    pub fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        quoted(self.out, key);
        self.out.push(b':');
        self.out
    }

    /// Writes a text.
    pub fn text(&mut self, key: &str, text: &str) {
        quoted(self.key(key), text);
    }

    /// Writes a text, unless it is empty.
    pub fn filled(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.text(key, text);
        }
    }

    /// Writes a text, if any.
    pub fn maybe<T: AsRef<str>>(&mut self, key: &str, text: Option<T>) {
        if let Some(text) = text {
            self.text(key, text.as_ref());
        }
    }

    /// Writes a quoted value whose text needs no escape: ids, times, money.
    pub fn shown(&mut self, key: &str, what: Option<impl Display>) {
        if let Some(what) = what {
            print(self.key(key), format_args!("\"{what}\""));
        }
    }

    /// Writes a whole number, a decimal or a boolean.
    pub fn plain(&mut self, key: &str, what: Option<impl Display>) {
        if let Some(what) = what {
            print(self.key(key), what);
        }
    }

    /// Writes a double; NaN and infinities become words.
    pub fn double(&mut self, key: &str, value: Option<f64>) {
        if let Some(value) = value {
            double(self.key(key), value);
        }
    }

    /// Writes a list of texts, unless it is empty.
    pub fn texts<T: AsRef<str>>(&mut self, key: &str, texts: &[T]) {
        if !texts.is_empty() {
            list(self.key(key), texts, |out, text| quoted(out, text.as_ref()));
        }
    }

    /// Writes nanoseconds as `NAME_ms`, and as `NAME_ns` if a double of milliseconds is not exact.
    pub fn span_of_time(&mut self, name: &str, nanos: Option<i64>) {
        let Some(nanos) = nanos else { return };
        let millis = nanos as f64 / 1e6;
        self.double(&format!("{name}_ms"), Some(millis));
        if nanos_of(millis) != nanos {
            self.plain(&format!("{name}_ns"), Some(nanos));
        }
    }
}

/// Converts milliseconds to nanoseconds.
pub(crate) fn nanos_of(millis: f64) -> i64 {
    // The cast saturates.
    (millis * 1e6).round() as i64
}
