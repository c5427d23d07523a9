//! The question and the answer of a trace, as lists show them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Question and answer of one trace or session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Exchange {
    /// The trace; for a session, its first trace.
    pub trace_id: String,
    /// The session, if the request named it.
    pub session_id: Option<String>,
    /// Beginning of the user's message; null if no span has one.
    pub asked: Option<String>,
    /// Beginning of the last answer of a model; null if no span has one.
    pub answered: Option<String>,
}

/// Questions and answers of the requested traces and sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExchangesAnswer {
    /// One entry for each known trace and session, in the order of the request.
    pub exchanges: Vec<Exchange>,
}
