//! Errors of the Elasticsearch backend.

use quipu_core::{Error, ErrorKind, Retry};

/// Name of the backend.
pub(crate) const NAME: &str = "elasticsearch";

/// An invalid config value.
pub(crate) fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "open elasticsearch", what).of_backend(NAME)
}

/// A write after close.
pub(crate) fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, operation, "closed").with_retry(Retry::No).of_backend(NAME)
}

/// An answer of another program, such as a login page. A retry can help, because the intermediary may go
/// away.
pub(crate) fn strange(operation: &'static str) -> Error {
    let context = "the response is not from Elasticsearch or OpenSearch: is another program at that URL?";
    Error::new(ErrorKind::Unavailable, operation, context).of_backend(NAME)
}
