//! Resolution of a provider and a model to price entries, and the resulting answer.

use compact_str::{CompactString, format_compact};
use quipu_core::{PriceAnswer, PriceRef, PriceRequest, Unpriced};

use crate::Unit;
use crate::bill::{Bill, Terms, bill};
use crate::counts::Counts;
use crate::listed::Listed;
use crate::lists::Lists;
use crate::name::{self, Reading};
use crate::schema::{Body, Decimal, Missing};
use crate::user::{Alias, Contract, Kind, OVER, Rest, Subject, USER, UserBook};

/// All entries that may price a provider's model: the user's entries by their index in the book, narrowest
/// first, then a list.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    alias: Option<usize>,
    contracts: Vec<(usize, Option<&'static str>)>,
    adjustments: Vec<usize>,
    pub listed: Option<Listed>,
}

impl Resolved {
    pub(crate) fn listed(listed: Listed) -> Self {
        Self { listed: Some(listed), ..Self::default() }
    }

    /// Finds the entries for `provider` and `model`, both trimmed and in lower case.
    pub(crate) fn find(
        lists: &Lists<'_>,
        user: Option<&UserBook>,
        provider: Option<&str>,
        model: String,
    ) -> Option<Self> {
        let Some(user) = user else { return lists.find(provider, &model).map(Self::listed) };
        let entries = &user.inner;
        let named = Named::of(lists, provider, &model);
        let aliases = entries.aliases.iter().enumerate();
        let alias = aliases.filter_map(|(at, alias)| named.meets(&alias.subject, false).map(|_| (at, alias)));
        let alias = alias.max_by_key(|(_, alias)| alias.subject.rank());
        let meant =
            alias.map(|(_, alias)| Named::of(lists, alias.provider.as_deref().or(provider), &alias.is));
        let mut names = vec![&named];
        names.extend(&meant);
        let listed = names.last().and_then(|name| lists.find(name.provider, name.model));
        let owner = listed.as_ref().map(|listed| listed.owner);
        let mut contracts = Vec::new();
        for name in &names {
            let met = entries.contracts.iter().enumerate();
            let met =
                met.filter_map(|(at, contract)| Some((at, name.meets_or_owned(&contract.subject, owner)?)));
            contracts.extend(met.map(|(at, reading)| (at, reading.loose)));
        }
        let rank = |at: usize| (entries.contracts[at].subject.rank(), entries.contracts[at].context.len());
        contracts.sort_by_key(|(at, _)| std::cmp::Reverse(rank(*at)));
        let mut adjustments: Vec<usize> = (0..entries.adjustments.len())
            .filter(|at| {
                names
                    .iter()
                    .any(|name| name.meets_or_owned(&entries.adjustments[*at].subject, owner).is_some())
            })
            .collect();
        adjustments.sort_by_key(|at| std::cmp::Reverse(entries.adjustments[*at].subject.rank()));
        (listed.is_some() || !contracts.is_empty()).then_some(Self {
            alias: alias.map(|(at, _)| at),
            contracts,
            adjustments,
            listed,
        })
    }

    pub(crate) fn answer(
        &self,
        user: Option<&UserBook>,
        request: &PriceRequest<'_>,
        counts: Counts,
    ) -> Result<PriceAnswer, Unpriced> {
        let Some(user) = user else {
            let listed = self.listed.as_ref().ok_or(Unpriced::UnknownModel)?;
            let terms = Terms { own: listed.own, ..Terms::default() };
            return Answer { missing: listed.info.missing, notes: listed.notes(), rule: listed.price_ref() }
                .of(listed.body(), &terms, request, counts);
        };
        self.answer_by(user, request, counts)
    }

    fn answer_by(
        &self,
        user: &UserBook,
        request: &PriceRequest<'_>,
        counts: Counts,
    ) -> Result<PriceAnswer, Unpriced> {
        let entries = &user.inner;
        let alias = self.alias.and_then(|at| entries.aliases.get(at));
        let contract = self
            .contracts
            .iter()
            .filter_map(|(at, loose)| Some((entries.contracts.get(*at)?, *loose)))
            .find(|(contract, _)| contract.holds(request));
        let mut deal = Deal { user, names: Vec::new(), notes: Vec::new(), factor: None };
        deal.alias(alias);
        let Some((contract, loose)) = contract else {
            let unknown =
                if self.contracts.is_empty() { Unpriced::UnknownModel } else { Unpriced::NotValidThen };
            let listed = self.listed.as_ref().ok_or(unknown)?;
            deal.adjust(self, request, true);
            let terms = Terms { own: listed.own, factor: deal.factor, ..Terms::default() };
            return deal.over(listed).of(listed.body(), &terms, request, counts);
        };
        deal.contract(contract, loose);
        deal.adjust(self, request, false);
        let terms = Terms { own: true, factor: deal.factor, ..Terms::default() };
        match (&self.listed, contract.rest) {
            (Some(listed), Rest::List) => {
                let first = contract.body.base.first().map_or(&[][..], |dated| &dated.prices);
                let terms = Terms { own: listed.own, first, ..terms };
                deal.notes.push("units without a price in the entry have the list price".into());
                deal.over(listed).of(listed.body(), &terms, request, counts)
            }
            (_, rest) => {
                let missing = if rest == Rest::Nothing { Missing::Uncharged } else { Missing::Unknown };
                deal.alone(missing).of(&contract.body, &terms, request, counts)
            }
        }
    }
}

