//! Internal errors and their conversion to public ones.

use std::io;
use std::path::Path;

use quipu_core::{Error, ErrorKind, Retry};
use rusqlite::{ErrorCode, ffi};

/// Name of this backend in errors and tables.
pub(crate) const NAME: &str = "sqlite";

/// An error without its file and operation.
#[derive(Debug)]
pub(crate) enum Fault {
    /// An error of SQLite.
    Sql(rusqlite::Error),
    /// Stored bytes with an invalid format.
    Damaged(&'static str),
    /// A file that another thread or process is still creating.
    Unborn,
    /// A file operation failed.
    Io(io::Error),
    /// A complete public error.
    Said(Box<Error>),
}

pub(crate) type Result<T, E = Fault> = std::result::Result<T, E>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Said(Box::new(error))
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<postcard::Error> for Fault {
    fn from(_: postcard::Error) -> Self {
        Self::Damaged("a stored record cannot be decoded")
    }
}

fn sql_kind(error: &rusqlite::Error) -> ErrorKind {
    match error {
        // A damaged page, or an error reported by the file system itself.
        rusqlite::Error::SqliteFailure(failure, _)
            if matches!(failure.extended_code, ffi::SQLITE_IOERR_DATA | ffi::SQLITE_IOERR_CORRUPTFS) =>
        {
            ErrorKind::Damaged
        }
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DiskFull => ErrorKind::Exhausted,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => ErrorKind::Locked,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => ErrorKind::Damaged,
            ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied => ErrorKind::Denied,
            ErrorCode::TooBig => ErrorKind::Invalid,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::OutOfMemory => ErrorKind::Io,
            _ => ErrorKind::Internal,
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..) => ErrorKind::Damaged,
        _ => ErrorKind::Internal,
    }
}

/// The kind of a file operation's error.
pub(crate) fn io_kind(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::Denied,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Exhausted,
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Io,
    }
}

/// A read-only file system or missing permissions are not the caller's error, so the caller may retry after a
/// repair.
fn or_later(error: Error) -> Error {
    if error.kind() == ErrorKind::Denied { error.with_retry(Retry::Yes) } else { error }
}

impl Fault {
    /// The public kind of the error.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Sql(error) => sql_kind(error),
            Self::Damaged(_) => ErrorKind::Damaged,
            Self::Unborn => ErrorKind::NotFound,
            Self::Io(error) => io_kind(error),
            Self::Said(error) => error.kind(),
        }
    }

    /// The public error: the operation and its file.
    pub(crate) fn at(self, operation: &'static str, path: &Path) -> Error {
        let kind = self.kind();
        let place = path.display();
        match self {
            Self::Said(error) => *error,
            Self::Unborn => {
                Error::new(kind, operation, format!("{place}: it is still being created")).of_backend(NAME)
            }
            Self::Damaged(what) => Error::new(kind, operation, format!("{place}: {what}")).of_backend(NAME),
            Self::Io(error) => {
                let said = Error::new(kind, operation, place.to_string()).caused_by(error).of_backend(NAME);
                or_later(said)
            }
            Self::Sql(error) => {
                let damage = quipu_pages::last_damage().map(|damage| format!(" ({})", damage.place));
                let hint = match kind {
                    ErrorKind::Exhausted => " (no space left for the store)",
                    ErrorKind::Damaged => {
                        damage.as_deref().unwrap_or(" (the file is damaged or not a database)")
                    }
                    ErrorKind::Denied => " (the file or its folder cannot be written)",
                    _ => "",
                };
                let said = Error::new(kind, operation, format!("{place}{hint}"));
                or_later(said.caused_by(error).of_backend(NAME))
            }
        }
    }
}
