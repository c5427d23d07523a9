//! Selection of the prices of one rule that apply to one request.

use compact_str::CompactString;
use quipu_core::{PriceRequest, Timestamp, Usd};

use crate::Unit;
use crate::counts::units;
use crate::schema::{Body, Dated, Decimal, Factor, Price, When};
use crate::unit::COUNT;

/// The prices that apply to one request.
pub(crate) struct Rates {
    pub price: [Usd; COUNT],
    pub priced: u128,
}

/// Modifiers of the prices of a rule.
#[derive(Debug, Default)]
pub(crate) struct Terms<'t> {
    /// The rule belongs to the requested provider. Otherwise the context changes nothing.
    pub own: bool,
    /// Prices that precede those of the rule.
    pub first: &'t [Price],
    /// Factor on every price.
    pub factor: Option<Decimal>,
}

impl Rates {
    pub(crate) fn has(&self, unit: Unit) -> bool {
        self.priced & unit.bit() != 0
    }

    fn set(&mut self, unit: Unit, price: Usd) {
        self.price[unit.index()] = price;
        self.priced |= unit.bit();
    }

    /// The smallest priced unit that contains `unit`. If a cached and an audio price both contain it, the
    /// cached one.
    pub(crate) fn around(&self, unit: Unit) -> Option<Unit> {
        let contains = |outer: &&Unit| self.has(**outer) && outer.below() & unit.bit() != 0;
        Unit::most_specific_first().iter().find(contains).copied()
    }
}

/// The prices of a rule for a request with this number of input tokens.
pub(crate) fn rates(body: &Body<'_>, terms: &Terms<'_>, request: &PriceRequest<'_>, input: u64) -> Rates {
    let mut rates = Rates { price: [Usd::ZERO; COUNT], priced: 0 };
    rates.overlay(terms.first, input);
    let stated = rates.priced;
    if terms.own {
        let context = |key: &str| context(request, key);
        let meets = |wanted: &[(&str, &str)]| wanted.iter().all(|(key, value)| context(key) == Some(value));
        for variant in
            body.variants.iter().filter(|variant| meets(&variant.context) && variant.when.holds(request.at))
        {
            rates.overlay(&variant.prices, input);
        }
    }
    rates.overlay(body.dated(request.at).map_or(&[], |dated| &dated.prices), input);
    for factor in body.factors.iter().filter(|factor| terms.own && factor.holds(request)) {
        for unit in units(rates.priced & !stated).filter(|unit| unit.is_tokens()) {
            rates.price[unit.index()] = factor.factor.of(rates.price[unit.index()]);
        }
    }
    if let Some(factor) = terms.factor {
        for unit in units(rates.priced) {
            rates.price[unit.index()] = factor.of(rates.price[unit.index()]);
        }
    }
    rates
}

impl Rates {
    /// Sets the prices of units without one.
    fn overlay(&mut self, prices: &[Price], input: u64) {
        for price in prices {
            if !self.has(price.unit) {
                let tier = price.tiers.iter().rfind(|(above, _)| input > *above);
                self.set(price.unit, tier.map_or(price.price, |(_, price)| *price).usd());
            }
        }
    }
}

/// A value of the context. The service tier `batch` is treated as a kind of processing.
pub(crate) fn context<'r>(request: &'r PriceRequest<'_>, key: &str) -> Option<&'r str> {
    let value = request.context.get(key).map(CompactString::as_str);
    let batch =
        || request.context.get("service_tier").map(CompactString::as_str).filter(|tier| *tier == "batch");
    value.or_else(|| if key == "processing" { batch() } else { None })
}

impl Factor<'_> {
    fn holds(&self, request: &PriceRequest<'_>) -> bool {
        let Some(actual) = context(request, self.key) else { return false };
        let begins = |text: &str| {
            actual.strip_prefix(text).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        self.value.strip_prefix('!').map_or_else(|| begins(self.value), |other| !begins(other))
    }
}

impl Body<'_> {
    /// The prices valid at a time: the last valid entry, otherwise the first entry.
    pub(crate) fn dated(&self, at: Timestamp) -> Option<&Dated> {
        self.base.iter().rfind(|dated| dated.when.holds(at)).or(self.base.first())
    }
}

impl When {
    fn holds(&self, at: Timestamp) -> bool {
        let day = at.nanos().div_euclid(Timestamp::DAY);
        if self.from_day.is_some_and(|from| day < i64::from(from)) {
            return false;
        }
        let Some(window) = &self.window else { return true };
        let nanos = at.nanos().rem_euclid(Timestamp::DAY);
        let (start, end) =
            (i64::from(window.start) * Timestamp::SECOND, i64::from(window.end) * Timestamp::SECOND);
        let in_hours =
            if end < start { nanos >= start || nanos < end } else { start <= nanos && nanos < end };
        let local_day =
            at.plus(i64::from(window.weekday_offset) * Timestamp::SECOND).nanos().div_euclid(Timestamp::DAY);
        // 1970-01-01 was a Thursday, the fourth day of the week.
        in_hours && window.weekdays >> (local_day + 3).rem_euclid(7) & 1 == 1
    }
}
