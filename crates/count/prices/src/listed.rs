//! A rule of a list, and its comparison with another.

use std::sync::Arc;

use compact_str::{CompactString, format_compact};
use quipu_core::{PriceRef, Timestamp};

use crate::edition::Edition;
use crate::lookup::RuleMatch;
use crate::schema::{Body, Info, Price};

/// A rule of a list, with its prices decoded.
#[derive(Debug)]
pub(crate) struct Listed {
    pub info: Info<'static>,
    pub id: &'static str,
    pub owner: &'static str,
    pub own: bool,
    pub loose: Option<&'static str>,
    /// The list in use at the time does not have the rule; another version does.
    pub aged: bool,
    body: Body<'static>,
}

impl Listed {
    pub(crate) fn of(
        edition: &Arc<Edition>,
        found: RuleMatch<'_>,
        loose: Option<&'static str>,
    ) -> Option<Self> {
        let body = postcard::from_bytes(found.rule.body).ok()?;
        let (id, owner) = (found.rule.id, found.owner.id);
        Some(Self { info: edition.info.clone(), id, owner, own: found.own, loose, aged: false, body })
    }

    /// Whether the name leads to a rule of its provider without an approximation.
    pub(crate) const fn is_exact(&self) -> bool {
        self.own && self.loose.is_none()
    }

    pub(crate) const fn body(&self) -> &Body<'static> {
        &self.body
    }

    pub(crate) fn price_ref(&self) -> PriceRef {
        PriceRef {
            source: CompactString::const_new(self.info.source),
            version: CompactString::const_new(self.info.version),
            id: CompactString::const_new(self.id),
        }
    }

    /// Notes on the choice of the rule.
    pub(crate) fn notes(&self) -> Vec<CompactString> {
        let mut notes: Vec<CompactString> = self.loose.map(CompactString::const_new).into_iter().collect();
        if self.aged {
            notes.push(format_compact!(
                "{} {} is used because the list of that time does not have the model",
                self.info.source,
                self.info.version
            ));
        }
        if !self.own {
            notes.push(format_compact!("the price of {} is used: the provider lists none", self.owner));
        }
        notes
    }
}

/// Whether `found` has all prices of the regional rule `exact` at the time of its list. Then `found` is at
/// least as complete, and its dated prices add information.
pub(crate) fn agrees(found: &Listed, exact: &Listed, day: i64) -> bool {
    let at = Timestamp::from_nanos(day.saturating_mul(Timestamp::DAY));
    covers(found.body(), exact.body(), at)
}

fn covers(one: &Body<'_>, other: &Body<'_>, at: Timestamp) -> bool {
    let prices = |body: &Body<'_>| body.dated(at).map_or(Vec::new(), |dated| dated.prices.clone());
    let known = prices(one);
    let same = |price: &Price, other: &Price| {
        price.unit == other.unit
            && price.price.usd() == other.price.usd()
            && price
                .tiers
                .iter()
                .map(|(above, price)| (*above, price.usd()))
                .eq(other.tiers.iter().map(|(above, price)| (*above, price.usd())))
    };
    prices(other).iter().all(|price| known.iter().any(|known| same(known, price)))
}
