//! Records of one call by several senders: a later sender never lowers the money of a call.
//!
//! Evidence joins records of two senders, such as those of an agent and of a proxy. Any sender can forge it.
//! Therefore the facts that decide the price come from the sender whose exact figures arrived first, unless
//! the joined record costs at least as much. Records of the gateway, and records without a receiver, precede
//! those of keys.

use std::cmp::Reverse;

use compact_str::CompactString;
use quipu_core::{Arrival, Billing, Call, Charge, Cost, Node, Usd};

use crate::merge;
use crate::names;
use crate::tally::Tokens;
use crate::unsent::{self, Reader};

/// The facts of the records of one call, with the best figures of all. The first one counts.
fn merged(nodes: &[&Node]) -> Charge {
    let calls = || nodes.iter().filter_map(|node| node.call.as_deref());
    let first = calls().next();
    Charge {
        usage: unsent::unless_unsent(merge::best(nodes.iter().copied()), calls().map(reader)),
        reported: calls().find_map(|call| call.reported),
        provider: first.and_then(|call| call.provider.clone()),
        request_model: first.and_then(|call| call.request_model.clone()),
        response_model: response_model(&calls().collect::<Vec<_>>()),
        service_tier: first.and_then(|call| call.service_tier.clone()),
        billing: calls().map(|call| call.billing).max().unwrap_or_default(),
    }
}

/// The first model that answered, unless it is only the alias that another record requested.
fn response_model(calls: &[&Call]) -> Option<CompactString> {
    let first = &calls.iter().find(|call| call.response_model.is_some())?.response_model;
    let right = calls.iter().find(|call| names::is_alias(first, &call.request_model, &call.response_model));
    right.map_or(first, |call| &call.response_model).clone()
}

fn reader(call: &Call) -> Reader<'_> {
    Reader {
        convention: &call.convention,
        usage: call.usage.as_ref(),
        has_text: call.marks.text.is_some(),
        failed: call.failed,
    }
}

/// The order of records that arrived in the same millisecond: the dearest first.
fn dearest_first(charge: &Charge) -> (Reverse<u64>, Reverse<Option<Usd>>, u64, bool, Billing) {
    let cached = charge.usage.as_ref().and_then(|usage| usage.cache_read).unwrap_or(0);
    let total = Reverse(charge.exact_total().unwrap_or(0));
    (total, Reverse(charge.reported), cached, charge.service_tier.is_some(), charge.billing)
}

/// Place of a sender among those of one call; the lowest comes first.
const fn place(arrival: Arrival) -> (bool, i64) {
    if arrival.is_of_a_key() { (true, arrival.millisecond) } else { (false, 0) }
}

/// Whether a record of another sender arrived later. Two senders of one millisecond are each later than the
/// other.
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
    let exact =
        records.iter().filter(|(_, charge)| charge.exact_total().is_some() || charge.reported.is_some());
    exact
        .min_by_key(|(arrival, charge)| (place(*arrival), dearest_first(charge), arrival.sender))
        .map(|(arrival, _)| *arrival)
}

/// The facts and the arrival of the records of one call in a trace; the first one counts.
pub(crate) fn of_nodes(nodes: &[&Node]) -> (Charge, Arrival) {
    let all = merged(nodes);
    let arrival = nodes.first().map(|node| node.arrival).unwrap_or_default();
    if nodes.iter().all(|node| node.arrival.sender == arrival.sender) {
        return (all, arrival);
    }
    let each: Vec<(Arrival, Charge)> = nodes.iter().map(|node| (node.arrival, merged(&[*node]))).collect();
    let each: Vec<(Arrival, &Charge)> = each.iter().map(|(arrival, charge)| (*arrival, charge)).collect();
    let Some(first) = first(&each) else { return (all, arrival) };
    let theirs: Vec<&Node> =
        nodes.iter().copied().filter(|node| node.arrival.sender == first.sender).collect();
    let theirs = merged(&theirs);
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
