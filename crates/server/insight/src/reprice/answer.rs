//! Parameters and results of a re-pricing.

use compact_str::CompactString;
use quipu_core::{Timestamp, Usd};
use serde::{Deserialize, Serialize};

/// Selection of the calls to price again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Calls that start at or after.
    pub since: Option<Timestamp>,
    /// Calls that start before.
    pub until: Option<Timestamp>,
    /// Provider, as in the ledger; case does not matter.
    pub provider: Option<String>,
    /// Model: the one that answered, else the one asked for.
    pub model: Option<String>,
}

/// Changes of a re-pricing to the calls of one model, or to all together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelChange {
    /// Provider; `None` if unknown, and in the total.
    pub provider: Option<CompactString>,
    /// Model; as `provider`.
    pub model: Option<CompactString>,
    /// Counted ledger rows read.
    pub calls: u64,
    /// Rows whose figure changes.
    pub changed: u64,
    /// Rows that had no price and get one; part of `changed`.
    pub newly_priced: u64,
    /// Rows that have a price which today's books cannot give: they keep it, and are not in `changed`.
    pub kept: u64,
    /// Sum of what is stored, metered and subscription together.
    pub old: Usd,
    /// Sum after the change.
    pub new: Usd,
}

impl ModelChange {
    /// `new` less `old`.
    pub fn difference(&self) -> Usd {
        self.new - self.old
    }
}

/// Planned changes of a re-pricing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The parameters.
    pub ask: Ask,
    /// One row a model, largest difference first.
    pub models: Vec<ModelChange>,
    /// All together.
    pub total: ModelChange,
    /// Sources and versions that the changed rows were priced with, such as `genai-prices 0.2.2`.
    pub books_before: Vec<CompactString>,
    /// Those that they would be priced with.
    pub books_after: Vec<CompactString>,
}

/// A re-pricing that was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Its name in the journal's folder, for an undo; `None` when there was nothing to change.
    pub id: Option<String>,
    /// Rows written.
    pub rows: u64,
    /// Rows that changed since the journal was written: skipped.
    pub skipped: u64,
}

/// A re-pricing that was taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    /// Rows that have their old figure again.
    pub rows: u64,
    /// Rows that changed since: skipped.
    pub changed_since: u64,
    /// Rows that are stored no more.
    pub gone: u64,
}

/// State of a re-pricing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepriceState {
    /// The journal is whole, but not every row is known to be written: it can be finished or undone.
    Unfinished,
    /// Written.
    Applied,
    /// Taken back.
    Undone,
}

impl RepriceState {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Applied => "applied",
            Self::Undone => "undone",
        }
    }
}

/// A re-pricing in the journal's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Its name.
    pub id: String,
    /// When it was begun.
    pub at: Timestamp,
    /// Its plan.
    pub plan: Plan,
    /// Progress of the re-pricing.
    pub state: RepriceState,
}
