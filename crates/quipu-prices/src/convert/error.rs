//! What is wrong with a list, and where.

use std::fmt;

/// A list, or an entry of it, that is not understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConvertError {
    /// The file.
    pub file: String,
    /// The entry: a model, behind its provider; empty when the file as a whole is wrong.
    pub entry: String,
    /// The key within the entry.
    pub key: String,
    /// What is wrong.
    pub why: String,
}

impl std::error::Error for ConvertError {}

impl fmt::Display for ConvertError {
    /// `file: entry: key: reason`, without the parts that are not known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.file, &self.entry, &self.key] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.why)
    }
}

impl ConvertError {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), ..Self::default() }
    }

    pub(super) fn in_file(mut self, file: &str) -> Self {
        self.file = file.to_owned();
        self
    }
}

/// Adds where it happened, unless that is known more closely.
pub(super) trait Place<T> {
    fn entry(self, entry: &str) -> Result<T, ConvertError>;
    fn key(self, key: &str) -> Result<T, ConvertError>;
}

impl<T, E: fmt::Display> Place<T> for Result<T, E>
where
    ConvertError: From<Wrong<E>>,
{
    fn entry(self, entry: &str) -> Result<T, ConvertError> {
        self.map_err(|error| {
            let mut error = ConvertError::from(Wrong(error));
            if error.entry.is_empty() {
                entry.clone_into(&mut error.entry);
            }
            error
        })
    }

    fn key(self, key: &str) -> Result<T, ConvertError> {
        self.map_err(|error| {
            let mut error = ConvertError::from(Wrong(error));
            if error.key.is_empty() {
                key.clone_into(&mut error.key);
            }
            error
        })
    }
}

/// An error before its place is known.
pub(super) struct Wrong<E>(E);

impl From<Wrong<Self>> for ConvertError {
    fn from(error: Wrong<Self>) -> Self {
        error.0
    }
}

impl From<Wrong<crate::decimal::NumberError>> for ConvertError {
    fn from(error: Wrong<crate::decimal::NumberError>) -> Self {
        Self::new(error.0.to_string())
    }
}

impl From<Wrong<serde_json::Error>> for ConvertError {
    fn from(error: Wrong<serde_json::Error>) -> Self {
        Self::new(error.0.to_string())
    }
}
