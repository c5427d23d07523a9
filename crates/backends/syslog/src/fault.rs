//! Errors of the syslog backend.

use std::io;

use quipu_core::{Error, ErrorKind, Retry};

/// Name of the backend.
pub(crate) const NAME: &str = "syslog";

/// An invalid config value.
pub(crate) fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "open syslog", what).of_backend(NAME)
}

/// A write after close.
pub(crate) fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, operation, "closed").with_retry(Retry::No).of_backend(NAME)
}

/// The receiver cannot be reached, or closed the connection.
pub(crate) fn failed(operation: &'static str, context: impl Into<String>, cause: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, operation, context).caused_by(cause).of_backend(NAME)
}

/// The timeout was exceeded.
pub(crate) fn late(operation: &'static str, context: impl Into<String>) -> Error {
    let context = format!("{}: timed out", context.into());
    Error::new(ErrorKind::Unavailable, operation, context).of_backend(NAME)
}
