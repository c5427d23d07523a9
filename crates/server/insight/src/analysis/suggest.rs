//! Cheaper models of the same family for the same usage.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use compact_str::CompactString;
use foldhash::HashMap;
use quipu_core::{Cost, Kind, PriceBook, PriceRequest, Timestamp, Usage, Usd};
use quipu_pipeline::price_context;

use super::Suggestion;
use super::family::ModelName;
use crate::catalog::{Catalog, Offer};

/// Least calls for a suggestion.
const LEAST_CALLS: u64 = 20;
/// Limit of a cheaper model's cost, in percent.
const AT_MOST_PERCENT: u64 = 90;
/// Most models and tiers that are compared. A sender chooses their names; further ones get no suggestion.
const MOST_KEYS: usize = 1_000;
/// Sizes of input at which prices change in the known books: calls are averaged within them, never across.
const BOUNDS: [u64; 8] = [32_000, 100_000, 128_000, 200_000, 256_000, 272_000, 512_000, 1_000_000];

/// Assumption behind [`Suggestion`].
const ASSUMPTION: &str = "The cheaper model is of the same provider and family and no older by its version \
    number. Both have today's prices, without any context but the tier, for calls of the mean size. It is \
    assumed to need as many tokens and calls. The quality of its answers is not compared.";

/// Provider, model, tier.
type Key = (CompactString, CompactString, Option<CompactString>);

/// Sums of the usage of calls of like size.
#[derive(Debug, Clone, Default)]
struct Mix {
    calls: u64,
    sum: Usage,
}

/// Usage of each model.
#[derive(Default)]
pub(super) struct Mixes(HashMap<Key, BTreeMap<usize, Mix>>);

impl Mixes {
    /// Adds a priced call of a language model.
    pub(super) fn add(&mut self, cost: &Cost) {
        let (Some(provider), Some(model), Some(usage)) = (&cost.provider, cost.model(), &cost.usage) else {
            return;
        };
        if !cost.is_call() || cost.kind != Kind::Llm || cost.amount.is_none() {
            return;
        }
        let size = BOUNDS.partition_point(|bound| *bound < usage.input.unwrap_or(0));
        let key = (provider.clone(), model.clone(), cost.service_tier.clone());
        if self.0.len() >= MOST_KEYS && !self.0.contains_key(&key) {
            return;
        }
        let mix = self.0.entry(key).or_default().entry(size).or_default();
        mix.calls += 1;
        add(&mut mix.sum, usage);
    }

    /// The nearest cheaper model and the cheapest, for each model that was called often enough; largest
    /// saving first.
    pub(super) fn suggestions(&self, books: &dyn Catalog, at: Timestamp) -> Vec<Suggestion> {
        let mut by_model: BTreeMap<(&CompactString, &CompactString), Used<'_>> = BTreeMap::new();
        for ((provider, model, tier), sizes) in &self.0 {
            let used = by_model.entry((provider, model)).or_insert_with(|| Used {
                provider,
                model,
                at,
                mixes: Vec::new(),
            });
            used.mixes.extend(sizes.values().map(|mix| (tier.as_deref(), mix)));
        }
        by_model.retain(|_, used| used.calls() >= LEAST_CALLS);
        let offers = if by_model.is_empty() { Vec::new() } else { books.offers(at) };
        let mut suggestions: Vec<Suggestion> =
            by_model.values().flat_map(|used| used.cheaper(books, &offers)).collect();
        suggestions.sort_by_key(|suggestion| Reverse(suggestion.saves));
        suggestions
    }
}

/// One model's use.
struct Used<'a> {
    provider: &'a CompactString,
    model: &'a CompactString,
    /// By tier and size.
    mixes: Vec<(Option<&'a str>, &'a Mix)>,
    at: Timestamp,
}

