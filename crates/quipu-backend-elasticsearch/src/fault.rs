//! Errors of this backend.

use quipu_core::{Error, ErrorKind, Retry};

/// Name of the backend.
pub(crate) const NAME: &str = "elasticsearch";

/// A setting that cannot be used.
pub(crate) fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "open elasticsearch", what).of_backend(NAME)
}

/// A write after close.
pub(crate) fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, operation, "closed").with_retry(Retry::No).of_backend(NAME)
}

/// An answer that is none of theirs, such as a login page: worth another attempt, for whatever stands between may go away.
pub(crate) fn strange(operation: &'static str) -> Error {
    let context =
        "the answer is not one of Elasticsearch or OpenSearch: is there something else at that URL?";
    Error::new(ErrorKind::Unavailable, operation, context).of_backend(NAME)
}
