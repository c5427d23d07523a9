//! Selection between two versions of a span, for the count.

use quipu_core::{Arrival, Node, SpanVersion, Verdict};

/// Whether `new` replaces `old`, two versions of one span, with the resulting arrival. It makes the same
/// decision as the stores, from the fields of a node. A final tie-break is at least independent of the order
/// of arrival.
pub(crate) fn supersedes(new: &Node, old: &Node) -> Option<Arrival> {
    let weight = |node: &Node| {
        let end = node.duration.map(|nanos| node.start.plus(nanos));
        let facts =
            node.call.as_ref().and_then(|call| call.usage.as_ref()).map_or(0, |usage| 1 + usage.details());
        (end.is_some(), end, facts)
    };
    let content = |node: &Node| format!("{:?}", Node { arrival: Arrival::default(), ..node.clone() });
    let order = weight(new).cmp(&weight(old)).then_with(|| content(new).cmp(&content(old)));
    match SpanVersion::of(old).judge(&SpanVersion::of(new), order) {
        Verdict::Replace(arrival) => Some(arrival),
        Verdict::Keep | Verdict::Conflict { .. } => None,
    }
}
