//! One consistent set of books, and the rule lookup in it.

use std::sync::Arc;

use quipu_core::{PriceAnswer, PriceRef, PriceRequest, Unpriced};

use crate::answer::{Listed, Resolved};
use crate::books::day_of;
use crate::cache::Cache;
use crate::counts::Counts;
use crate::edition::Edition;
use crate::lookup::Found;
use crate::name::{self, Reading};
use crate::region;
use crate::user::{OVER, USER, UserBook};

/// The source with dated prices. Its newest version has the best data of the past.
const DATED: &str = "genai-prices";

/// The versions of one source, oldest first.
#[derive(Debug, Clone)]
pub(crate) struct Family {
    editions: Vec<Arc<Edition>>,
    /// Its lists have no dates: each is valid from its import on.
    by_import: bool,
}

/// A consistent set of books; immutable.
#[derive(Debug, Default)]
pub(crate) struct State {
    families: Vec<Family>,
    user: Option<UserBook>,
    past_users: Vec<UserBook>,
    /// Days on which a list replaced another.
    turns: Vec<i64>,
    cache: Cache<Resolved>,
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

impl State {
    /// Sources in the order of their first appearance. A repeated version counts once.
    pub(crate) fn new(editions: Vec<Edition>, user: Option<UserBook>, past_users: Vec<UserBook>) -> Self {
        let mut families: Vec<Family> = Vec::new();
        for edition in editions {
            let source = edition.info.source;
            let same =
                |family: &&mut Family| family.editions.first().is_some_and(|one| one.info.source == source);
            match families.iter_mut().find(same) {
                Some(family) if family.editions.iter().any(|one| one.info == edition.info) => {}
                Some(family) => family.editions.push(Arc::new(edition)),
                None => {
                    families.push(Family { editions: vec![Arc::new(edition)], by_import: source != DATED })
                }
            }
        }
        for family in &mut families {
            // A list without a version is named by its content, so the day decides which is newer.
            family.editions.sort_by_key(|one| (one.day(), one.order()));
        }
        Self::of(families, user, past_users)
    }

    fn of(families: Vec<Family>, user: Option<UserBook>, past_users: Vec<UserBook>) -> Self {
        let undated = families.iter().filter(|family| family.by_import);
        let mut turns: Vec<i64> =
            undated.flat_map(|family| family.editions.iter().skip(1).map(|one| one.day())).collect();
        turns.sort_unstable();
        Self { families, user, past_users, turns, cache: Cache::default() }
    }

    pub(crate) fn with_user(&self, user: UserBook) -> Self {
        let past = self.past_users.iter().chain(&self.user).cloned().collect();
        Self::of(self.families.clone(), Some(user), past)
    }

    pub(crate) fn families(&self) -> &[Family] {
        &self.families
    }

    pub(crate) fn user(&self) -> Option<&UserBook> {
        self.user.as_ref()
    }

    pub(crate) fn price(&self, request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced> {
        if request.model.trim().is_empty() {
            return Err(Unpriced::NoModel);
        }
        let resolved = self.resolve(request).ok_or(Unpriced::UnknownModel)?;
        resolved.answer(self.user.as_ref(), request, Counts::of(request))
    }

    fn resolve(&self, request: &PriceRequest<'_>) -> Option<Arc<Resolved>> {
        let (provider, model) = (request.provider, request.model);
        if model.len() > name::LONGEST || provider.is_some_and(|name| name.len() > name::LONGEST) {
            return None;
        }
        let day = day_of(request.at);
        let turn = self.turns.partition_point(|turn| *turn <= day);
        self.cache.get_or(provider, model, turn, || {
            let provider = provider.map(|name| name.trim().to_lowercase());
            let lists = Lists { families: &self.families, day };
            let resolved =
                Resolved::find(&lists, self.user.as_ref(), provider.as_deref(), model.trim().to_lowercase());
            resolved.map(Arc::new)
        })
    }

    /// Prices by the named rule and version, regardless of current validity.
    pub(crate) fn explain(
        &self,
        request: &PriceRequest<'_>,
        rule: &PriceRef,
    ) -> Result<PriceAnswer, Unpriced> {
        let gone = Unpriced::NotValidThen;
        if rule.source != USER {
            let edition = self.edition(&rule.source, &rule.version).ok_or(gone)?;
            return self.by_rule(edition, &rule.id, request).ok_or(gone)?.answer(
                None,
                request,
                Counts::of(request),
            );
        }
        let users = self.user.iter().chain(&self.past_users);
        let user = users.into_iter().find(|user| user.version() == rule.version).ok_or(gone)?;
        let listed = match rule.id.split_once(OVER) {
            None => None,
            Some((_, list)) => {
                let mut parts = list.splitn(3, ' ');
                let (source, version, id) =
                    (parts.next().ok_or(gone)?, parts.next().ok_or(gone)?, parts.next().ok_or(gone)?);
                Some((self.edition(source, version).ok_or(gone)?, id))
            }
        };
        self.by_user(user, listed, request, rule)
    }

    fn by_user(
        &self,
        user: &UserBook,
        listed: Option<(&Arc<Edition>, &str)>,
        request: &PriceRequest<'_>,
        rule: &PriceRef,
    ) -> Result<PriceAnswer, Unpriced> {
        let families = listed.map_or_else(
            || self.families.clone(),
            |(edition, _)| vec![Family { editions: vec![edition.clone()], by_import: false }],
        );
        let alone = Self::of(families, Some(user.clone()), Vec::new());
        let answer = alone.price(request)?;
        if answer.rule == *rule { Ok(answer) } else { Err(Unpriced::NotValidThen) }
    }

    fn edition(&self, source: &str, version: &str) -> Option<&Arc<Edition>> {
        let all = self.families.iter().flat_map(Family::newest_first);
        all.into_iter().find(|edition| edition.info.source == source && edition.info.version == version)
    }

    /// The rule of that id in that edition, resolved through the names if they lead to it.
    fn by_rule(&self, edition: &Arc<Edition>, id: &str, request: &PriceRequest<'_>) -> Option<Resolved> {
        let families = [Family { editions: vec![edition.clone()], by_import: false }];
        let lists = Lists { families: &families, day: day_of(request.at) };
        let provider = request.provider.map(|name| name.trim().to_lowercase());
        let named = Resolved::find(&lists, None, provider.as_deref(), request.model.trim().to_lowercase());
        named.filter(|found| found.listed.as_ref().is_some_and(|listed| listed.id == id)).or_else(|| {
            let mut found = edition.rules().rule_by_id(id)?;
            found.own = provider.as_deref().is_none_or(|name| {
                edition.provider(name).is_none_or(|provider| provider.id == found.owner.id)
            });
            Some(Resolved::listed(Listed::of(edition, found, None)?))
        })
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
    Listed::of(edition, Found { owner, rule, own: true }, Some(LOOSE))
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
    (!region::agrees(found, &exact, edition.day())).then_some(exact)
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
