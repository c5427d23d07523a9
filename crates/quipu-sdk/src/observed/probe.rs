//! What can be told of a value whose type the attribute does not know.
//!
//! The attribute sees types as they are written, not what they are. Method look-up does: it prefers the trait that is
//! implemented with fewer references in between, so `(&&&Probe(&result)).failure()` means the most that is known of the type.
//! Source: "Autoref-based stable specialization", D. Tolnay, case-studies.

use std::fmt::{self, Debug, Display};

use super::Observed;
use crate::Field;
use crate::type_name::type_name;

/// Asks what a value is.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// How a function failed.
#[derive(Clone, Copy)]
pub struct Failure<'a> {
    /// The error type's name.
    pub kind: &'static str,
    /// What the error says, where it can be shown.
    pub message: Option<&'a dyn Display>,
}

impl Debug for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Results whose error can be shown.
pub trait OfDisplay<'a> {
    /// How it failed, if it did.
    fn failure(&self) -> Option<Failure<'a>>;
}

impl<'a, T, E: Display> OfDisplay<'a> for &&Probe<'a, Result<T, E>> {
    fn failure(&self) -> Option<Failure<'a>> {
        self.0.as_ref().err().map(|error| Failure { kind: type_name::<E>(), message: Some(error) })
    }
}

/// Results of any error.
pub trait OfAny<'a> {
    /// How it failed, if it did.
    fn failure(&self) -> Option<Failure<'a>>;
}

impl<'a, T, E> OfAny<'a> for &Probe<'a, Result<T, E>> {
    fn failure(&self) -> Option<Failure<'a>> {
        self.0.as_ref().err().map(|_| Failure { kind: type_name::<E>(), message: None })
    }
}

/// Whatever else a function returns: it cannot fail.
pub trait OfAnything<'a> {
    /// Nothing.
    fn failure(&self) -> Option<Failure<'a>>;
}

impl<'a, T: ?Sized> OfAnything<'a> for Probe<'a, T> {
    fn failure(&self) -> Option<Failure<'a>> {
        None
    }
}

/// Values that an attribute holds as what they are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value that an attribute can hold",
    label = "not a number, truth value or text",
    note = "write `key = %value` to record how it is displayed, or `key = ?value` for its `Debug`"
)]
pub trait Measured {
    /// The value; `None` leaves the attribute out.
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

/// Arguments that are recorded as what they are.
pub trait OfMeasured {
    /// Records it.
    fn record(&self, observed: &mut Observed, key: &str);
}

impl<T: Measured + ?Sized> OfMeasured for &Probe<'_, T> {
    fn record(&self, observed: &mut Observed, key: &str) {
        observed.field(key, self.0);
    }
}

/// Arguments that are recorded as their `Debug`.
pub trait OfDebug {
    /// Records it.
    fn record(&self, observed: &mut Observed, key: &str);
}

impl<T: Debug + ?Sized> OfDebug for Probe<'_, T> {
    fn record(&self, observed: &mut Observed, key: &str) {
        observed.shown(key, format_args!("{:?}", self.0));
    }
}

/// What a function returned, as `ret` and `err` look at it.
#[diagnostic::on_unimplemented(
    message = "`err` needs a function that returns a `Result`",
    label = "this is no `Result`"
)]
pub trait Recorded {
    /// The error's type.
    type Error;

    /// The error, if it is one.
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

/// What a function returned, unless it is an error.
pub fn value_of<T, E>(returned: &Result<T, E>) -> Option<&T> {
    returned.as_ref().ok()
}
