//! Effect of other prices on one ledger row.

use quipu_core::{Cost, PriceBook, PriceRef, Unpriced, Usd};
use quipu_pipeline::price_row;
use serde::{Deserialize, Serialize};

/// Money fields of a ledger row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Figure {
    amount: Option<Usd>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unpriced: Option<Unpriced>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceRef>,
}

impl Figure {
    /// That of a row.
    pub(super) fn of(row: &Cost) -> Self {
        Self { amount: row.amount, unpriced: row.unpriced, price: row.price.clone() }
    }

    /// Puts it on a row; everything else stays.
    pub(super) fn put_on(&self, row: &mut Cost) {
        row.amount = self.amount;
        row.unpriced = self.unpriced;
        row.price.clone_from(&self.price);
    }
}

/// Result of pricing a row again.
pub(super) enum Verdict {
    /// The same figure, or nothing to price. A row keeps the rule that it was priced by: a newer version of a
    /// book that gives the same sum is no change.
    Same,
    /// A stored price that the books no longer have: the old price is kept.
    Kept,
    /// Another figure, with its sum.
    Changed(Figure, Usd),
}

impl Verdict {
    /// Prices a counted row exactly as the pipeline does.
    pub(super) fn of(book: &dyn PriceBook, row: &Cost) -> Self {
        match price_row(book, row) {
            Some(Ok(answer)) if row.amount != Some(answer.total) => Self::Changed(
                Figure { amount: Some(answer.total), unpriced: None, price: Some(answer.rule) },
                answer.total,
            ),
            Some(Err(_)) if row.amount.is_some() => Self::Kept,
            _ => Self::Same,
        }
    }
}
