//! Errors of the file backend.

use std::io;
use std::path::Path;

use quipu_core::{Error, ErrorKind, Retry};

/// Name of this backend in errors and tables.
pub(crate) const NAME: &str = "file";

/// The error of a file operation. If a file or folder is gone, a retry can help, because it is created again.
pub(crate) fn failed(operation: &'static str, path: &Path, cause: io::Error) -> Error {
    let kind = match cause.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::Denied,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            ErrorKind::Exhausted
        }
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Io,
    };
    let error = Error::new(kind, operation, path.display().to_string()).of_backend(NAME).caused_by(cause);
    if kind == ErrorKind::NotFound { error.with_retry(Retry::Yes) } else { error }
}

/// The error of an operation after close.
pub(crate) fn closed(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, operation, "it is closed").of_backend(NAME).with_retry(Retry::No)
}
