//! Comparison of two sources: different prices for the same model.

use quipu_core::{Timestamp, Usd};

use crate::edition::Edition;
use crate::edition::day_of;
use crate::listed::Listed;
use crate::lists::Lists;
use crate::schema::{Body, Price, Provider, Rule};
use crate::{Books, ListedRule};

/// Two prices for the same unit of the same model. The first price is the one charged.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    /// Id of the provider in the second source.
    pub provider: String,
    /// The model as the second source names it.
    pub model: String,
    /// The unit, such as `input_tokens`, or `input_tokens above 200000` for large requests.
    pub unit: String,
    /// Price of the first source for [`crate::Unit::per`] units.
    pub first: Usd,
    /// Price of the second.
    pub second: Usd,
    /// Difference in percent of the first price; 100 if the first is free.
    pub percent: f64,
    /// Id of the rule in the first source.
    pub first_id: String,
    /// Id of the rule in the second source.
    pub second_id: String,
}

impl Books {
    /// Prices of the second source that differ from the first by more than `bound_percent` of the first
    /// price. Compares the prices at `at` without context. Sorted by provider and model.
    pub fn disagreements(&self, bound_percent: f64, at: Timestamp) -> Vec<Disagreement> {
        let state = self.state();
        let [first, second, ..] = state.families() else { return Vec::new() };
        let Some(newest) = second.newest() else { return Vec::new() };
        let lists = Lists { families: std::slice::from_ref(first), day: day_of(at) };
        let mut all = Vec::new();
        for provider in &newest.rules().providers {
            for rule in &provider.rules {
                all.extend(pair(&lists, newest, provider, rule, at));
            }
        }
        all.retain(|one| one.percent > bound_percent);
        all.sort_by(|one, other| {
            (&one.provider, &one.model, &one.unit).cmp(&(&other.provider, &other.model, &other.unit))
        });
        all.dedup_by(|one, other| {
            (&one.provider, &one.model, &one.unit) == (&other.provider, &other.model, &other.unit)
        });
        all
    }
}

/// The differences between the first source and this rule of the second.
fn pair(
    lists: &Lists<'_>,
    second: &Edition,
    provider: &Provider<'static>,
    rule: &Rule<'static>,
    at: Timestamp,
) -> Vec<Disagreement> {
    let row: Option<ListedRule> = second.listed(provider, rule, at);
    let Some(row) = row else { return Vec::new() };
    let model = row.model().to_owned();
    let Some(known) = lists.find(Some(provider.id), &model.to_lowercase()).filter(Listed::is_exact) else {
        return Vec::new();
    };
    let Ok(body) = postcard::from_bytes::<Body<'_>>(rule.body) else { return Vec::new() };
    let (Some(ours), Some(theirs)) = (known.body().dated(at), body.dated(at)) else { return Vec::new() };
    let mut all = Vec::new();
    for one in &ours.prices {
        let Some(other) = theirs.prices.iter().find(|other| other.unit == one.unit) else { continue };
        for (label, first, second) in unequal(one, other) {
            all.push(Disagreement {
                provider: provider.id.to_owned(),
                model: model.clone(),
                unit: label,
                first,
                second,
                percent: percent(first, second),
                first_id: known.id.to_owned(),
                second_id: rule.id.to_owned(),
            });
        }
    }
    all
}

/// The different prices: for small requests, then above each bound at which the pair of prices changes.
fn unequal(one: &Price, other: &Price) -> Vec<(String, Usd, Usd)> {
    let mut bounds: Vec<u64> = one.tiers.iter().chain(&other.tiers).map(|(above, _)| *above).collect();
    bounds.sort_unstable();
    bounds.dedup();
    // Bounds of 199,999 and 200,000 count as one bound.
    let near = |bound: u64| bounds.iter().any(|next| *next > bound && *next - bound <= bound / 100);
    let bounds: Vec<u64> = bounds.iter().copied().filter(|bound| !near(*bound)).collect();
    let mut all = vec![(one.unit.name().to_owned(), one.at(0), other.at(0))];
    for bound in bounds {
        let pair = (one.at(bound + 1), other.at(bound + 1));
        if all.iter().all(|(_, first, second)| (*first, *second) != pair) {
            all.push((format!("{} above {bound}", one.unit.name()), pair.0, pair.1));
        }
    }
    all.retain(|(_, first, second)| first != second);
    all
}

impl Price {
    /// The price for a request with this number of input tokens.
    pub(crate) fn at(&self, input: u64) -> Usd {
        let tier = self.tiers.iter().rfind(|(above, _)| input > *above);
        tier.map_or(self.price, |(_, price)| *price).usd()
    }
}

/// Computed in hundredths, so only the last step uses a float.
fn percent(first: Usd, second: Usd) -> f64 {
    if first == Usd::ZERO {
        return 100.0;
    }
    let hundredths = first.raw().abs_diff(second.raw()) / (first.raw().unsigned_abs() / 10_000).max(1);
    hundredths as f64 / 100.0
}
