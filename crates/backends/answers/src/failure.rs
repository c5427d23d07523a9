//! Error texts of spans.

use quipu_core::Status;

use crate::Entry;

/// Bytes of a tool's last error.
const ERROR_BYTES: usize = 300;

/// Limit of characters of an error text.
const ERROR_CHARS: usize = 200;

/// Status message, else error kind; at most 300 bytes, cut between characters.
pub(crate) fn error_of(entry: &Entry) -> Option<String> {
    let message = Some(entry.span.status_message.as_str()).filter(|message| !message.is_empty());
    let text = message.or(entry.span.canonical.error_type.as_deref())?;
    Some(text[..text.floor_char_boundary(ERROR_BYTES)].to_owned())
}

/// An error's text as groups by error name it.
pub(crate) fn short(text: String) -> String {
    text.chars().take(ERROR_CHARS).collect()
}

/// The error of a failed span, as groups by error name it.
pub(crate) fn failure_of(entry: &Entry) -> Option<String> {
    error_of(entry).filter(|_| entry.span.status == Status::Error).map(short)
}
