//! Re-pricing of stored calls.

use quipu_core::Usd;
use quipu_insight::reprice::{ModelChange, Past, Plan, Undone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{name, names};

/// Selection of stored calls to price again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RepriceAsk {
    /// Start of the call at or after: RFC 3339, or an age such as `-7d`. Default: all stored calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Start of the call before; same format as `since`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Only calls of this provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Only calls of this model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Dry run: nothing is written.
    pub dry_run: bool,
}

/// Changes of a re-pricing, planned or applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepriceAnswer {
    /// Id for its undo; null if nothing was written.
    pub id: Option<String>,
    /// Whether this was a dry run.
    pub dry_run: bool,
    /// Differences by model, largest first.
    pub models: Vec<RepricedModel>,
    /// Totals over all models.
    pub total: RepricedSum,
    /// Price sources and versions before.
    pub books_before: Vec<String>,
    /// Price sources and versions after.
    pub books_after: Vec<String>,
    /// Number of calls written.
    pub written: u64,
    /// Number of calls that changed during the computation, and were skipped.
    pub skipped: u64,
}

/// The difference for one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepricedModel {
    /// Provider; null if the calls have none.
    pub provider: Option<String>,
    /// Model; null if the calls have none.
    pub model: Option<String>,
    /// Sums.
    #[serde(flatten)]
    pub sum: RepricedSum,
}

/// A difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepricedSum {
    /// Number of calls read.
    pub calls: u64,
    /// Number of calls with a changed cost.
    pub changed: u64,
    /// Cost before, metered and subscription together. Calls without a price add nothing.
    #[schema(value_type = String)]
    pub old_usd: Usd,
    /// Cost after.
    #[schema(value_type = String)]
    pub new_usd: Usd,
    /// `new_usd` minus `old_usd`.
    #[schema(value_type = String)]
    pub difference_usd: Usd,
    /// Calls without a price before and with one after; part of `changed`.
    pub newly_priced: u64,
    /// Calls without a price in the current books. They keep their old price.
    pub kept: u64,
}

/// Past re-pricings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RepricesAnswer {
    /// Newest first.
    pub reprices: Vec<Reprice>,
}

/// A past re-pricing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reprice {
    /// Id.
    pub id: String,
    /// Time of the re-pricing.
    pub at: String,
    /// `applied`, `undone`, or `unfinished` if it was interrupted; it can be undone.
    pub state: String,
    /// Parameters of the re-pricing.
    pub asked: RepriceAsk,
    /// Differences by model, largest first.
    pub models: Vec<RepricedModel>,
    /// Totals over all models.
    pub total: RepricedSum,
    /// Price sources and versions before.
    pub books_before: Vec<String>,
    /// Price sources and versions after.
    pub books_after: Vec<String>,
}

/// Result of an undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UndoAnswer {
    /// Id.
    pub id: String,
    /// Number of calls with their earlier cost restored.
    pub restored: u64,
    /// Number of calls that changed since, and were skipped.
    pub changed_since: u64,
    /// Number of calls that are no longer stored.
    pub gone: u64,
}

impl From<&ModelChange> for RepricedSum {
    fn from(from: &ModelChange) -> Self {
        Self {
            calls: from.calls,
            changed: from.changed,
            old_usd: from.old,
            new_usd: from.new,
            difference_usd: from.difference(),
            newly_priced: from.newly_priced,
            kept: from.kept,
        }
    }
}

impl From<&ModelChange> for RepricedModel {
    fn from(from: &ModelChange) -> Self {
        Self { provider: name(from.provider.as_ref()), model: name(from.model.as_ref()), sum: from.into() }
    }
}

fn models(plan: &Plan) -> Vec<RepricedModel> {
    plan.models.iter().map(RepricedModel::from).collect()
}

impl RepriceAnswer {
    /// Describes a plan, before or without writing it.
    pub(crate) fn planned(plan: &Plan) -> Self {
        Self {
            id: None,
            dry_run: true,
            models: models(plan),
            total: (&plan.total).into(),
            books_before: names(&plan.books_before),
            books_after: names(&plan.books_after),
            written: 0,
            skipped: 0,
        }
    }
}

impl From<&Past> for Reprice {
    fn from(from: &Past) -> Self {
        let plan = &from.plan;
        let asked = RepriceAsk {
            since: plan.ask.since.map(|time| time.to_string()),
            until: plan.ask.until.map(|time| time.to_string()),
            provider: plan.ask.provider.clone(),
            model: plan.ask.model.clone(),
            dry_run: false,
        };
        Self {
            id: from.id.clone(),
            at: from.at.to_string(),
            state: from.state.as_str().to_owned(),
            asked,
            models: models(plan),
            total: (&plan.total).into(),
            books_before: names(&plan.books_before),
            books_after: names(&plan.books_after),
        }
    }
}

impl UndoAnswer {
    /// Describes the undo of `id`.
    pub(crate) fn new(id: String, undone: Undone) -> Self {
        let Undone { rows, changed_since, gone } = undone;
        Self { id, restored: rows, changed_since, gone }
    }
}
