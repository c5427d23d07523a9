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

/// Who or what is to be forgotten: exactly one of the three.
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
    /// Only tell what there is.
    pub dry_run: bool,
}

/// What there was, and proof that it is gone. It does not say whose it was: whoever knows the id can see that it was theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForgetAnswer {
    /// Whether nothing was to be removed.
    pub dry_run: bool,
    /// `user`, `session` or `traces`.
    pub kind: String,
    /// SHA-256, in hexadecimal, of `salt`, a colon and the id; of several trace ids, in order with commas between.
    pub id_sha256: String,
    /// Random, for this answer.
    pub salt: String,
    /// When it was done.
    pub at: String,
    /// Traces that were found.
    pub traces: u64,
    /// Each place that was looked at, and what it had.
    pub places: Vec<ForgottenPlace>,
    /// Records that are still there: it was asked again in every place once it was done. 0 proves that none is.
    pub remaining: u64,
    /// Whether nothing remains and every place could be looked at.
    pub complete: bool,
    /// Where there may be something that cannot be reached from here, and what to do about it.
    pub beyond: Vec<String>,
}

/// A place where records are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForgottenPlace {
    /// `store`, or `spool`, `dead-letters` and `queue` of a backend.
    pub place: String,
    /// What is counted: `traces`, `events`, `series` or `records`.
    pub what: String,
    /// How many there were.
    pub found: u64,
    /// How many are still there.
    pub remaining: u64,
    /// Why it could not be looked at or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}
