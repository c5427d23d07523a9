//! Text, numbers, enums and lists in OTLP JSON.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use opentelemetry_proto::tonic::logs::v1::SeverityNumber;
use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::FromJson;

/// Adapter from [`FromJson`] to serde's `Deserialize`.
pub(super) struct J<T>(pub(super) T);

impl<'de, T: FromJson> Deserialize<'de> for J<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::from_json(from).map(Self)
    }
}

/// The name of a field, borrowed if it has no escape.
pub(super) struct Key<'de>(Cow<'de, str>);

impl Key<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(name)))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(name.to_owned())))
    }
}

/// Any scalar, unchanged from the body.
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Int(i128),
    Double(f64),
    Text(&'a str),
}

/// Reads any scalar and passes it to `read`; `None` from `read` means a wrong type. `what` describes the
/// expected form.
pub(super) struct ScalarVisitor<F> {
    pub(super) what: &'static str,
    pub(super) read: F,
}

impl<T, F: FnOnce(Scalar<'_>) -> Option<T>> ScalarVisitor<F> {
    fn answer<E: Error>(self, scalar: Scalar<'_>) -> Result<T, E> {
        let what = self.what;
        (self.read)(scalar).ok_or_else(|| E::custom(format_args!("wrong value, expected {what}")))
    }
}

impl<'de, T, F: FnOnce(Scalar<'_>) -> Option<T>> Visitor<'de> for ScalarVisitor<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        self.answer(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<T, E> {
        self.answer(Scalar::Bool(flag))
    }

    fn visit_i64<E: Error>(self, int: i64) -> Result<T, E> {
        self.answer(Scalar::Int(int.into()))
    }

    fn visit_u64<E: Error>(self, int: u64) -> Result<T, E> {
        self.answer(Scalar::Int(int.into()))
    }

    fn visit_f64<E: Error>(self, double: f64) -> Result<T, E> {
        self.answer(Scalar::Double(double))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        self.answer(Scalar::Text(text))
    }
}

/// A visitor that moves text; [`ScalarVisitor`] would copy it once more.
struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<String, E> {
        Ok(flag.to_string())
    }

    fn visit_i64<E: Error>(self, int: i64) -> Result<String, E> {
        Ok(int.to_string())
    }

    fn visit_u64<E: Error>(self, int: u64) -> Result<String, E> {
        Ok(int.to_string())
    }

    fn visit_f64<E: Error>(self, double: f64) -> Result<String, E> {
        Ok(double.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }
}

impl FromJson for String {
    fn from_json<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TextVisitor)
    }
}

impl FromJson for bool {
    fn from_json<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |scalar: Scalar<'_>| match scalar {
            Scalar::Null => Some(false),
            Scalar::Bool(flag) => Some(flag),
            Scalar::Int(int) => Some(int != 0),
            Scalar::Double(_) => None,
            Scalar::Text(text) => text.trim().to_ascii_lowercase().parse().ok(),
        };
        from.deserialize_any(ScalarVisitor { what: "true or false", read })
    }
}

impl FromJson for f64 {
    fn from_json<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |scalar: Scalar<'_>| match scalar {
            Scalar::Null => Some(0.0),
            Scalar::Bool(_) => None,
            Scalar::Int(int) => Some(int as Self),
            Scalar::Double(double) => Some(double),
            // Rust's parser accepts NaN, Infinity and -Infinity.
            Scalar::Text(text) => text.trim().parse().ok(),
        };
        from.deserialize_any(ScalarVisitor { what: "a number", read })
    }
}

fn integer<T: TryFrom<i128>>(scalar: Scalar<'_>) -> Option<T> {
    let whole = |double: f64| (double.fract() == 0.0 && double.abs() < 1e30).then_some(double as i128);
    let int = match scalar {
        Scalar::Null => 0,
        Scalar::Bool(_) => return None,
        Scalar::Int(int) => int,
        Scalar::Double(double) => whole(double)?,
        Scalar::Text(text) => text.trim().parse().ok().or_else(|| whole(text.trim().parse().ok()?))?,
    };
    T::try_from(int).ok()
}

macro_rules! integers {
    ($($int:ty: $what:literal),*) => {$(
        impl FromJson for $int {
            fn from_json<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_any(ScalarVisitor { what: $what, read: integer })
            }
        }
    )*};
}

integers!(i64: "a 64-bit integer", u64: "an unsigned 64-bit integer", i32: "a 32-bit integer", u32: "an unsigned 32-bit integer");

/// An enum by its number or its name; 0 for unknown names.
macro_rules! enums {
    ($($wrap:ident: $wire:ty),*) => {$(
        pub(super) struct $wrap(pub(super) i32);

        impl<'de> Deserialize<'de> for $wrap {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let read = |scalar: Scalar<'_>| match scalar {
                    Scalar::Text(name) if <$wire>::from_str_name(name).is_some() => {
                        <$wire>::from_str_name(name).map(|known| known as i32)
                    }
                    other => Some(integer(other).unwrap_or(0)),
                };
                from.deserialize_any(ScalarVisitor { what: "an enum's number or name", read }).map(Self)
            }
        }
    )*};
}

enums!(Kind: SpanKind, Code: StatusCode, Severity: SeverityNumber, Temporality: AggregationTemporality);

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: FromJson> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(J(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ListVisitor(PhantomData))
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::<J<T>>::deserialize(from)?.map(|value| value.0))
    }
}
