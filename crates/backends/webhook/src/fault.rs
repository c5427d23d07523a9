//! Errors of this backend.

use quipu_core::{Error, ErrorKind, Retry};

/// Name of the backend.
pub(crate) const NAME: &str = "webhook";

/// An invalid config value.
pub(crate) fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "open webhook", what).of_backend(NAME)
}

/// A write after close.
pub(crate) fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, operation, "closed").with_retry(Retry::No).of_backend(NAME)
}
