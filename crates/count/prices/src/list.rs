//! List of every rule with its prices, for display and suggestions.

use std::collections::HashSet;

use quipu_core::{Timestamp, Usd};

use crate::edition::Edition;
use crate::name;
use crate::schema::{Body, Price, Provider, Rule};
use crate::user::{Contract, USER, UserBook};
use crate::{Books, Unit};

/// A rule of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRule {
    /// Name of the book, such as `genai-prices`, or `user`.
    pub source: String,
    /// Version of the book.
    pub version: String,
    /// Id of the provider; empty for an entry of the user that applies to every provider.
    pub provider: String,
    /// Id of the rule within the book, such as `openai/gpt-4o`.
    pub id: String,
    /// The prices without any context, for small requests.
    pub prices: Vec<ListedPrice>,
    /// Whether large requests have a different price.
    pub tiered: bool,
    /// Whether some contexts, such as batch processing, have a different price.
    pub variants: bool,
    /// Whether the provider plans to retire the model.
    pub deprecated: bool,
}

/// The price of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedPrice {
    /// The unit.
    pub unit: Unit,
    /// Price of [`Unit::per`] units.
    pub price: Usd,
}

/// Token prices of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPrice {
    /// Name of the book.
    pub source: String,
    /// Id of the provider.
    pub provider: String,
    /// The model, without its provider.
    pub model: String,
    /// Price of a million input tokens.
    pub input: Usd,
    /// Price of a million output tokens.
    pub output: Usd,
    /// Whether the provider plans to retire the model.
    pub deprecated: bool,
}

impl ListedRule {
    /// The price of a unit, if the rule lists one for it.
    pub fn price(&self, unit: Unit) -> Option<Usd> {
        self.prices.iter().find(|price| price.unit == unit).map(|price| price.price)
    }

    /// The model of the rule: its id without the provider prefix.
    pub fn model(&self) -> &str {
        match self.id.split_once('/') {
            Some((head, rest)) if name::same_provider(head, &self.provider) => rest,
            _ => &self.id,
        }
    }
}

impl Books {
    /// Every rule in use with the prices valid at `at`: the user's rules first, then each source in order of
    /// precedence. Optional filters: `provider`, by any of its names, and the text `q` in the id, ignoring
    /// case.
    pub fn list(&self, provider: Option<&str>, q: Option<&str>, at: Timestamp) -> Vec<ListedRule> {
        let state = self.state();
        let provider = provider.map(|name| name.trim().to_lowercase());
        let q = q.map(str::to_lowercase);
        let wanted = |id: &str| q.as_ref().is_none_or(|q| id.to_lowercase().contains(q.as_str()));
        let mut all = Vec::new();
        if let Some(user) = state.user() {
            all.extend(user.listed(provider.as_deref(), at));
        }
        for edition in state.families().iter().filter_map(|family| family.newest()) {
            let only = provider.as_deref().map(|name| edition.provider(name));
            let owners = edition.rules().providers.iter();
            for owner in
                owners.filter(|owner| only.is_none_or(|only| only.is_some_and(|only| only.id == owner.id)))
            {
                let rules = owner.rules.iter().filter(|rule| wanted(rule.id));
                all.extend(rules.filter_map(|rule| edition.listed(owner, rule, at)));
            }
        }
        all.retain(|rule| wanted(&rule.id));
        all
    }

    /// Every model priced per token, with its price at `at` without context. The first source with a
    /// provider's model decides.
    pub fn models(&self, at: Timestamp) -> impl Iterator<Item = ModelPrice> {
        let mut seen = HashSet::new();
        self.list(None, None, at).into_iter().filter(|rule| rule.source != USER).filter_map(move |rule| {
            let (input, output) = (rule.price(Unit::INPUT)?, rule.price(Unit::OUTPUT)?);
            let model = rule.model().to_owned();
            let ListedRule { source, provider, deprecated, .. } = rule;
            seen.insert((provider.clone(), model.clone())).then_some(ModelPrice {
                source,
                provider,
                model,
                input,
                output,
                deprecated,
            })
        })
    }
}

fn listed(prices: &[Price]) -> Vec<ListedPrice> {
    prices.iter().map(|price| ListedPrice { unit: price.unit, price: price.price.usd() }).collect()
}

impl Edition {
    /// The rule with its prices at a time; `None` for a damaged rule.
    pub(crate) fn listed(
        &self,
        provider: &Provider<'_>,
        rule: &Rule<'_>,
        at: Timestamp,
    ) -> Option<ListedRule> {
        let body: Body<'_> = postcard::from_bytes(rule.body).ok()?;
        let dated = body.dated(at)?;
        Some(ListedRule {
            source: self.info.source.to_owned(),
            version: self.info.version.to_owned(),
            provider: provider.id.to_owned(),
            id: rule.id.to_owned(),
            prices: listed(&dated.prices),
            tiered: dated.prices.iter().any(|price| !price.tiers.is_empty()),
            variants: !body.variants.is_empty(),
            deprecated: body.deprecated,
        })
    }
}

impl UserBook {
    fn listed(&self, provider: Option<&str>, at: Timestamp) -> Vec<ListedRule> {
        let of = |contract: &&Contract| {
            contract.span.holds(at)
                && provider.is_none_or(|name| {
                    contract.subject.provider.as_deref().is_none_or(|own| name::same_provider(own, name))
                })
        };
        let rule = |contract: &Contract| ListedRule {
            source: USER.to_owned(),
            version: self.version().to_owned(),
            provider: contract.subject.provider.clone().unwrap_or_default(),
            id: contract.name.clone(),
            prices: contract.body.base.first().map(|dated| listed(&dated.prices)).unwrap_or_default(),
            tiered: contract
                .body
                .base
                .iter()
                .any(|dated| dated.prices.iter().any(|price| !price.tiers.is_empty())),
            variants: !contract.context.is_empty(),
            deprecated: false,
        };
        self.inner.contracts.iter().filter(of).map(rule).collect()
    }
}
