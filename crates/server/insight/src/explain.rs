//! Explanation of one stored cost, line by line, by the prices that it was computed with.

use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{Cost, PriceAnswer, PriceBook, Result, SpanId, Store, TraceId, Unpriced};
use quipu_pipeline::{explain_row, price_context, price_row};

/// Explanation of a ledger row's cost.
#[derive(Debug, Clone, PartialEq)]
pub struct CostExplained {
    /// The ledger row: figures, rule of the count, billing, reported and computed cost ([`Cost::deviates`]).
    pub row: Cost,
    /// Context of the price other than time and size, as passed to the book: `processing`, `service_tier`,
    /// `speed`.
    pub context: BTreeMap<CompactString, CompactString>,
    /// Every line of the price. `None` where nothing is priced: a row that does not count, a failed call
    /// without usage.
    pub price: Option<Result<PriceAnswer, Unpriced>>,
    /// Whether `price` is the recorded one: the same rule in the same version, with the same sum. For a row
    /// without a price: the same reason.
    pub as_recorded: bool,
    /// Note for the reader, in words: why there are no lines, or why they differ from the original ones.
    pub note: Option<String>,
}

/// Explains the ledger row of a span; `None` when the span is unknown or has no row.
///
/// # Errors
/// The store cannot be read.
pub async fn cost(
    store: &dyn Store,
    book: &dyn PriceBook,
    trace_id: TraceId,
    span_id: SpanId,
) -> Result<Option<CostExplained>> {
    let row = store.span(trace_id, span_id).await?.and_then(|span| span.cost);
    Ok(row.map(|row| explained(book, row)))
}

/// Explains a ledger row.
pub fn explained(book: &dyn PriceBook, row: Cost) -> CostExplained {
    let (price, as_recorded, note) = match (&row.price, row.amount) {
        _ if !row.counts() => (None, true, Some(not_counted(&row))),
        (Some(_), Some(_)) => recorded(book, &row),
        _ => unpriced(book, &row),
    };
    CostExplained { context: price_context(row.service_tier.as_deref()), price, as_recorded, note, row }
}

type Explanation = (Option<Result<PriceAnswer, Unpriced>>, bool, Option<String>);

fn not_counted(row: &Cost) -> String {
    format!("This span adds nothing to any total: {}.", row.rule.as_str())
}

/// Under the version that the row names; where that is gone, under today's books.
fn recorded(book: &dyn PriceBook, row: &Cost) -> Explanation {
    let amount = row.amount.unwrap_or_default();
    let Some(rule) = &row.price else { return (None, false, None) };
    let named = format!("{} of {} {}", rule.id, rule.source, rule.version);
    match explain_row(book, row) {
        Some(Ok(answer)) if answer.total == amount => (Some(Ok(answer)), true, None),
        Some(Ok(answer)) => {
            let note = format!(
                "The recorded cost is {amount} USD by the rule {named}; that rule now gives {} USD for the usage stored.",
                answer.total
            );
            (Some(Ok(answer)), false, Some(note))
        }
        Some(Err(_)) | None => {
            let today = price_row(book, row);
            let what = if matches!(today, Some(Ok(_))) {
                "today's prices are shown"
            } else {
                "no book has a price for it today"
            };
            let note = format!(
                "The recorded cost of {amount} USD was computed by the rule {named}, which is no longer in \
                 any book here: {what}."
            );
            (today, false, Some(note))
        }
    }
}

/// A row without a price: why, and whether today's books have one.
fn unpriced(book: &dyn PriceBook, row: &Cost) -> Explanation {
    match (row.unpriced, price_row(book, row)) {
        (None, None) => {
            (None, true, Some("A failed call without reported usage was not charged.".to_owned()))
        }
        (Some(why), Some(Err(today))) => (Some(Err(today)), why == today, Some(in_words(today).to_owned())),
        (_, Some(Ok(answer))) => {
            let note = "It had no price when it was recorded; today's books have one, and a re-pricing \
                would apply it.";
            (Some(Ok(answer)), false, Some(note.to_owned()))
        }
        (_, today) => (today, false, None),
    }
}

/// A reason in words for the user.
pub const fn in_words(why: Unpriced) -> &'static str {
    match why {
        Unpriced::UnknownModel => "No price book knows this model under this provider.",
        Unpriced::NoModel => "The source named no model.",
        Unpriced::NoUsage => "The source reported no usage.",
        Unpriced::NoUnitPrice => "The model is known, but a used unit has no price.",
        Unpriced::NotValidThen => "The model is known, but no price was valid at that time.",
    }
}
