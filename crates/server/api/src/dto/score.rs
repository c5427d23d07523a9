//! Scores: results of evaluations, and notes of people, about a trace, span or session.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Result of an evaluation: a number or a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ScoreValue {
    /// A number, such as 0.8.
    Number(f64),
    /// A label, such as `relevant`.
    Label(String),
}

/// A score about a trace, a span or a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Score {
    /// Id. A score with the same id replaces this one.
    pub id: String,
    /// Name of what is judged, such as `correctness`.
    pub name: String,
    /// Result; null for a note.
    pub value: Option<ScoreValue>,
    /// Trace.
    pub trace_id: Option<String>,
    /// Span.
    pub span_id: Option<String>,
    /// Session.
    pub session_id: Option<String>,
    /// Explanation or note.
    pub comment: Option<String>,
    /// Origin, such as `human` or the name of an evaluator.
    pub source: Option<String>,
    /// User who sent it; null without access control, and for scores from telemetry.
    pub by: Option<String>,
    /// Time of its latest version.
    pub at: String,
}

/// One score to store.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreAsk {
    /// Id: 1 to 128 characters.
    pub id: String,
    /// Name of what is judged: 1 to 100 characters.
    pub name: String,
    /// Result. A score without `value` and `comment` withdraws the score with the same id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<ScoreValue>,
    /// Trace: 32 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Span of that trace: 16 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// Session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Explanation or note: at most 4,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Origin; default: `human`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Scores to store.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScoresAsk {
    /// 1 to 100 scores, each about a trace, a span or a session.
    pub scores: Vec<ScoreAsk>,
}

/// Scores, latest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoresAnswer {
    /// The scores.
    pub scores: Vec<Score>,
}
