//! Errors of the Jaeger backend.

use quipu_core::{Error, ErrorKind, Retry};

/// Name of this backend in errors and tables.
pub(crate) const NAME: &str = "jaeger";

/// An invalid config value.
pub(crate) fn invalid(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "open backend", what).of_backend(NAME)
}

/// The error of an operation after close.
pub(crate) fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, operation, "it is closed").of_backend(NAME).with_retry(Retry::No)
}
