//! Usage of a span that spans of later senders below or above it do not take away.

use quipu_core::{Call, Kind, Node, Usage};

use crate::merge::usage;
use crate::senders;
use crate::standing::{At, Standing};
use crate::tally::{Tokens, exceeds};
use crate::trace::{Entry, Trace};

/// The tokens of the calls below a span that may lower its usage.
pub(crate) struct HeldTokens {
    /// Those of the same sender, and of others that arrived earlier.
    pub before: Tokens,
    /// Whether there are such calls.
    pub has_before: bool,
    /// Those of senders that arrived later, as far as they cost the same.
    pub later: Tokens,
    /// Whether there are such calls.
    pub has_later: bool,
}

/// Keeps the usage of a span that a later sender would take away by spans below it. Those of other models or
/// at other prices take nothing. The others take their own tokens.
pub(crate) fn kept(trace: &Trace, at: At, standing: Standing) -> Standing {
    if !trace.is_shared || !matches!(standing, Standing::Repeats | Standing::Rest) {
        return standing;
    }
    let Some(told) = usage(&trace.entry(at).node).filter(|usage| !usage.estimated) else { return standing };
    let held = held(trace, at);
    let is_call = trace.entry(at).node.kind.is_call();
    let repeats = held.has_before && (!is_call || !exceeds(told, held.before));
    let taken = held.before.plus(held.later);
    if !held.has_later || repeats || !Tokens::of(told).less(taken).is_some() {
        return standing;
    }
    match (taken.is_some(), is_call) {
        (true, _) => Standing::Rest,
        (false, true) => Standing::Own,
        (false, false) => Standing::Orphan,
    }
}

pub(crate) fn held(trace: &Trace, at: At) -> HeldTokens {
    let above = &trace.entry(at).node;
    let mut held = HeldTokens {
        before: Tokens::default(),
        has_before: false,
        later: Tokens::default(),
        has_later: false,
    };
    let mut stack = trace.entry(at).children.clone();
    while let Some(at) = stack.pop() {
        let Entry { node, children, standing, lost_to, .. } = trace.entry(at);
        // Calls of an agent or a tool are no part of the call that requested it.
        if above.kind.is_call() && matches!(node.kind, Kind::Agent | Kind::Tool) {
            continue;
        }
        stack.extend_from_slice(children);
        let is_later = senders::is_later(node.arrival, above.arrival);
        let counts = match standing {
            Standing::Own | Standing::Orphan | Standing::Rest => !is_later || lost_to.is_none(),
            // The record that counts instead keeps its money.
            Standing::Same(_) => !is_later,
            _ => false,
        };
        let is_alike = !above.kind.is_call() || node.kind == above.kind;
        let Some(told) = usage(node).filter(|_| counts && is_alike) else { continue };
        if is_later {
            held.has_later = true;
            held.later = held.later.plus(senders::takes(node, above));
        } else {
            held.has_before = true;
            held.before = held.before.plus(Tokens::of(told));
        }
    }
    held
}

/// Whether a call reads an answer that another one made.
pub(crate) fn is_fetched(call: &Call) -> bool {
    call.operation.as_deref() == Some("fetch_response")
}

/// Whether a record may replace the usage of `node`: not if it arrived later from another sender and costs
/// less. A record of another sender that never counts itself replaces nothing, or the money would be lost.
pub(crate) fn may_take_all(record: &Node, node: &Node) -> bool {
    let counts = record.call.as_ref().is_none_or(|call| !call.never_count && !is_fetched(call));
    if !counts && record.arrival.sender != node.arrival.sender {
        return false;
    }
    let left = |usage: &Usage| Tokens::of(usage).less(senders::takes(record, node)).is_some();
    !senders::is_later(record.arrival, node.arrival) || !usage(node).is_some_and(left)
}
