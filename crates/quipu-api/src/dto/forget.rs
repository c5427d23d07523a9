//! Deletion of traces, users and sessions.

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
    /// Start at or after, written as in queries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Start before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Only tell how many there are.
    pub dry_run: bool,
}

/// Result of a deletion.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeleteAnswer {
    /// Traces that match and are there.
    pub matched: u64,
    /// Traces that were removed.
    pub deleted: u64,
    /// Whether this was a dry run.
    pub dry_run: bool,
}

/// The user, session or traces to forget: exactly one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ForgetAsk {
    /// A user, as records name them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// A session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Traces, 1 to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_ids: Option<Vec<String>>,
    /// Dry run: only counts the records.
    pub dry_run: bool,
}

/// The removed records, and proof that they are gone. The answer does not name the owner; a reader who knows
/// the id can recognise it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForgetAnswer {
    /// Whether this was a dry run.
    pub dry_run: bool,
    /// `user`, `session` or `traces`.
    pub kind: String,
    /// SHA-256, in hexadecimal, of `salt`, a colon and the id; of several trace ids, in order with commas
    /// between.
    pub id_sha256: String,
    /// Random, for this answer.
    pub salt: String,
    /// When it was done.
    pub at: String,
    /// Matched traces.
    pub traces: u64,
    /// Each searched place, with its earlier records.
    pub places: Vec<ForgottenPlace>,
    /// Remaining records, by a second search of every place after the removal. 0 proves that none is left.
    pub remaining: u64,
    /// Whether nothing remains and every place could be searched.
    pub complete: bool,
    /// Places that the server cannot reach, and the steps to clean them.
    pub beyond: Vec<String>,
}

/// A place where records are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForgottenPlace {
    /// `store`, or `spool`, `dead-letters` and `queue` of a backend.
    pub place: String,
    /// Counted unit: `traces`, `events`, `series` or `records`.
    pub what: String,
    /// How many there were.
    pub found: u64,
    /// How many are still there.
    pub remaining: u64,
    /// Error of the search or the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}