impl Used<'_> {
    fn calls(&self) -> u64 {
        self.mixes.iter().map(|(_, mix)| mix.calls).sum()
    }

    fn cheaper(&self, books: &dyn Catalog, offers: &[Offer]) -> Vec<Suggestion> {
        let own = books.provider_id(self.provider);
        let Some((name, cost)) = ModelName::of(self.model).zip(self.cost(books, self.provider, self.model))
        else {
            return Vec::new();
        };
        let fits = |offer: &&Offer| {
            offer.provider == own && ModelName::of(&offer.model).is_some_and(|other| other.follows(&name))
        };
        let mut fitting: Vec<(Usd, &Offer)> = offers
            .iter()
            .filter(fits)
            .filter_map(|offer| Some((self.cost(books, &offer.provider, &offer.model)?, offer)))
            .filter(|(would, _)| *would > Usd::ZERO && would.times(100) <= cost.times(AT_MOST_PERCENT))
            .collect();
        // Among names at one price the shorter one wins: the other is mostly the same name with a date.
        fitting.sort_by_key(|(would, offer)| (*would, offer.model.len(), offer.model.clone()));
        fitting.dedup_by_key(|(would, _)| *would);
        let ends = fitting.last().into_iter().chain(fitting.first().filter(|_| fitting.len() > 1));
        ends.map(|(would, offer)| self.suggestion(cost, *would, offer)).collect()
    }

    fn suggestion(&self, cost: Usd, would_cost: Usd, offer: &Offer) -> Suggestion {
        Suggestion {
            provider: self.provider.clone(),
            model: self.model.clone(),
            to_provider: offer.provider.clone(),
            to_model: offer.model.clone(),
            calls: self.calls(),
            cost,
            would_cost,
            saves: cost - would_cost,
            assumption: ASSUMPTION,
        }
    }

    /// Cost of all the usage under a model; `None` if any of it has no price.
    fn cost(&self, book: &dyn PriceBook, provider: &str, model: &str) -> Option<Usd> {
        let price = |(tier, mix): &(Option<&str>, &Mix)| {
            let usage = mean(mix);
            let request = PriceRequest {
                provider: Some(provider),
                context: price_context(*tier),
                ..PriceRequest::new(model, self.at, &usage)
            };
            book.price(&request).ok().map(|answer| answer.total.times(mix.calls))
        };
        self.mixes.iter().map(price).sum()
    }
}

/// All counts with a price.
fn counts(usage: &mut Usage) -> [&mut Option<u64>; 13] {
    [
        &mut usage.input,
        &mut usage.cache_read,
        &mut usage.cache_write,
        &mut usage.cache_write_5m,
        &mut usage.cache_write_1h,
        &mut usage.input_audio,
        &mut usage.input_image,
        &mut usage.cache_read_audio,
        &mut usage.tool_prompt,
        &mut usage.output,
        &mut usage.reasoning,
        &mut usage.output_audio,
        &mut usage.output_image,
    ]
}

fn add(sum: &mut Usage, usage: &Usage) {
    let mut usage = usage.clone();
    for (sum, count) in counts(sum).into_iter().zip(counts(&mut usage)) {
        if let Some(count) = count {
            *sum = Some(sum.unwrap_or(0).saturating_add(*count));
        }
    }
}

/// The mean call; what remains of a division is left out, so that parts stay within their totals.
fn mean(mix: &Mix) -> Usage {
    let mut usage = mix.sum.clone();
    for count in counts(&mut usage).into_iter().flatten() {
        *count /= mix.calls.max(1);
    }
    usage
}

#[cfg(test)]
mod tests {
    use quipu_conformance::sample::{draft, priced};

    use super::*;

    #[test]
    fn names_that_a_sender_invents_are_limited() {
        let mut mixes = Mixes::default();
        let mut add = |model: usize| {
            let span = draft(1, 1).llm(&format!("ft:gpt-5:{model}"), 10, 2).span();
            mixes.add(&priced(&span, "0.01"));
        };
        (0..2 * MOST_KEYS).for_each(&mut add);
        add(0);
        let first = (CompactString::from("openai"), CompactString::from("ft:gpt-5:0"), None);
        let calls = |key: &Key| mixes.0.get(key).map(|sizes| sizes[&0].calls);
        assert_eq!((mixes.0.len(), calls(&first)), (MOST_KEYS, Some(2)));
    }
}