/// A provider and a model with all readings of their names.
struct Named<'n> {
    provider: Option<&'n str>,
    model: &'n str,
    providers: Vec<String>,
    readings: Vec<Reading>,
}

impl<'n> Named<'n> {
    fn of(lists: &Lists<'_>, provider: Option<&'n str>, model: &'n str) -> Self {
        let readings = lists.readings(provider, model);
        let said = provider.or_else(|| readings.iter().find_map(|reading| reading.provider.as_deref()));
        let mut providers: Vec<String> = said.into_iter().map(str::to_owned).collect();
        providers.extend(said.into_iter().flat_map(name::providers).map(|name| name.into_owned()));
        Self { provider, model, providers, readings }
    }

    /// The reading that the entry applies to; literal readings only, unless `loosely`.
    fn meets(&self, subject: &Subject, loosely: bool) -> Option<&Reading> {
        let reading = subject.meets_model(&self.readings)?;
        (subject.meets_provider(&self.providers) && (loosely || reading.loose.is_none())).then_some(reading)
    }

    /// As [`Self::meets`]; without a provider, the owner of the list's rule is used.
    fn meets_or_owned(&self, subject: &Subject, owner: Option<&str>) -> Option<&Reading> {
        let owned = || {
            self.providers.is_empty()
                && owner.is_some_and(|owner| subject.meets_provider(&[owner.to_owned()]))
        };
        let reading = subject.meets_model(&self.readings)?;
        (subject.meets_provider(&self.providers) || owned()).then_some(reading)
    }
}

/// The entries of the user's book that apply to one request.
struct Deal<'u> {
    user: &'u UserBook,
    /// Names of the applied entries.
    names: Vec<&'u str>,
    notes: Vec<CompactString>,
    factor: Option<Decimal>,
}

impl<'u> Deal<'u> {
    fn alias(&mut self, alias: Option<&'u Alias>) {
        if let Some(alias) = alias {
            self.names.push(&alias.name);
            self.notes.push(format_compact!("priced as {} by the user's alias", alias.is));
        }
    }

    fn contract(&mut self, contract: &'u Contract, loose: Option<&'static str>) {
        self.names.push(&contract.name);
        self.notes.extend(loose.map(CompactString::const_new));
    }

    /// Applies the narrowest discount, if a list sets the price, and the narrowest markup.
    fn adjust(&mut self, resolved: &Resolved, request: &PriceRequest<'_>, by_list: bool) {
        let all = resolved.adjustments.iter().filter_map(|at| self.user.inner.adjustments.get(*at));
        let held: Vec<_> = all.filter(|one| one.span.holds(request.at)).collect();
        let first = |kind: Kind| held.iter().copied().find(|one| one.kind == kind);
        let discount = if by_list { first(Kind::Discount) } else { None };
        for one in discount.into_iter().chain(first(Kind::Markup)) {
            self.names.push(&one.name);
            self.notes.push(match one.kind {
                Kind::Discount => format_compact!("{} % below the list price: {}", one.percent, one.name),
                Kind::Markup => format_compact!("{} % above the price: {}", one.percent, one.name),
            });
            self.factor = Some(self.factor.map_or(one.factor, |so_far| so_far.by(one.factor)));
        }
    }

    /// The answer of a list's rule. It refers to the list alone if no entry of the user applies.
    fn over(mut self, listed: &Listed) -> Answer {
        let mut rule = listed.price_ref();
        if !self.names.is_empty() {
            let list = format!("{} {} {}", rule.source, rule.version, rule.id);
            rule = self.price_ref(&format!("{}{OVER}{list}", self.names.join("+")));
        }
        self.notes.extend(listed.notes());
        Answer { missing: listed.info.missing, notes: self.notes, rule }
    }

    fn alone(self, missing: Missing) -> Answer {
        let rule = self.price_ref(&self.names.join("+"));
        Answer { missing, notes: self.notes, rule }
    }

    fn price_ref(&self, id: &str) -> PriceRef {
        PriceRef {
            source: CompactString::const_new(USER),
            version: self.user.version().into(),
            id: id.into(),
        }
    }
}

/// The fields of an answer that its rule decides.
struct Answer {
    missing: Missing,
    notes: Vec<CompactString>,
    rule: PriceRef,
}

impl Answer {
    fn of(
        self,
        body: &Body<'_>,
        terms: &Terms<'_>,
        request: &PriceRequest<'_>,
        counts: Counts,
    ) -> Result<PriceAnswer, Unpriced> {
        let bill = bill(body, terms, request, counts)?;
        let strange: Vec<&str> = units_of(request).filter(|name| Unit::by_name(name).is_none()).collect();
        if self.missing == Missing::Unknown && !(strange.is_empty() && bill.missing.is_empty()) {
            return Err(Unpriced::NoUnitPrice);
        }
        let free = |name: &str| format_compact!("{name} are free: the rule lists no price for them");
        let Bill { lines, input, output, other, notes, missing } = bill;
        let mut fallbacks = self.notes;
        fallbacks.extend(notes);
        fallbacks.extend(missing.iter().map(|unit| free(unit.name())));
        fallbacks.extend(strange.into_iter().map(free));
        Ok(PriceAnswer { total: input + output + other, input, output, lines, rule: self.rule, fallbacks })
    }
}

/// Names of the used units other than tokens.
fn units_of<'r>(request: &'r PriceRequest<'_>) -> impl Iterator<Item = &'r str> {
    let used = request.usage.units.iter().chain(&request.units).filter(|(_, count)| **count > 0);
    used.map(|(name, _)| name.as_str())
}
