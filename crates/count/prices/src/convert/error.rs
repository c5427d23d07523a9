//! Errors of a conversion, with their location.

use std::fmt;

/// A list or an entry that cannot be converted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConvertError {
    /// The file.
    pub file: String,
    /// The entry: a provider and a model; empty if the error concerns the whole file.
    pub entry: String,
    /// The key within the entry.
    pub key: String,
    /// The reason.
    pub why: String,
}

impl std::error::Error for ConvertError {}

impl fmt::Display for ConvertError {
    /// `file: entry: key: reason`, without unknown fields.
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

/// Adds the location of an error, unless it has a more precise one.
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

/// An error without a location.
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
