//! Errors of alert rules, channels and the alert file.

use std::path::PathBuf;

use quipu_core::Error;

/// Error of an alert operation. No text has a secret.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// A key of a rule has an invalid value.
    #[error("[alert.{rule}] {key}: expected {expected}, got {found}")]
    Rule {
        /// Name of the rule.
        rule: String,
        /// The key.
        key: &'static str,
        /// Expected form or limit.
        expected: String,
        /// The value found.
        found: String,
    },
    /// A filter, query or statement cannot be read.
    #[error("[{table}] {key}: {text}")]
    Query {
        /// Name of the table.
        table: String,
        /// The key.
        key: &'static str,
        /// The fault, with its position.
        text: String,
    },
    /// A key of a channel has an invalid value. The text leaves the value out, because it may be a secret.
    #[error("[channel.{channel}] {key}: expected {expected}")]
    Channel {
        /// Name of the channel.
        channel: String,
        /// The key.
        key: &'static str,
        /// Expected form or limit.
        expected: String,
    },
    /// A key of `[alerts]` or of an objective has an invalid value.
    #[error("[{table}] {key}: expected {expected}, got {found}")]
    Config {
        /// Name of the table.
        table: String,
        /// The key.
        key: &'static str,
        /// Expected form or limit.
        expected: String,
        /// The value found.
        found: String,
    },
    /// Something with this name or id does not exist.
    #[error("the {what} {name:?} does not exist")]
    Missing {
        /// Kind of the thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The config file defines the rule.
    #[error("the config file defines the rule {0:?}; change it there")]
    OfFile(String),
    /// An acknowledgement link is not valid.
    #[error("this link does not acknowledge the alert: {0}")]
    Link(&'static str),
    /// A limit is reached.
    #[error("the limit of {most} {what} is reached; remove one first")]
    Full {
        /// Kind of the things.
        what: &'static str,
        /// Their limit.
        most: usize,
    },
    /// The rule cannot be tested against the past.
    #[error("[alert.{rule}] kind {kind} has no back-test: {why}")]
    NoPast {
        /// Name of the rule.
        rule: String,
        /// Its kind.
        kind: &'static str,
        /// The reason.
        why: &'static str,
    },
    /// The alert file cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// Cause of the error.
        cause: rusqlite::Error,
    },
    /// The alert file is missing or empty, although rules, states or silences were stored in it.
    #[error(
        "{0}: it is missing or empty, and alerts were stored in it: restore it, or run `quipu check store \
         --repair`"
    )]
    Lost(PathBuf),
    /// The alert file is a folder or a device.
    #[error("{0}: it is not a file: remove it and restore the file, or run `quipu check store --repair`")]
    NoFile(PathBuf),
    /// The alert file is from another program or a newer version.
    #[error(
        "{path}: expected an alert file of version {expected} or older, found {found}; use a newer quipu"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Newest known version.
        expected: i64,
        /// Version found.
        found: String,
    },
    /// Figures cannot be read, or a notice cannot be sent.
    #[error(transparent)]
    Core(#[from] Error),
}

impl AlertError {
    /// The error of a filter, query or statement in a table.
    pub(crate) fn query(table: impl Into<String>, key: &'static str, fault: impl ToString) -> Self {
        Self::Query { table: table.into(), key, text: fault.to_string() }
    }
}

impl AlertError {
    /// Whether the alert file is damaged, or not a database.
    pub fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match self {
            Self::File { cause, .. } => {
                matches!(cause.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
            }
            Self::Lost(_) | Self::NoFile(_) => true,
            _ => false,
        }
    }
}
