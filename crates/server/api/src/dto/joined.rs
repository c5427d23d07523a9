//! Other records of a call.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Another record of the same call or tool run, with the evidence for the match.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JoinedSpan {
    /// Its trace, 32 hexadecimal digits.
    pub trace_id: String,
    /// Its span, 16 hexadecimal digits.
    pub span_id: String,
    /// Confidence of the match, from 0 to 1.
    pub score: f64,
    /// Evidence for the match in words, the strongest first.
    pub why: Vec<String>,
}

impl From<&quipu_ledger::Joined> for JoinedSpan {
    fn from(joined: &quipu_ledger::Joined) -> Self {
        Self {
            trace_id: joined.trace_id.to_string(),
            span_id: joined.span_id.to_string(),
            score: joined.score,
            why: joined.why.iter().map(|why| (*why).to_owned()).collect(),
        }
    }
}
