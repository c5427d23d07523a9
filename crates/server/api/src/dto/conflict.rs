//! Rejected versions of ended spans.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::object;

/// A different version of a span, received after the span had ended. It changes no figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SpanConflict {
    /// Time of its arrival, in whole seconds.
    pub arrived_at: String,
    /// Whether the span's own sender sent it, after the time for corrections. Otherwise another sender did.
    pub same_sender: bool,
    /// Name as sent.
    pub name: String,
    /// Start time.
    pub started_at: String,
    /// End time; null for a version without one.
    pub ended_at: Option<String>,
    /// Service of the version.
    pub service: Option<String>,
    /// All attributes as sent; null in lists, and for a version that is too large to store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub attributes: Option<Map<String, Json>>,
}

impl From<&quipu_core::SpanConflict> for SpanConflict {
    fn from(conflict: &quipu_core::SpanConflict) -> Self {
        let span = &conflict.span;
        Self {
            arrived_at: conflict.at.to_string(),
            same_sender: conflict.same_sender,
            name: span.name.to_string(),
            started_at: span.start.to_string(),
            ended_at: span.end.map(|end| end.to_string()),
            service: span.resource.service().map(str::to_owned),
            attributes: (!conflict.is_cut).then(|| object(&span.attributes)),
        }
    }
}
