//! Signals that a call can send, and their frequency in a sample.

use quipu_core::{Canonical, Cost, Messages, Params};

use super::Latest;
use crate::dto::Sends;

/// A sampled call, with data of its trace.
pub(super) struct SampledCall<'a> {
    pub(super) cost: &'a Cost,
    pub(super) read: &'a Canonical,
    pub(super) said: &'a Messages,
    /// Whether the call, or one of its events, has messages.
    pub(super) has_messages: bool,
    pub(super) trace: &'a Latest,
}

/// Whether a call sends the signal, by any of its records. Data that only its log has is in its ledger row.
/// `None` if the call had no occasion to send it.
type Test = fn(&SampledCall<'_>) -> Option<bool>;

const SIGNALS: [(&str, Test); 15] = [
    ("messages", |call| Some(call.has_messages)),
    ("cache_read", |call| Some(call.cost.usage.as_ref().is_some_and(|usage| usage.cache_read.is_some()))),
    ("reasoning", |call| Some(call.cost.usage.as_ref().is_some_and(|usage| usage.reasoning.is_some()))),
    ("response_id", |call| Some(call.read.response_id.is_some())),
    ("response_model", |call| Some(call.cost.response_model.is_some())),
    ("finish_reasons", |call| Some(!call.read.finish_reasons.is_empty())),
    ("ttft", |call| Some(call.read.time_to_first_token.is_some())),
    ("params", |call| Some(*call.read.params != Params::default())),
    ("session", |call| Some(call.trace.session || call.read.session.is_some())),
    ("user", |call| Some(call.trace.user || call.read.user.is_some())),
    ("agent", |call| Some(call.cost.agent.is_some())),
    ("tool_calls", |call| Some(call.trace.tools)),
    ("errors", |call| call.cost.failed.then(|| call.read.error_type.is_some())),
    ("reported_cost", |call| Some(call.cost.reported.is_some())),
    ("tool_definitions", |call| Some(!call.said.tool_definitions.is_empty())),
];

/// How many calls send each signal, of how many that could.
#[derive(Default)]
pub(super) struct Tally {
    calls: u64,
    counts: [(u64, u64); SIGNALS.len()],
}

impl Tally {
    /// Calls so far.
    pub(super) const fn calls(&self) -> u64 {
        self.calls
    }

    /// Counts one call.
    pub(super) fn add(&mut self, call: &SampledCall<'_>) {
        self.calls += 1;
        for ((_, test), (sent, of)) in SIGNALS.iter().zip(&mut self.counts) {
            if let Some(sends) = test(call) {
                *sent += u64::from(sends);
                *of += 1;
            }
        }
    }

    /// Signals with the share of calls that send them, to three digits, and signals that no call sends.
    pub(super) fn split(&self) -> (Vec<Sends>, Vec<String>) {
        let (mut sends, mut lacks) = (Vec::new(), Vec::new());
        for ((signal, _), (sent, of)) in SIGNALS.iter().zip(self.counts) {
            match (sent, of) {
                (_, 0) => {}
                (0, _) => lacks.push((*signal).to_owned()),
                _ => {
                    // A share is never rounded down to zero.
                    let share = (sent as f64 / of as f64 * 1_000.0).round().max(1.0) / 1_000.0;
                    sends.push(Sends { signal: (*signal).to_owned(), share });
                }
            }
        }
        (sends, lacks)
    }
}
