//! Traces that are to be forgotten.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which traces are to be removed: those that are named, or all that match `filter`, `since` and `until`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeleteAsk {
    /// Their ids, 1 to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_ids: Option<Vec<String>>,
    /// Text of the filter language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Start at or after, written as in questions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Start before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Only tell how many there are.
    pub dry_run: bool,
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeleteAnswer {
    /// Traces that match and are there.
    pub matched: u64,
    /// Traces that were removed.
    pub deleted: u64,
    /// Whether nothing was to be removed.
    pub dry_run: bool,
}
