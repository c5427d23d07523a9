//! Finality of ended spans: the decision between two versions of one span, for every store and the count.
//!
//! An ended span is final. A later version that differs from it is a conflict and is stored next to it. Only
//! the sender of the first version may correct it, within [`CORRECTION_SECONDS`].

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{Canonical, Charge, Node, Signal, Span, SpanId, Timestamp, TraceId};

/// Seconds after the arrival of an ended version during which its sender may correct it.
pub const CORRECTION_SECONDS: i64 = 600;

/// Sender and arrival time of a version of a span. The default stands for a record without a receiver: from a
/// library in the same process, or stored by an earlier build.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Arrival {
    /// Hash of the sender's credentials (upper half) and of its service and instance (lower half); 0 for a
    /// record without a receiver.
    pub sender: u64,
    /// Arrival, in milliseconds since 1970.
    pub millisecond: i64,
}

impl Arrival {
    /// The arrival of a record of the gateway, a sender that no key has.
    pub const fn of_gateway(at: Timestamp) -> Self {
        Self { sender: Self::GATEWAY, millisecond: at.millis() }
    }

    const GATEWAY: u64 = u64::MAX;

    /// Whether the sender is known by its credentials, and is not the gateway.
    pub const fn is_of_a_key(self) -> bool {
        self.sender != 0 && self.sender != Self::GATEWAY
    }

    /// Whether the sender is the gateway of this server.
    pub const fn is_of_gateway(self) -> bool {
        self.sender == Self::GATEWAY
    }

    /// A number of the sender's credentials, for comparison: the same for all services that share a key.
    pub const fn credentials(self) -> u64 {
        if self.is_of_a_key() { self.sender >> 32 } else { self.sender }
    }

    /// The time of arrival.
    pub const fn at(self) -> Timestamp {
        Timestamp::from_millis(self.millisecond)
    }

    /// Whether the sender of an ended version may still correct it with a version of this arrival.
    const fn allows(self, correction: Self) -> bool {
        let is_known = self.sender != 0;
        let in_time = self.millisecond.abs_diff(correction.millisecond) <= CORRECTION_SECONDS as u64 * 1_000;
        self.sender == correction.sender && (!is_known || in_time)
    }
}

/// The facts of a span's version that decide whether it is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanVersion {
    has_ended: bool,
    signal: Signal,
    charge: Charge,
    arrival: Arrival,
}

impl SpanVersion {
    /// The facts of this version.
    pub fn of(node: &Node) -> Self {
        Self {
            has_ended: node.duration.is_some(),
            signal: node.signal,
            charge: node.call.as_deref().map(Charge::of_call).unwrap_or_default(),
            arrival: node.arrival,
        }
    }

    /// Decides between a stored version and a new one. `order` compares the content of the new version with
    /// the stored one: [`Ordering::Greater`] for the better copy, [`Ordering::Equal`] for the same content.
    pub fn judge(&self, new: &Self, order: Ordering) -> Verdict {
        let same_sender = self.arrival.sender == new.arrival.sender;
        if order == Ordering::Equal || (self.has_ended && !new.has_ended) {
            // A running version that arrives after the end is late and has no new facts.
            return Verdict::Keep;
        }
        let is_open = match (self.signal, self.has_ended) {
            (Signal::Span, true) => self.arrival.allows(new.arrival),
            // Only the sender may change the counted money of a running span.
            (Signal::Span, false) => same_sender || !self.charge.spends(),
            _ => self.grows_by(new, order),
        };
        match order {
            _ if !is_open => Verdict::Conflict { same_sender },
            Ordering::Greater => Verdict::Replace(self.arrival_after(new)),
            Ordering::Less | Ordering::Equal => Verdict::Keep,
        }
    }

    /// Whether the better copy of a span that was made from logs or metrics stays. Such a span grows with the
    /// records of its sender. After the correction time its money does not decrease.
    fn grows_by(&self, new: &Self, order: Ordering) -> bool {
        if !self.charge.spends() {
            return self.arrival.credentials() == new.arrival.credentials();
        }
        let adds = || order == Ordering::Less || new.charge.covers(&self.charge);
        self.arrival.sender == new.arrival.sender && (self.arrival.allows(new.arrival) || adds())
    }

    /// The correction time begins with the first ended version, and for money from logs and metrics too.
    const fn arrival_after(&self, new: &Self) -> Arrival {
        let is_first = matches!(self.signal, Signal::Span) || self.charge.spends();
        if self.has_ended && is_first { self.arrival } else { new.arrival }
    }
}

/// The decision between a stored version of a span and a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The stored version stays: the new one is equal, older or has less content.
    Keep,
    /// The new version replaces the stored one and has this arrival.
    Replace(Arrival),
    /// The stored version is final; the new one is stored next to it.
    Conflict {
        /// Whether the sender of the stored version sent the new one, after the correction time.
        same_sender: bool,
    },
}

