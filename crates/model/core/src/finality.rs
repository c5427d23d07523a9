//! Finality of ended spans: the decision between two versions of one span, for every store and the count.
//!
//! An ended span is final. A later version that differs from it is a conflict and is stored next to it. Only
//! the sender of the first version may correct it, within [`CORRECTION_SECONDS`].

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::signal::digest;
use crate::{Node, Resource, Signal, Span, SpanId, Timestamp, TraceId};

/// Seconds after the arrival of an ended version during which its sender may correct it.
pub const CORRECTION_SECONDS: i64 = 600;

/// Sender and arrival time of a version of a span. The default stands for a record without a receiver: from a
/// library in the same process, or stored by an earlier build.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Arrival {
    /// Hash of the sender's credentials and of its service and instance; 0 for a record without a receiver.
    pub sender: u64,
    /// Arrival, in seconds since 1970.
    pub second: i64,
}

impl Arrival {
    /// The arrival of a span of this resource with these credentials: the id of a key, or the client's
    /// address if access control is off.
    pub fn new(credentials: &str, resource: &Resource, at: Timestamp) -> Self {
        let text = |name| resource.attributes.text(name).unwrap_or_default();
        let names = [credentials, text("service.name"), text("service.instance.id")];
        let [a, b, c, d, e, f, g, h, ..] = digest("sender", &names);
        let sender = u64::from_be_bytes([a, b, c, d, e, f, g, h]).clamp(1, Self::GATEWAY - 1);
        Self { sender, second: at.nanos().div_euclid(Timestamp::SECOND) }
    }

    /// The arrival of a record of the gateway, a sender that no key has.
    pub const fn of_gateway(at: Timestamp) -> Self {
        Self { sender: Self::GATEWAY, second: at.nanos().div_euclid(Timestamp::SECOND) }
    }

    const GATEWAY: u64 = u64::MAX;

    /// Whether the sender is known by its credentials, and is not the gateway.
    pub const fn is_of_a_key(self) -> bool {
        self.sender != 0 && self.sender != Self::GATEWAY
    }

    /// The time of arrival.
    pub const fn at(self) -> Timestamp {
        Timestamp::from_nanos(self.second.saturating_mul(Timestamp::SECOND))
    }

    /// Whether the sender of an ended version may still correct it with a version of this arrival.
    const fn allows(self, correction: Self) -> bool {
        let is_known = self.sender != 0;
        let in_time = self.second.abs_diff(correction.second) <= CORRECTION_SECONDS as u64;
        self.sender == correction.sender && (!is_known || in_time)
    }
}

/// Sets the arrival on the spans of one request.
pub fn stamp_arrival(spans: &mut [Span], credentials: &str, at: Timestamp) {
    let mut last: Option<(*const Resource, Arrival)> = None;
    for span in spans {
        let place = std::sync::Arc::as_ptr(&span.resource);
        let known = last.filter(|(of, _)| *of == place).map(|(_, arrival)| arrival);
        span.arrival = known.unwrap_or_else(|| Arrival::new(credentials, &span.resource, at));
        last = Some((place, span.arrival));
    }
}

/// The facts of a span's version that decide whether it is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanVersion {
    has_ended: bool,
    signal: Signal,
    spends: bool,
    arrival: Arrival,
}

impl SpanVersion {
    /// The facts of this version.
    pub fn of(node: &Node) -> Self {
        let spends = |call: &crate::Call| call.usage.is_some() || call.reported.is_some();
        Self {
            has_ended: node.duration.is_some(),
            signal: node.signal,
            spends: node.call.as_deref().is_some_and(spends),
            arrival: node.arrival,
        }
    }

    /// Decides between a stored version and a new one. `order` compares the content of the new version with
    /// the stored one: [`Ordering::Greater`] for the better copy, [`Ordering::Equal`] for the same content.
    pub fn judge(self, new: Self, order: Ordering) -> Verdict {
        let by_content = match order {
            Ordering::Greater => Verdict::Replace(self.arrival_after(new)),
            Ordering::Less | Ordering::Equal => Verdict::Keep,
        };
        let same_sender = self.arrival.sender == new.arrival.sender;
        match self {
            _ if order == Ordering::Equal => Verdict::Keep,
            // A span made from logs or metrics grows with them.
            Self { signal, .. } if signal != Signal::Span => by_content,
            // A running version that arrives after the end is late and has no new facts.
            Self { has_ended: true, .. } if !new.has_ended => Verdict::Keep,
            Self { has_ended: true, arrival, .. } if arrival.allows(new.arrival) => by_content,
            Self { has_ended: true, .. } => Verdict::Conflict { same_sender },
            // Only the sender may change the counted money of a running span.
            Self { spends: true, .. } if !same_sender => Verdict::Conflict { same_sender },
            Self { .. } => by_content,
        }
    }

