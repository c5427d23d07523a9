//! Records of one call by several senders: a later sender never lowers the money of a call.
//!
//! Evidence joins records of two senders, such as those of an agent and of a proxy. Any sender can forge it.
//! Therefore the facts that decide the price come from the sender whose exact figures arrived first, unless
//! the joined record costs at least as much. Records of the gateway, and records without a receiver, precede
//! those of keys.

use std::cmp::Reverse;

use compact_str::CompactString;
use quipu_core::{Arrival, Billing, Call, Cost, Node, Provider, Usage};

use crate::merge;
use crate::tally::Tokens;

/// The facts of a record that decide its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Charge {
    pub usage: Option<Usage>,
    pub provider: Option<Provider>,
    pub request_model: Option<CompactString>,
    pub response_model: Option<CompactString>,
    pub service_tier: Option<CompactString>,
    pub billing: Billing,
}

impl Charge {
    /// The facts of a ledger row.
    pub fn of(cost: &Cost) -> Self {
        Self {
            usage: cost.usage.clone(),
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
        cost.provider = self.provider;
        cost.request_model = self.request_model;
        cost.response_model = self.response_model;
        cost.service_tier = self.service_tier;
        cost.billing = self.billing;
    }

    /// The facts of the records of one call, with the best figures of all. The first one counts.
    fn merged(nodes: &[&Node]) -> Self {
        let calls = || nodes.iter().filter_map(|node| node.call.as_deref());
        let first = calls().next();
        Self {
            usage: merge::best(nodes.iter().copied()),
            provider: first.and_then(|call| call.provider.clone()),
            request_model: first.and_then(|call| call.request_model.clone()),
            response_model: calls().find_map(|call| call.response_model.clone()),
            service_tier: first.and_then(|call| call.service_tier.clone()),
            billing: calls().map(|call| call.billing).max().unwrap_or_default(),
        }
    }

    /// The total of exact figures; `None` for estimates and without figures.
    fn exact_total(&self) -> Option<u64> {
        let usage = self.usage.as_ref().filter(|usage| usage.has_figures() && !usage.estimated)?;
        Some(usage.input.unwrap_or(0).saturating_add(usage.output.unwrap_or(0)))
    }

    /// The order of records that arrived in the same second: the dearest first.
    fn dearest_first(&self) -> (Reverse<u64>, u64, bool, Billing) {
        let cached = self.usage.as_ref().and_then(|usage| usage.cache_read).unwrap_or(0);
        (Reverse(self.exact_total().unwrap_or(0)), cached, self.service_tier.is_some(), self.billing)
    }

    /// Whether these facts cost at least as much as others, by any price book.
    fn covers(&self, other: &Self) -> bool {
        let names = |charge: &Self| charge.response_model.clone().or_else(|| charge.request_model.clone());
        let same_price = names(self) == names(other)
            && self.provider == other.provider
            && self.service_tier == other.service_tier
            && self.billing == other.billing;
        let (Some(ours), Some(theirs)) = (&self.usage, &other.usage) else { return other.usage.is_none() };
        same_price && uses_as_much(ours, theirs)
    }
}

/// Whether a usage has at least as much of each bucket, and no more of the cheaper ones.
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
    let cheap = |usage: &Usage| [usage.cache_read, usage.cache_read_audio].map(|count| count.unwrap_or(0));
    let not_less = dear(ours).iter().zip(dear(theirs)).all(|(ours, theirs)| *ours >= theirs);
    let not_cheaper = cheap(ours).iter().zip(cheap(theirs)).all(|(ours, theirs)| *ours <= theirs);
    let has_units = theirs.units.iter().all(|(unit, count)| ours.units.get(unit).unwrap_or(&0) >= count);
    not_less && not_cheaper && has_units && ours.estimated <= theirs.estimated
}

/// Place of a sender among those of one call; the lowest comes first.
const fn place(arrival: Arrival) -> (bool, i64) {
    if arrival.is_of_a_key() { (true, arrival.second) } else { (false, 0) }
}

/// Whether a record of another sender arrived later. Two senders of one second are both later than the other.
pub(crate) fn is_later(record: Arrival, than: Arrival) -> bool {
    record.sender != than.sender && place(record) >= place(than)
}

/// The arrival of the record whose money no other sender may lower; `None` if one sender sent all records, or
/// none has exact figures.
fn first(records: &[(Arrival, &Charge)]) -> Option<Arrival> {
    let (one, _) = records.first()?;
    if records.iter().all(|(arrival, _)| arrival.sender == one.sender) {
        return None;
    }
    let exact = records.iter().filter(|(_, charge)| charge.exact_total().is_some());
    exact
        .min_by_key(|(arrival, charge)| (place(*arrival), charge.dearest_first(), arrival.sender))
        .map(|(arrival, _)| *arrival)
}

/// The facts and the arrival of the records of one call in a trace; the first one counts.
pub(crate) fn of_nodes(nodes: &[&Node]) -> (Charge, Arrival) {
    let all = Charge::merged(nodes);
    let arrival = nodes.first().map(|node| node.arrival).unwrap_or_default();
    if nodes.iter().all(|node| node.arrival.sender == arrival.sender) {
        return (all, arrival);
    }
    let each: Vec<(Arrival, Charge)> =
        nodes.iter().map(|node| (node.arrival, Charge::merged(&[*node]))).collect();
    let each: Vec<(Arrival, &Charge)> = each.iter().map(|(arrival, charge)| (*arrival, charge)).collect();
    let Some(first) = first(&each) else { return (all, arrival) };
    let theirs: Vec<&Node> =
        nodes.iter().copied().filter(|node| node.arrival.sender == first.sender).collect();
    let theirs = Charge::merged(&theirs);
    (if all.covers(&theirs) { all } else { theirs }, first)
}

/// Keeps the money of the first sender in a row that several records were merged into. Returns the arrival
/// that the row then has. `theirs` merges the records of one sender.
pub(crate) fn keep(
    row: &mut Cost,
    arrival: Arrival,
    records: &[(Arrival, Charge)],
    theirs: impl FnOnce(u64) -> Option<Charge>,
) -> Arrival {
    let each: Vec<(Arrival, &Charge)> = records.iter().map(|(arrival, charge)| (*arrival, charge)).collect();
    let Some(first) = first(&each) else { return arrival };
    if let Some(theirs) = theirs(first.sender).filter(|theirs| !Charge::of(row).covers(theirs)) {
        theirs.charge_to(row);
    }
    first
}

/// The tokens by which a record of a later sender may lower the usage of `node`. They have the same model and
/// the same price, and are read from no cache.
pub(crate) fn takes(record: &Node, node: &Node) -> Tokens {
    let (Some(one), Some(other)) = (&record.call, &node.call) else { return Tokens::default() };
    let same_price = one.provider == other.provider
        && one.service_tier == other.service_tier
        && one.billing == other.billing
        && merge::is_one_model(one, other);
    let Some(usage) = one.usage.as_ref().filter(|usage| same_price && !usage.estimated) else {
        return Tokens::default();
    };
    let cached = usage.cache_read.unwrap_or(0);
    let input = usage.input.unwrap_or(0).saturating_sub(cached);
    Tokens { input, output: usage.output.unwrap_or(0) }
}