/// A refused version of a final span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanConflict {
    /// Arrival, in whole seconds.
    pub at: Timestamp,
    /// Whether the sender of the final version sent it, after the correction time.
    pub same_sender: bool,
    /// The version as it was sent. Of its `canonical`, only usage and reported cost are set.
    pub span: Box<Span>,
    /// Whether its attributes, events, links and messages were dropped because they exceed
    /// [`SpanConflict::BYTES`].
    pub is_cut: bool,
}

impl SpanConflict {
    /// Largest number of versions stored next to a span. Further ones replace stored ones: see
    /// [`Self::to_replace`].
    pub const MOST: usize = 4;
    /// Largest size of a version that is stored whole, in bytes.
    pub const BYTES: usize = 8 << 10;

    /// The refused version in its stored form.
    pub fn of(span: &Span, same_sender: bool) -> Self {
        let is_cut = span.bytes() > Self::BYTES;
        let mut kept = if is_cut { head_of(span) } else { span.clone() };
        kept.canonical = Box::new(Canonical {
            usage: span.canonical.usage.clone(),
            reported_cost: span.canonical.reported_cost,
            ..Canonical::default()
        });
        Self { at: kept.arrival.at(), same_sender, span: Box::new(kept), is_cut }
    }

    /// The stored version that makes room for a new one; `None` while there is room. The latest version
    /// stays, the latest of the span's own sender, and the most expensive one by tokens and by reported cost.
    /// `known` is in the order of arrival.
    pub fn to_replace(known: &[Self], new: &Self) -> Option<usize> {
        if known.len() < Self::MOST {
            return None;
        }
        let tokens = |one: &Self| one.span.canonical.usage.as_ref().map_or(0, |usage| usage.tokens().total());
        let reported = |one: &Self| one.span.canonical.reported_cost.unwrap_or_default();
        let own = known.iter().rposition(|one| one.same_sender).filter(|_| !new.same_sender);
        let most_tokens = (0..known.len()).rev().max_by_key(|at| tokens(&known[*at]));
        let most_tokens = most_tokens.filter(|at| tokens(&known[*at]) >= tokens(new));
        let most_reported = (0..known.len()).rev().max_by_key(|at| reported(&known[*at]));
        let most_reported = most_reported.filter(|at| reported(&known[*at]) >= reported(new));
        let stay = [own, most_tokens, most_reported];
        (0..known.len()).rev().find(|at| !stay.contains(&Some(*at)))
    }

    /// The same version without contents, for lists.
    #[must_use]
    pub fn without_contents(self) -> Self {
        Self { span: Box::new(head_of(&self.span)), is_cut: true, ..self }
    }

    /// Whether both are the same version, regardless of their arrival.
    pub fn is_same(&self, other: &Self) -> bool {
        let content = |conflict: &Self| Span { arrival: Arrival::default(), ..Span::clone(&conflict.span) };
        content(self) == content(other)
    }

    /// Size in memory in bytes, contents included.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.span.bytes()
    }
}

/// A span without its contents.
fn head_of(span: &Span) -> Span {
    let end = span.end.unwrap_or(span.start);
    let name = &span.name[..span.name.floor_char_boundary(256)];
    let mut head = Span::new(span.trace_id, span.span_id, name, span.start, end);
    (head.end, head.parent_id, head.kind) = (span.end, span.parent_id, span.kind);
    (head.status, head.arrival) = (span.status, span.arrival);
    if span.resource.attributes.heap_bytes() <= SpanConflict::BYTES / 4 {
        head.resource.clone_from(&span.resource);
    }
    head
}

/// Refused versions of final spans in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conflicts {
    /// Number of versions.
    pub versions: u64,
    /// Spans with a newly stored conflict; at most [`Conflicts::MOST`] between two calls of
    /// [`crate::StoreIntegrity::take_conflicts`].
    pub kept: Vec<(TraceId, SpanId)>,
}

impl Conflicts {
    /// Largest number of listed spans; further ones are only counted.
    pub const MOST: usize = 4_096;

    /// Counts a refused version, and lists its span if the version was stored.
    pub fn note(&mut self, trace_id: TraceId, span_id: SpanId, is_kept: bool) {
        self.versions += 1;
        if is_kept && self.kept.len() < Self::MOST {
            self.kept.push((trace_id, span_id));
        }
    }

    /// Adds the conflicts of another list.
    pub fn append(&mut self, other: &mut Self) {
        self.versions += std::mem::take(&mut other.versions);
        let room = Self::MOST.saturating_sub(self.kept.len());
        self.kept.extend(other.kept.drain(..).take(room));
    }
}

#[cfg(test)]
mod tests;
