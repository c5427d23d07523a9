//! One consistent set of books, and the rule lookup in it.

use std::sync::Arc;

use quipu_core::{PriceAnswer, PriceRef, PriceRequest, Unpriced};

use crate::answer::Resolved;
use crate::cache::Cache;
use crate::counts::Counts;
use crate::edition::{Edition, day_of};
use crate::listed::Listed;
use crate::lists::{Family, Lists};
use crate::name;
use crate::user::{OVER, USER, UserBook};

/// The source with dated prices. Its newest version has the best data of the past.
const DATED: &str = "genai-prices";

/// A consistent set of books; immutable.
#[derive(Debug, Default)]
pub(crate) struct BookSet {
    families: Vec<Family>,
    user: Option<UserBook>,
    past_users: Vec<UserBook>,
    /// Days on which a list replaced another.
    turns: Vec<i64>,
    cache: Cache<Resolved>,
}

impl BookSet {
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
