//! A question: one statement with its parameters.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::{SqlError, SqlErrorKind};
use crate::limits::SqlLimits;

/// A statement with its parameters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SqlQuestion {
    /// One `SELECT` statement.
    pub query: String,
    /// Values of `?` in order: null, boolean, number or text.
    pub params: Vec<Json>,
    /// Value of `:since`, in nanoseconds since the epoch; default the epoch.
    pub since: Option<i64>,
    /// Value of `:until`, in nanoseconds since the epoch; default the time of the question.
    pub until: Option<i64>,
    /// Whether the statement is only checked: the answer has its columns, and no rows.
    pub check: bool,
}

impl SqlQuestion {
    /// Checks the number of bytes and parameters.
    ///
    /// # Errors
    /// There are too many, or the statement has a zero byte.
    pub(crate) fn check_size(&self) -> Result<(), SqlError> {
        let wrong = |text: String| Err(SqlError::new(SqlErrorKind::Statement, text));
        let bytes = self.query.len();
        if bytes > SqlLimits::STATEMENT_BYTES {
            return wrong(format!(
                "a statement has at most {} bytes, got {bytes}",
                SqlLimits::STATEMENT_BYTES
            ));
        }
        let count = self.params.len();
        if count > SqlLimits::PARAMETERS {
            return wrong(format!(
                "a statement has at most {} parameters, got {count}",
                SqlLimits::PARAMETERS
            ));
        }
        if let Some(at) = self.query.find('\0') {
            let error = SqlError::new(SqlErrorKind::Statement, "a statement has no zero byte");
            return Err(error.at(Some(self.query[..at].chars().count())));
        }
        Ok(())
    }
}

/// Position of a word in a statement, in characters.
pub(crate) fn place_of(query: &str, word: &str) -> Option<usize> {
    let at = query.to_ascii_lowercase().find(&word.to_ascii_lowercase())?;
    Some(query[..at].chars().count())
}
