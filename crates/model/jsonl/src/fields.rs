//! Reads the fields of an object, with errors that name the field.

use compact_str::CompactString;
use quipu_core::{Error, ErrorKind, Result, SpanId, Timestamp, TraceId, Usd};

use crate::json::Json;
use crate::object::nanos_of;

pub(crate) fn wrong(context: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "read line", context)
}

/// A type of a field's value.
pub(crate) trait Held: Sized {
    /// The expected type, for errors.
    const WHAT: &'static str;

    fn of(json: Json) -> Option<Self>;
}

/// Fields of an object that are taken out one by one.
pub(crate) struct Fields {
    of: &'static str,
    pairs: Vec<(CompactString, Json)>,
}

impl Fields {
    pub fn new(of: &'static str, json: Json) -> Result<Self> {
        match json {
            Json::Object(pairs) => Ok(Self { of, pairs }),
            _ => Err(wrong(format!("{of}: not an object"))),
        }
    }

    /// Takes a field; `None` if it is missing or null.
    pub fn get<T: Held>(&mut self, key: &str) -> Result<Option<T>> {
        let Some(at) = self.pairs.iter().position(|(name, _)| name == key) else { return Ok(None) };
        match self.pairs.swap_remove(at).1 {
            Json::Null => Ok(None),
            json => T::of(json).map(Some).ok_or_else(|| self.complaint(key, "not ", T::WHAT)),
        }
    }

    pub fn need<T: Held>(&mut self, key: &str) -> Result<T> {
        self.get(key)?.ok_or_else(|| self.complaint(key, "missing: ", T::WHAT))
    }

    pub fn or_default<T: Held + Default>(&mut self, key: &str) -> Result<T> {
        Ok(self.get(key)?.unwrap_or_default())
    }

    /// The fields of a nested object; `None` if it is missing.
    pub fn within(&mut self, key: &'static str) -> Result<Option<Self>> {
        self.get::<Json>(key)?.map(|json| Self::new(key, json)).transpose()
    }

    /// All fields, each of the same type.
    pub fn all<T: Held>(self) -> Result<Vec<(CompactString, T)>> {
        let of = self.of;
        let wrong = |key: &str| wrong(format!("{of} {key}: not {}", T::WHAT));
        self.pairs
            .into_iter()
            .map(|(key, json)| Ok((key.clone(), T::of(json).ok_or_else(|| wrong(&key))?)))
            .collect()
    }

    /// The objects of a list, each read by `read`.
    pub fn list<T>(&mut self, key: &'static str, read: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let items: Vec<Json> = self.or_default(key)?;
        items.into_iter().map(|item| read(&mut Self::new(key, item)?)).collect()
    }

    /// Nanoseconds, from `NAME_ns` or else `NAME_ms`.
    pub fn span_of_time(&mut self, name: &str) -> Result<Option<i64>> {
        let millis = self.get::<f64>(&format!("{name}_ms"))?.map(nanos_of);
        Ok(self.get(&format!("{name}_ns"))?.or(millis))
    }

    fn complaint(&self, key: &str, how: &str, what: &str) -> Error {
        wrong(format!("{} {key}: {how}{what}", self.of))
    }
}

impl Held for Json {
    const WHAT: &'static str = "JSON";

    fn of(json: Json) -> Option<Self> {
        Some(json)
    }
}

impl Held for String {
    const WHAT: &'static str = "a text";

    fn of(json: Json) -> Option<Self> {
        if let Json::Text(text) = json { Some(text) } else { None }
    }
}

impl Held for bool {
    const WHAT: &'static str = "true or false";

    fn of(json: Json) -> Option<Self> {
        if let Json::Bool(flag) = json { Some(flag) } else { None }
    }
}

impl Held for i64 {
    const WHAT: &'static str = "a whole number";

    fn of(json: Json) -> Option<Self> {
        if let Json::Int(int) = json { Some(int) } else { None }
    }
}

impl Held for u64 {
    const WHAT: &'static str = "a whole number that is not negative";

    fn of(json: Json) -> Option<Self> {
        match json {
            Json::Int(int) => Self::try_from(int).ok(),
            Json::Large(int) => Some(int),
            _ => None,
        }
    }
}

impl Held for f64 {
    const WHAT: &'static str = "a number";

    fn of(json: Json) -> Option<Self> {
        match json {
            Json::Double(double) => Some(double),
            Json::Int(int) => Some(int as Self),
            Json::Large(int) => Some(int as Self),
            Json::Text(word) => match word.as_str() {
                "NaN" => Some(Self::NAN),
                "Infinity" => Some(Self::INFINITY),
                "-Infinity" => Some(Self::NEG_INFINITY),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<T: Held> Held for Vec<T> {
    const WHAT: &'static str = T::WHAT;

    fn of(json: Json) -> Option<Self> {
        if let Json::List(items) = json { items.into_iter().map(T::of).collect() } else { None }
    }
}

macro_rules! parsed {
    ($($of:ty = $what:literal),+) => {$(
        impl Held for $of {
            const WHAT: &'static str = $what;

            fn of(json: Json) -> Option<Self> {
                if let Json::Text(text) = json { text.parse().ok() } else { None }
            }
        }
    )+};
}

parsed! {
    CompactString = "a text",
    TraceId = "a trace id of 32 hexadecimal digits",
    SpanId = "a span id of 16 hexadecimal digits",
    Timestamp = "an RFC 3339 time",
    Usd = "a decimal amount"
}
