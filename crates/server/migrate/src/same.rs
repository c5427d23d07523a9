//! Equality of a span in two stores: of everything that a store must keep.

use std::collections::BTreeSet;

use quipu_core::{Canonical, Cost, Node, Span, SpanConflict, SpanWire, StoredSpan};

/// Whether both stores give the same answers about a span.
pub(crate) fn same(one: &StoredSpan, other: &StoredSpan) -> bool {
    same_span(&one.span, &other.span)
        && one.cost.as_ref().map(bare_cost) == other.cost.as_ref().map(bare_cost)
        && one.refused.len() == other.refused.len()
        && one.refused.iter().zip(&other.refused).all(|(one, other)| same_refused(one, other))
}

fn same_span(one: &Span, other: &Span) -> bool {
    let sent = |span: &Span| Span { canonical: Box::default(), wire: SpanWire::default(), ..span.clone() };
    sent(one) == sent(other) && Node::of(one) == Node::of(other) && facts(one) == facts(other)
}

/// The canonical fields that answers have besides those of the node. Stores need not keep the others.
fn facts(span: &Span) -> impl PartialEq {
    let Canonical { provider, session, user, framework, convention, project, commit, branch, .. } =
        span.canonical.as_ref().clone();
    let read = &span.canonical;
    // The status message precedes the kind of error, which is then not kept.
    let error = read.error_type.clone().filter(|_| span.status_message.is_empty());
    let tags: BTreeSet<_> = read.tags.iter().cloned().collect();
    (
        (provider, session, user, framework, convention, project, commit, branch),
        (read.model().cloned(), read.time_to_first_token, read.guardrail_triggered, error, tags),
    )
}

/// A ledger row without the scopes, which only budgets read and not every store keeps.
fn bare_cost(cost: &Cost) -> Cost {
    Cost { scopes: Vec::new(), ..cost.clone() }
}

fn same_refused(one: &SpanConflict, other: &SpanConflict) -> bool {
    (one.at, one.same_sender, one.is_cut) == (other.at, other.same_sender, other.is_cut) && one.is_same(other)
}
