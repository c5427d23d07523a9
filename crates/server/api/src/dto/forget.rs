//! Deletion of traces, users and sessions.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Selection of traces to remove: the named ones, or all that match `filter`, `since` and `until`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeleteAsk {
    /// Trace ids, 1 to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_ids: Option<Vec<String>>,
    /// Filter of the filter language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Start at or after; same format as in queries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Start before; same format as in queries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Dry run: only counts the traces.
    pub dry_run: bool,
}

/// Result of a deletion.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeleteAnswer {
    /// Number of stored traces that match.
    pub matched: u64,
    /// Number of removed traces.
    pub deleted: u64,
    /// Whether this was a dry run.
    pub dry_run: bool,
}

/// The user, session or traces to forget: exactly one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ForgetAsk {
    /// User id, as in the records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Session id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Trace ids, 1 to 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_ids: Option<Vec<String>>,
    /// Dry run: only counts the records.
    pub dry_run: bool,
}

/// Number of removed records, and proof of their removal. The answer does not name the owner; a reader who
/// knows the id can recognise it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForgetAnswer {
    /// Whether this was a dry run.
    pub dry_run: bool,
    /// `user`, `session` or `traces`.
    pub kind: String,
    /// SHA-256, in hexadecimal, of `salt`, a colon and the id. For several trace ids, they are in order and
    /// separated by commas.
    pub id_sha256: String,
    /// Random salt of this answer.
    pub salt: String,
    /// Time of the removal.
    pub at: String,
    /// Number of matched traces.
    pub traces: u64,
    /// All searched places, with the number of records found.
    pub places: Vec<ForgottenPlace>,
    /// Number of remaining records, by a second search of every place after the removal. 0 proves that none
    /// remains.
    pub remaining: u64,
    /// Whether no record remains and every place could be searched.
    pub complete: bool,
    /// Places that the server cannot reach, and how to clean them.
    pub beyond: Vec<String>,
}

/// A place with records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForgottenPlace {
    /// `store`, or `spool`, `dead-letters` and `queue` of a backend.
    pub place: String,
    /// Counted unit: `traces`, `events`, `series` or `records`.
    pub what: String,
    /// Number of records before the removal.
    pub found: u64,
    /// Number of remaining records.
    pub remaining: u64,
    /// Error of the search or the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}
