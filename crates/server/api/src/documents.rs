//! Stored documents of users: strict parsing, and errors with the path of the wrong field.

use axum::http::StatusCode;
use quipu_insight::DocumentError;
use serde::de::DeserializeOwned;

use crate::Problem;

/// An error in a document, with its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    path: String,
    what: String,
}

impl FieldError {
    pub(crate) fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into() }
    }
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.path, self.what)
    }
}

impl From<FieldError> for Problem {
    fn from(fault: FieldError) -> Self {
        Self::bad_request("Bad document", format!("{fault}."))
    }
}

/// Checks the length of a text, and that it is one line of it.
pub(crate) fn text_of(path: &str, text: &str, least: usize, most: usize) -> Result<(), FieldError> {
    let length = text.chars().count();
    if !(least..=most).contains(&length) || (least > 0 && text.trim().is_empty()) {
        return Err(FieldError::new(path, format!("found {length} characters, expected {least} to {most}")));
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n') {
        return Err(FieldError::new(path, "found a control character"));
    }
    Ok(())
}

/// A body as a document.
///
/// # Errors
/// It is no JSON, or has a field too many, too few, or of another type: the problem says which, and where.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let document = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        FieldError::new(if path == "." { "the document".to_owned() } else { path }, cause.to_string())
    })?;
    reader.end().map_err(|error| FieldError::new("the document", error.to_string()))?;
    Ok(document)
}

impl From<DocumentError> for Problem {
    fn from(error: DocumentError) -> Self {
        let detail = format!("{error}.");
        match error {
            DocumentError::Id(_) => Self::bad_request("Bad id", detail),
            DocumentError::Full { .. } => {
                Self::new(StatusCode::CONFLICT, "conflict", "Too many documents", detail)
            }
            DocumentError::Long { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Document too large", detail)
            }
            DocumentError::Io { cause, .. } => {
                // Only the log names the file.
                tracing::error!(error = %detail, "a document could not be read or written");
                let detail = format!("The server could not read or write it: {}.", cause.kind());
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The document failed", detail)
            }
        }
    }
}
