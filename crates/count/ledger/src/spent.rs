//! Tokens and costs of calls that the gateway recorded in a meeting, which metrics do not count again.
//!
//! A call of the gateway takes its own tokens from a metric, bucket by bucket and only at the same price. So
//! does a record without a receiver. A call of another key takes nothing: the price of a token can depend on
//! the length of its request, so many small calls would cost less than the metric.

use std::collections::BTreeMap;

use quipu_core::{Cost, Rule, Signal, Usage, Usd};

use crate::names::same_names;
use crate::row::{self, Arrivals, Id};

/// The rest of a call that metrics of other senders may still add.
struct Call {
    id: Id,
    usage: Option<Usage>,
    reported: Option<Usd>,
}

/// The calls of a meeting, in the order of their ids.
pub(crate) struct Spent {
    calls: Vec<Call>,
    rows: BTreeMap<Id, Cost>,
}

impl Spent {
    /// The calls among the decided rows.
    pub fn of(rows: &BTreeMap<Id, Cost>, arrivals: &Arrivals) -> Self {
        let is_of_a_key = |id: &Id| arrivals.get(id).is_some_and(|arrival| arrival.is_of_a_key());
        let is_call = |row: &Cost| row.signal != Signal::Metric && (row::tells(row) || row::reports(row));
        let calls: BTreeMap<Id, Cost> = rows
            .iter()
            .filter(|(id, row)| is_call(row) && !is_of_a_key(id))
            .map(|(id, row)| (*id, row.clone()))
            .collect();
        let of_row = |(id, row): (&Id, &Cost)| Call {
            id: *id,
            usage: row.usage.clone().filter(|usage| !usage.estimated),
            reported: row.reported,
        };
        Self { calls: calls.iter().map(of_row).collect(), rows: calls }
    }

    /// Whether there are no calls.
    pub const fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Takes the tokens of these calls from a metric. Of a metric without tokens, it takes the
    /// costs. Returns the calls that took any. A metric with nothing left does not count.
    pub fn take_from(&mut self, metric: &mut Cost) -> Vec<Id> {
        let mut takers = Vec::new();
        let whole = (metric.usage.clone(), metric.reported);
        for call in &mut self.calls {
            let Some(row) = self.rows.get(&call.id) else { continue };
            if !has_price_of(row, metric) {
                continue;
            }
            let took = match (&mut metric.usage, &mut metric.reported) {
                (Some(of), _) => call.usage.as_mut().is_some_and(|usage| take_tokens(usage, of)),
                (None, Some(of)) => call.reported.as_mut().is_some_and(|cost| take_cost(cost, of)),
                (None, None) => false,
            };
            if took {
                takers.push(call.id);
            }
        }
        let is_nothing = match (&metric.usage, metric.reported) {
            (Some(usage), _) => usage.tokens().total() == 0 && usage.units.values().all(|count| *count == 0),
            (None, reported) => reported.unwrap_or_default() == Usd::ZERO,
        };
        if !takers.is_empty() && is_nothing {
            (metric.usage, metric.reported) = whole;
            metric.rule = Rule::Echo;
        }
        takers
    }
}

/// Whether a call has the price of a metric. A metric of cost alone may be of any model.
fn has_price_of(call: &Cost, metric: &Cost) -> bool {
    let names = |row: &Cost| row.request_model.is_some() || row.response_model.is_some();
    let same_model = names(call)
        && names(metric)
        && same_names(
            [&call.request_model, &call.response_model],
            [&metric.request_model, &metric.response_model],
        );
    call.billing == metric.billing
        && (metric.usage.is_none()
            || (same_model && call.provider == metric.provider && call.service_tier == metric.service_tier))
}

fn take(from: &mut u64, of: &mut u64) -> bool {
    let taken = (*from).min(*of);
    (*from, *of) = (*from - taken, *of - taken);
    taken > 0
}

fn take_cost(from: &mut Usd, of: &mut Usd) -> bool {
    let taken = (*from).min(*of);
    (*from, *of) = (*from - taken, *of - taken);
    taken > Usd::ZERO
}

/// Takes tokens from each of the buckets that do not overlap: fresh input, cache reads, cache writes, output.
fn take_tokens(from: &mut Usage, of: &mut Usage) -> bool {
    let (mut ours, mut theirs) = (Buckets::of(from), Buckets::of(of));
    let mut took = false;
    for (from, of) in ours.0.iter_mut().zip(theirs.0.iter_mut()) {
        took |= take(from, of);
    }
    ours.write(from);
    theirs.write(of);
    took
}

struct Buckets([u64; 4]);

impl Buckets {
    fn of(usage: &Usage) -> Self {
        let (read, write) = (usage.cache_read.unwrap_or(0), usage.cache_write.unwrap_or(0));
        let fresh = usage.input.unwrap_or(0).saturating_sub(read).saturating_sub(write);
        Self([fresh, read, write, usage.output.unwrap_or(0)])
    }

    /// Sets the buckets. Parts of a bucket become unknown: without them, the bucket has one price.
    fn write(self, usage: &mut Usage) {
        let [fresh, read, write, output] = self.0;
        let known = |before: Option<u64>, now: u64| before.map(|_| now);
        *usage = Usage {
            input: known(usage.input, fresh.saturating_add(read).saturating_add(write)),
            cache_read: known(usage.cache_read, read),
            cache_write: known(usage.cache_write, write),
            output: known(usage.output, output),
            units: std::mem::take(&mut usage.units),
            reading: usage.reading,
            estimated: usage.estimated,
            ..Usage::default()
        };
    }
}
