//! Dry run of a re-pricing: nothing is written.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use compact_str::{CompactString, format_compact};
use quipu_core::{Cost, PriceBook, PriceRef, Result, Store, TraceFilter};

use super::verdict::Verdict;
use super::{Ask, ModelChange, Plan};
use crate::rows::Rows;

impl Ask {
    /// The store's part of the query; [`Self::takes`] checks the provider.
    pub(super) fn filter(&self) -> TraceFilter {
        TraceFilter {
            since: self.since,
            until: self.until,
            model: self.model.clone(),
            ..TraceFilter::default()
        }
    }

    /// Whether a row is selected.
    pub(super) fn takes(&self, row: &Cost) -> bool {
        let own = row.provider.as_deref().unwrap_or_default();
        self.provider.as_deref().is_none_or(|asked| asked.eq_ignore_ascii_case(own))
    }
}

/// The changes of a re-pricing, by model and in all. Reads every matching row, a page at a time.
///
/// # Errors
/// The store cannot be read.
pub async fn plan(store: &dyn Store, book: &dyn PriceBook, ask: &Ask) -> Result<Plan> {
    let mut sums = Sums::default();
    let mut rows = Rows::of(store, ask.filter());
    while let Some(page) = rows.next().await? {
        for row in page.iter().map(|row| &row.cost).filter(|row| ask.takes(row)) {
            sums.add(row, &Verdict::of(book, row));
        }
    }
    Ok(sums.into_plan(ask))
}

#[derive(Default)]
struct Sums {
    models: BTreeMap<(Option<CompactString>, Option<CompactString>), ModelChange>,
    before: BTreeSet<CompactString>,
    after: BTreeSet<CompactString>,
}

impl Sums {
    fn add(&mut self, row: &Cost, verdict: &Verdict) {
        let (provider, model) = (row.provider.clone(), row.model().cloned());
        let sum = self.models.entry((provider, model)).or_default();
        let old = row.amount.unwrap_or_default();
        sum.calls += 1;
        sum.old += old;
        match verdict {
            Verdict::Same => sum.new += old,
            Verdict::Kept => {
                sum.kept += 1;
                sum.new += old;
            }
            Verdict::Changed(figure, new) => {
                sum.changed += 1;
                sum.newly_priced += u64::from(row.amount.is_none());
                sum.new += *new;
                self.before.extend(row.price.as_ref().map(book_name));
                self.after.extend(figure.price.as_ref().map(book_name));
            }
        }
    }

    fn into_plan(self, ask: &Ask) -> Plan {
        let mut total = ModelChange::default();
        let model = |((provider, model), sum)| ModelChange { provider, model, ..sum };
        let mut models: Vec<ModelChange> = self.models.into_iter().map(model).collect();
        for sum in &models {
            total.calls += sum.calls;
            total.changed += sum.changed;
            total.newly_priced += sum.newly_priced;
            total.kept += sum.kept;
            total.old += sum.old;
            total.new += sum.new;
        }
        models.sort_by_key(|sum| (Reverse(sum.difference().raw().unsigned_abs()), Reverse(sum.changed)));
        let (books_before, books_after) =
            (self.before.into_iter().collect(), self.after.into_iter().collect());
        Plan { ask: ask.clone(), models, total, books_before, books_after }
    }
}

fn book_name(rule: &PriceRef) -> CompactString {
    format_compact!("{} {}", rule.source, rule.version)
}
