//! The facts of a record that decide its price, and the comparison of two such prices.

use compact_str::CompactString;

use crate::{Billing, Call, Cost, Provider, Usage, Usd};

/// The facts of a record that decide its price.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Charge {
    /// Tokens and other units.
    pub usage: Option<Usage>,
    /// Cost that the source reported. It is the price of a record that no price book knows.
    pub reported: Option<Usd>,
    /// Model provider.
    pub provider: Option<Provider>,
    /// Requested model.
    pub request_model: Option<CompactString>,
    /// Model that answered.
    pub response_model: Option<CompactString>,
    /// Service tier charged.
    pub service_tier: Option<CompactString>,
    /// Billing of the call.
    pub billing: Billing,
}

impl Charge {
    /// The facts of a ledger row.
    pub fn of(cost: &Cost) -> Self {
        Self {
            usage: cost.usage.clone(),
            reported: cost.reported,
            provider: cost.provider.clone(),
            request_model: cost.request_model.clone(),
            response_model: cost.response_model.clone(),
            service_tier: cost.service_tier.clone(),
            billing: cost.billing,
        }
    }

    /// The facts of a call that no other record is merged into.
    pub fn of_call(call: &Call) -> Self {
        Self {
            usage: call.usage.clone(),
            reported: call.reported,
            provider: call.provider.clone(),
            request_model: call.request_model.clone(),
            response_model: call.response_model.clone(),
            service_tier: call.service_tier.clone(),
            billing: call.billing,
        }
    }

    /// Sets these facts in a ledger row.
    pub fn charge_to(self, cost: &mut Cost) {
        cost.usage = self.usage;
        cost.reported = self.reported;
        cost.provider = self.provider;
        cost.request_model = self.request_model;
        cost.response_model = self.response_model;
        cost.service_tier = self.service_tier;
        cost.billing = self.billing;
    }

    /// The total of exact figures; `None` for estimates and without figures.
    pub fn exact_total(&self) -> Option<u64> {
        let usage = self.usage.as_ref().filter(|usage| usage.has_figures() && !usage.estimated)?;
        Some(usage.input.unwrap_or(0).saturating_add(usage.output.unwrap_or(0)))
    }

    /// Whether it has money: usage or a reported cost.
    pub const fn spends(&self) -> bool {
        self.usage.is_some() || self.reported.is_some()
    }

    /// Whether these facts cost at least as much as others, by any price book and without one.
    pub fn covers(&self, other: &Self) -> bool {
        if !other.spends() {
            return true;
        }
        let reports_as_much =
            other.reported.is_none_or(|cost| self.reported.is_some_and(|ours| ours >= cost));
        let uses_as_much = match (&self.usage, &other.usage) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(ours), Some(theirs)) => uses_as_much(ours, theirs),
        };
        self.has_prices_of(other) && reports_as_much && uses_as_much
    }

    /// Whether both have the same model, provider, tier and billing.
    pub fn has_prices_of(&self, other: &Self) -> bool {
        let names = |charge: &Self| charge.response_model.clone().or_else(|| charge.request_model.clone());
        names(self) == names(other)
            && self.provider == other.provider
            && self.service_tier == other.service_tier
            && self.billing == other.billing
    }
}

/// Whether a usage has at least as much of each bucket, and as much input outside of caches.
fn uses_as_much(ours: &Usage, theirs: &Usage) -> bool {
    let dear = |usage: &Usage| {
        [
            usage.input,
            usage.output,
            usage.cache_write,
            usage.cache_write_1h,
            usage.input_audio,
            usage.input_image,
            usage.output_audio,
            usage.output_image,
        ]
        .map(|count| count.unwrap_or(0))
    };
    let fresh = |usage: &Usage| usage.input.unwrap_or(0).saturating_sub(usage.cache_read.unwrap_or(0));
    let audio =
        |usage: &Usage| usage.input_audio.unwrap_or(0).saturating_sub(usage.cache_read_audio.unwrap_or(0));
    let not_less = dear(ours).iter().zip(dear(theirs)).all(|(ours, theirs)| *ours >= theirs);
    let not_cheaper = fresh(ours) >= fresh(theirs) && audio(ours) >= audio(theirs);
    let has_units = theirs.units.iter().all(|(unit, count)| ours.units.get(unit).unwrap_or(&0) >= count);
    not_less && not_cheaper && has_units && ours.estimated <= theirs.estimated
}
