//! Attribute values from the caller, borrowed to avoid a copy.

use std::borrow::Cow;

use quipu_core::Value;

/// An attribute value.
///
/// ```
/// let span = quipu_sdk::span("index")
///     .attribute("rows", 3)
///     .attribute("names", vec!["a", "b"])
///     .attribute("ratio", Some(0.5))
///     .attribute("absent", None::<String>);
/// span.end();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Field<'a> {
    /// True or false.
    Bool(bool),
    /// A signed 64-bit integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// Text.
    Text(&'a str),
    /// Any other attribute value.
    Value(Value),
    /// No value: the attribute is left out.
    Absent,
}

impl Field<'_> {
    /// Converts to the value type of records.
    #[inline]
    pub fn into_value(self) -> Value {
        match self {
            Self::Bool(flag) => Value::Bool(flag),
            Self::Int(int) => Value::Int(int),
            Self::Double(double) => Value::Double(double),
            Self::Text(text) => Value::String(text.to_owned()),
            Self::Value(value) => value,
            Self::Absent => Value::Null,
        }
    }
}

impl<'a> From<&'a str> for Field<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Field<'a> {
    #[inline]
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Field<'_> {
    #[inline]
    fn from(text: String) -> Self {
        Self::Value(Value::String(text))
    }
}

impl From<Value> for Field<'_> {
    #[inline]
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<bool> for Field<'_> {
    #[inline]
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<f64> for Field<'_> {
    #[inline]
    fn from(double: f64) -> Self {
        Self::Double(double)
    }
}

impl From<f32> for Field<'_> {
    #[inline]
    fn from(float: f32) -> Self {
        Self::Double(f64::from(float))
    }
}

impl<'a> From<Cow<'a, str>> for Field<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::Text(text),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for Field<'a> {
    /// `None` leaves the attribute out.
    #[inline]
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl<'a, T: Into<Field<'a>>> From<Vec<T>> for Field<'_> {
    fn from(values: Vec<T>) -> Self {
        Self::Value(Value::Array(values.into_iter().map(|value| value.into().into_value()).collect()))
    }
}

macro_rules! from_small {
    ($($int:ty),*) => {$(
        impl From<$int> for Field<'_> {
            fn from(int: $int) -> Self {
                Self::Int(i64::from(int))
            }
        }
    )*};
}
from_small!(i8, i16, i32, i64, u8, u16, u32);

macro_rules! from_large {
    ($($int:ty),*) => {$(
        impl From<$int> for Field<'_> {
            /// Saturates at the largest signed 64-bit integer.
            fn from(int: $int) -> Self {
                Self::Int(i64::try_from(int).unwrap_or(i64::MAX))
            }
        }
    )*};
}
from_large!(u64, usize);

/// Messages to or from a model; recorded only with full prompt logging.
///
/// ```
/// let call = quipu_sdk::llm("openai", "gpt-5").input("What is a quipu?").output("A record in knots.");
/// call.end();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// One text: the user's as input, the model's as output.
    Text(&'a str),
    /// A JSON list of messages in OpenTelemetry's GenAI message schema.
    Json(&'a str),
}

impl Content<'_> {
    /// A JSON list of messages in OpenTelemetry's GenAI message schema; `role` applies to a plain text.
    pub(crate) fn to_messages(self, role: &str) -> String {
        match self {
            Self::Text(text) => crate::json::message(role, text),
            Self::Json(json) => json.to_owned(),
        }
    }
}

impl<'a> From<&'a str> for Content<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Content<'a> {
    #[inline]
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}