    /// The correction time begins with the first ended version.
    const fn arrival_after(self, new: Self) -> Arrival {
        if self.has_ended && matches!(self.signal, Signal::Span) { self.arrival } else { new.arrival }
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
    /// The version as it was sent (its `canonical` left default).
    pub span: Box<Span>,
    /// Whether its attributes, events, links and messages were dropped because they exceed
    /// [`SpanConflict::BYTES`].
    pub is_cut: bool,
}

impl SpanConflict {
    /// Largest number of versions stored next to a span; further ones are only counted.
    pub const MOST: usize = 4;
    /// Largest size of a version that is stored whole, in bytes.
    pub const BYTES: usize = 8 << 10;

    /// The refused version in its stored form.
    pub fn of(span: &Span, same_sender: bool) -> Self {
        let is_cut = span.bytes() > Self::BYTES;
        let mut kept = if is_cut { head_of(span) } else { span.clone() };
        kept.canonical = Box::default();
        Self { at: kept.arrival.at(), same_sender, span: Box::new(kept), is_cut }
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
mod tests {
    use super::*;

    fn arrived(sender: u64, second: i64) -> Arrival {
        Arrival { sender, second }
    }

    fn version(has_ended: bool, arrival: Arrival) -> SpanVersion {
        SpanVersion { has_ended, signal: Signal::Span, spends: false, arrival }
    }

    const OTHERS: Verdict = Verdict::Conflict { same_sender: false };

    #[test]
    fn an_ended_span_is_its_senders_to_correct_for_ten_minutes() {
        let first = version(true, arrived(1, 1_000));
        let judge = |sender, second, order| first.judge(version(true, arrived(sender, second)), order);
        assert_eq!(judge(1, 1_600, Ordering::Greater), Verdict::Replace(arrived(1, 1_000)));
        assert_eq!(judge(1, 1_600, Ordering::Less), Verdict::Keep);
        assert_eq!(judge(1, 1_601, Ordering::Greater), Verdict::Conflict { same_sender: true });
        assert_eq!(judge(1, 399, Ordering::Greater), Verdict::Conflict { same_sender: true });
        for order in [Ordering::Greater, Ordering::Less] {
            assert_eq!(judge(2, 1_000, order), OTHERS);
            assert_eq!(judge(0, 1_000, order), OTHERS, "one that passed no receiver");
        }
        assert_eq!(judge(2, 9_999, Ordering::Equal), Verdict::Keep, "the same content is no conflict");
    }

    #[test]
    fn a_stored_span_of_an_unknown_sender_is_final_for_all_who_are_known() {
        let stored = version(true, arrived(0, 0));
        assert_eq!(stored.judge(version(true, arrived(1, 5)), Ordering::Greater), OTHERS);
        let same = stored.judge(version(true, arrived(0, 0)), Ordering::Greater);
        assert_eq!(same, Verdict::Replace(arrived(0, 0)));
    }

    #[test]
    fn a_running_span_is_ended_by_anyone_unless_it_has_counted() {
        let (running, ended) = (version(false, arrived(1, 10)), version(true, arrived(2, 20)));
        assert_eq!(running.judge(ended, Ordering::Greater), Verdict::Replace(arrived(2, 20)));
        assert_eq!(ended.judge(running, Ordering::Less), Verdict::Keep);
        let spent = SpanVersion { spends: true, ..running };
        assert_eq!(spent.judge(ended, Ordering::Greater), OTHERS);
        let late = version(true, arrived(1, 9_999));
        assert_eq!(spent.judge(late, Ordering::Greater), Verdict::Replace(arrived(1, 9_999)));
    }

    #[test]
    fn what_is_made_of_logs_grows_and_takes_no_spans_place() {
        let made = SpanVersion { signal: Signal::Log, ..version(true, arrived(1, 0)) };
        let other = version(true, arrived(2, 9_999));
        assert_eq!(made.judge(other, Ordering::Greater), Verdict::Replace(arrived(2, 9_999)));
        assert_eq!(other.judge(made, Ordering::Greater), OTHERS);
    }

    #[test]
    fn a_sender_is_its_credentials_service_and_instance() {
        let resource = |name: &str, instance: &str| Resource {
            attributes: [("service.name", name), ("service.instance.id", instance)].into_iter().collect(),
            ..Resource::default()
        };
        let sender = |key: &str, name: &str, instance: &str| {
            Arrival::new(key, &resource(name, instance), Timestamp::from_nanos(7)).sender
        };
        let first = sender("key:a", "shop", "1");
        assert_eq!(first, sender("key:a", "shop", "1"));
        for other in [sender("key:b", "shop", "1"), sender("key:a", "shop", "2"), sender("key:a", "s", "1")] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_large_version_is_kept_without_its_contents() {
        let id = |text: &str| text.parse().unwrap();
        let (trace, span) = ("1".repeat(32), "2".repeat(16));
        let time = Timestamp::from_nanos(5);
        let mut sent = Span::new(trace.parse().unwrap(), id(&span), "large", time, time);
        assert!(!SpanConflict::of(&sent, true).is_cut);
        sent.attributes.push("said", "x".repeat(SpanConflict::BYTES));
        let kept = SpanConflict::of(&sent, false);
        assert!(kept.is_cut && kept.span.attributes.is_empty() && kept.bytes() < SpanConflict::BYTES);
        assert_eq!((kept.span.name.as_str(), kept.span.end), ("large", Some(time)));
    }
}
