//! Sources that no adapter reads.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::value::object;

/// Unread sources whose spans look like model calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnreadAnswer {
    /// Sources, latest first.
    pub sources: Vec<UnreadSource>,
}

/// An unread source whose spans look like model calls. No adapter knows it, and its attributes are ambiguous.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct UnreadSource {
    /// Name of the instrumentation scope.
    pub scope: String,
    /// Version of the scope; empty without one.
    pub version: String,
    /// Service of the latest span.
    pub service: Option<String>,
    /// Number of spans that look like calls.
    pub spans: u64,
    /// Reason why the latest of them does not count.
    pub why: String,
    /// Start of the first span.
    pub first_seen: String,
    /// Start of the latest span.
    pub last_seen: String,
    /// The latest stored span; null when it is no longer stored.
    pub sample: Option<SampleSpan>,
}

/// A span of an unread source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SampleSpan {
    /// Its trace.
    pub trace_id: String,
    /// Its id.
    pub span_id: String,
    /// Its name.
    pub name: String,
    /// Its attributes, redacted as in the store.
    #[schema(value_type = Object)]
    pub attributes: Map<String, Json>,
}

impl From<&quipu_core::Span> for SampleSpan {
    fn from(span: &quipu_core::Span) -> Self {
        Self {
            trace_id: span.trace_id.to_string(),
            span_id: span.span_id.to_string(),
            name: span.name.to_string(),
            attributes: object(&span.attributes),
        }
    }
}
