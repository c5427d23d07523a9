//! The lists of all sources, and the rule lookup in them as of one day.

use std::sync::Arc;

use crate::edition::Edition;
use crate::listed::{Listed, agrees};
use crate::lookup::RuleMatch;
use crate::name::{self, Reading};
use crate::region;

/// The versions of one source, oldest first.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    pub editions: Vec<Arc<Edition>>,
    /// Its lists have no dates: each is valid from its import on.
    pub by_import: bool,
}

impl Family {
    /// The editions in order of precedence for a call on that day. The first is the one in use then. Older
    /// ones follow, which may still have a removed name, and then newer ones, which may have a missing name.
    fn at(&self, day: i64) -> impl Iterator<Item = &Arc<Edition>> {
        let begun = self.editions.partition_point(|edition| edition.day() <= day).max(1);
        let current = if self.by_import { begun } else { self.editions.len() };
        let (until, later) = self.editions.split_at(current.min(self.editions.len()));
        until.iter().rev().chain(later)
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Arc<Edition>> {
        self.editions.iter().rev()
    }

    pub(crate) fn newest(&self) -> Option<&Arc<Edition>> {
        self.editions.last()
    }
}

/// The rule for a fine-tuned model whose base is named without its date: that of a dated base.
fn tuned(edition: &Arc<Edition>, provider: Option<&str>, readings: &[Reading]) -> Option<Listed> {
    const LOOSE: &str = "a fine-tuned model without a date is priced as one with a date";
    let name = &readings.iter().rev().find(|reading| reading.model.starts_with("ft:"))?.model;
    let owner = edition.provider(provider.unwrap_or("openai"))?;
    let rules = owner.rules.iter();
    let rule = rules.into_iter().find(|rule| {
        let id = rule.id.rsplit_once('/').map_or(rule.id, |(_, tail)| tail);
        id.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with("-20"))
    })?;
    Listed::of(edition, RuleMatch { owner, rule, own: true }, Some(LOOSE))
}

/// The rule of any list for exactly the region in the name, if the rule found is for all regions or another
/// region. The rule found stays if it has the same prices, because it may also have prices of other times.
fn exact_in_region(
    editions: &[&Arc<Edition>],
    (provider, model): (Option<&str>, &str),
    readings: &[Reading],
    found: &Listed,
) -> Option<Listed> {
    let region = region::of(model).filter(|region| !region::names(found.id, region))?;
    let named = |edition: &Arc<Edition>, reading: &Reading| {
        let rule = edition.find(provider, reading)?;
        let exact = rule.own && region::names(rule.rule.id, region);
        exact.then(|| Listed::of(edition, rule, None)).flatten()
    };
    let literal = readings.iter().filter(|reading| reading.loose.is_none());
    let mut all = literal.flat_map(|reading| editions.iter().map(move |edition| (edition, reading)));
    let (edition, exact) = all.find_map(|(edition, reading)| Some((edition, named(edition, reading)?)))?;
    (!agrees(found, &exact, edition.day())).then_some(exact)
}

/// The lists as of one day.
pub(crate) struct Lists<'s> {
    pub families: &'s [Family],
    pub day: i64,
}

impl Lists<'_> {
    /// The rule of the first list that has one; `model` is in lower case.
    pub(crate) fn find(&self, provider: Option<&str>, model: &str) -> Option<Listed> {
        if provider == Some("litellm")
            && let Some((head, rest)) = model.split_once('/')
            && self.provider_id(head).is_some()
        {
            return self.find(Some(head), rest);
        }
        let provider = provider.filter(|name| !name::names_nobody(name));
        let readings = self.readings(provider, model);
        let most = self.families.iter().map(|family| family.editions.len()).max().unwrap_or(0);
        (0..most).find_map(|age| self.find_in(age, provider, model, &readings))
    }

    /// Finds a rule in the lists of one age. Age 0 is the lists in use at the time.
    fn find_in(
        &self,
        age: usize,
        provider: Option<&str>,
        model: &str,
        readings: &[Reading],
    ) -> Option<Listed> {
        let editions: Vec<&Arc<Edition>> =
            self.families.iter().filter_map(|family| family.at(self.day).nth(age)).collect();
        let read = |reading: &Reading| {
            editions
                .iter()
                .find_map(|edition| Listed::of(edition, edition.find(provider, reading)?, reading.loose))
        };
        let by_id = || {
            editions.iter().find_map(|edition| Listed::of(edition, edition.rules().rule_by_id(model)?, None))
        };
        let tuned = || editions.iter().find_map(|edition| tuned(edition, provider, readings));
        let found = readings.iter().find_map(read).or_else(tuned);
        let mut found = found.or_else(|| if provider.is_none() { by_id() } else { None })?;
        if let Some(exact) = exact_in_region(&editions, (provider, model), readings, &found) {
            found = exact;
        }
        found.aged = age > 0;
        Some(found)
    }

    pub(crate) fn readings(&self, provider: Option<&str>, model: &str) -> Vec<Reading> {
        let id = provider.and_then(|name| self.provider_id(name));
        let known = |text: &str| match provider {
            Some(_) => id.is_some() && self.provider_id(text) == id,
            None => self.provider_id(text).is_some(),
        };
        name::readings(model, provider.is_some(), &known)
    }

    /// The id of a provider in the first list that knows it.
    pub(crate) fn provider_id(&self, name: &str) -> Option<&'static str> {
        let current = self.families.iter().filter_map(|family| family.at(self.day).next());
        current.into_iter().find_map(|edition| Some(edition.provider(name)?.id))
    }
}
