//! One limit of one budget: what was spent, what is reserved.

use quipu_core::{SpanId, Timestamp, TraceId};

use super::{Amount, Estimate};

/// Where the call of a reservation is expected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub trace_id: Option<TraceId>,
    pub span_id: Option<SpanId>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    id: u64,
    figure: i128,
    expires: Timestamp,
    expected: Expected,
}

/// One limit with its spending. What is reserved and what is spent never pass it together, so that spending passes it only by
/// what estimates were too low.
#[derive(Debug)]
pub(crate) struct Account {
    pub limit: Amount,
    pub spent: i128,
    held: Vec<Held>,
}

impl Account {
    pub const fn new(limit: Amount) -> Self {
        Self { limit, spent: 0, held: Vec::new() }
    }

    /// What is reserved.
    pub fn reserved(&self) -> i128 {
        self.held.iter().map(|held| held.figure).sum()
    }

    /// Lets go of what has waited too long.
    pub fn expire(&mut self, now: Timestamp) {
        self.held.retain(|held| held.expires > now);
    }

    /// Whether this much fits beside what is spent and reserved.
    pub fn fits(&self, estimate: &Estimate) -> bool {
        let taken = self.spent.saturating_add(self.reserved());
        let limit = self.limit.figure();
        taken < limit && taken.saturating_add(estimate.in_unit_of(self.limit)) <= limit
    }

    pub fn hold(&mut self, id: u64, estimate: &Estimate, expires: Timestamp, expected: Expected) {
        self.held.push(Held { id, figure: estimate.in_unit_of(self.limit), expires, expected });
    }

    /// Changes where a reservation's call is expected.
    pub fn expect(&mut self, id: u64, expected: Expected) {
        if let Some(held) = self.held.iter_mut().find(|held| held.id == id) {
            held.expected = expected;
        }
    }

    /// Lets go of a reservation; `false` when it is gone already.
    pub fn release(&mut self, id: u64) -> bool {
        let before = self.held.len();
        self.held.retain(|held| held.id != id);
        self.held.len() < before
    }

    /// Lets go of the reservation of a call that was counted: the one made for its span, else the smallest of those made in its
    /// trace for no span in particular. The smallest, because what stays reserved must cover the calls that are still out,
    /// whichever they are.
    pub fn settle(&mut self, trace_id: TraceId, span_id: SpanId) {
        let of_span = Expected { trace_id: Some(trace_id), span_id: Some(span_id) };
        let of_trace = Expected { trace_id: Some(trace_id), span_id: None };
        let exact = self.held.iter().position(|held| held.expected == of_span);
        let any = || {
            let of_it = self.held.iter().enumerate().filter(|(_, held)| held.expected == of_trace);
            of_it.min_by_key(|(_, held)| held.figure).map(|(at, _)| at)
        };
        if let Some(at) = exact.or_else(any) {
            self.held.swap_remove(at);
        }
    }
}
