//! Errors of the register of keys and users.

use quipu_core::{Error, ErrorKind};

use crate::grant::GrantError;

/// Why an operation on the register failed.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The name is already in use.
    #[error("a {0} {1:?} already exists")]
    Taken(&'static str, String),
    /// No item has this name.
    #[error("there is no {0} {1:?}")]
    Missing(&'static str, String),
    /// The register is full.
    #[error("the limit of {1} {0} is reached; remove one first")]
    Full(&'static str, usize),
    /// The request is invalid.
    #[error("{0}")]
    Bad(String),
    /// The file could not be read or written.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<rusqlite::Error> for RegisterError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(from_sql(error))
    }
}

impl From<GrantError> for RegisterError {
    fn from(error: GrantError) -> Self {
        Self::Bad(error.to_string())
    }
}

/// Converts an SQLite error. SQLite's own text contains no stored value.
pub fn from_sql(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorKind::Locked,
        Some(ErrorCode::DiskFull) => ErrorKind::Exhausted,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => ErrorKind::Damaged,
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure) => ErrorKind::Io,
        _ => ErrorKind::Internal,
    };
    Error::new(kind, "use the register of access", "SQLite").caused_by(error)
}
