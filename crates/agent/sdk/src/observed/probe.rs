//! Detection of a value's traits at compile time, for types that the attribute does not know.
//!
//! The attribute only sees tokens of a type. Method look-up sees its traits: it prefers the implementation
//! that needs fewer references. So `(&&&Probe(&result)).failure()` selects the most specific trait of the
//! type. Source: "Autoref-based stable specialization", D. Tolnay, case-studies.

use std::fmt::{self, Debug, Display};

use super::Observed;
use crate::Field;
use crate::type_name::type_name;

/// A value under examination.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// Failure of a function.
#[derive(Clone, Copy)]
pub struct Failure<'a> {
    /// Name of the error type.
    pub kind: &'static str,
    /// Text of the error, if it implements `Display`.
    pub message: Option<&'a dyn Display>,
}

impl Debug for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Results whose error implements `Display`.
pub trait OfDisplay<'a> {
    /// The failure, if there is one.
    fn failure(&self) -> Option<Failure<'a>>;
}

impl<'a, T, E: Display> OfDisplay<'a> for &&Probe<'a, Result<T, E>> {
    fn failure(&self) -> Option<Failure<'a>> {
        self.0.as_ref().err().map(|error| Failure { kind: type_name::<E>(), message: Some(error) })
    }
}

/// Results with any error type.
pub trait OfAny<'a> {
    /// The failure, if there is one.
    fn failure(&self) -> Option<Failure<'a>>;
}

impl<'a, T, E> OfAny<'a> for &Probe<'a, Result<T, E>> {
    fn failure(&self) -> Option<Failure<'a>> {
        self.0.as_ref().err().map(|_| Failure { kind: type_name::<E>(), message: None })
    }
}

/// Other return types, which cannot fail.
pub trait OfAnything<'a> {
    /// Always `None`.
    fn failure(&self) -> Option<Failure<'a>>;
}

impl<'a, T: ?Sized> OfAnything<'a> for Probe<'a, T> {
    fn failure(&self) -> Option<Failure<'a>> {
        None
    }
}

/// Values that an attribute holds with their type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a supported attribute value",
    label = "not a number, truth value or text",
    note = "write `key = %value` to record how it is displayed, or `key = ?value` for its `Debug`"
)]
pub trait Measured {
    /// The value; `None` omits the attribute.
    fn measured(&self) -> Option<Field<'_>>;
}

macro_rules! measured {
    ($($type:ty),*) => {$(
        impl Measured for $type {
            fn measured(&self) -> Option<Field<'_>> {
                Some((*self).into())
            }
        }
    )*};
}
measured!(bool, i8, i16, i32, i64, u8, u16, u32, u64, usize, f32, f64);

impl Measured for isize {
    fn measured(&self) -> Option<Field<'_>> {
        Some(i64::try_from(*self).unwrap_or(i64::MAX).into())
    }
}

impl Measured for str {
    fn measured(&self) -> Option<Field<'_>> {
        Some(self.into())
    }
}

impl Measured for String {
    fn measured(&self) -> Option<Field<'_>> {
        Some(self.into())
    }
}

impl Measured for quipu_core::Value {
    fn measured(&self) -> Option<Field<'_>> {
        Some(self.clone().into())
    }
}

impl<T: Measured> Measured for Option<T> {
    fn measured(&self) -> Option<Field<'_>> {
        self.as_ref().and_then(Measured::measured)
    }
}

macro_rules! measured_within {
    ($($pointer:ty),*) => {$(
        impl<T: Measured + ?Sized> Measured for $pointer {
            fn measured(&self) -> Option<Field<'_>> {
                (**self).measured()
            }
        }
    )*};
}
measured_within!(&T, &mut T, Box<T>, std::rc::Rc<T>, std::sync::Arc<T>);

impl<T: Measured + ToOwned + ?Sized> Measured for std::borrow::Cow<'_, T> {
    fn measured(&self) -> Option<Field<'_>> {
        (**self).measured()
    }
}

/// Arguments that are recorded with their type.
pub trait OfMeasured {
    /// Records the argument.
    fn record(&self, observed: &mut Observed, key: &str);
}

impl<T: Measured + ?Sized> OfMeasured for &Probe<'_, T> {
    fn record(&self, observed: &mut Observed, key: &str) {
        observed.field(key, self.0);
    }
}

/// Arguments that are recorded by their `Debug` text.
pub trait OfDebug {
    /// Records the argument.
    fn record(&self, observed: &mut Observed, key: &str);
}

impl<T: Debug + ?Sized> OfDebug for Probe<'_, T> {
    fn record(&self, observed: &mut Observed, key: &str) {
        observed.shown(key, format_args!("{:?}", self.0));
    }
}

/// The return value, for `ret` and `err`.
#[diagnostic::on_unimplemented(
    message = "`err` needs a function that returns a `Result`",
    label = "this is not a `Result`"
)]
pub trait Recorded {
    /// Type of the error.
    type Error;

    /// The error, if there is one.
    fn error(&self) -> Option<&Self::Error>;
}

impl<T, E> Recorded for Result<T, E> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

/// The error that a function returned.
pub fn error_of<R: Recorded>(returned: &R) -> Option<&R::Error> {
    returned.error()
}

/// The value that a function returned, unless it is an error.
pub fn value_of<T, E>(returned: &Result<T, E>) -> Option<&T> {
    returned.as_ref().ok()
}
