//! Excerpts with the words of a search, as lists show them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The text around the first searched word of a trace, session or span.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Excerpt {
    /// The trace with the word; for a session, one of its traces.
    pub trace_id: String,
    /// The span with the word.
    pub span_id: String,
    /// The session, if the request named it.
    pub session_id: Option<String>,
    /// At most 200 characters of one line, with `…` for omitted text.
    pub text: String,
}

/// Excerpts of the requested traces, sessions and spans.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExcerptsAnswer {
    /// One entry for each subject whose texts contain a word, in the order traces, sessions, spans.
    pub excerpts: Vec<Excerpt>,
}
