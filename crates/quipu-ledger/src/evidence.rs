//! Whether two records are of one call: what the data says for it, and what against it.

use quipu_core::{Cost, Rule, ScopeMark, Usage};

use crate::merge;
use crate::row::Row;

/// How much later one instrumentation may begin or end than another that is around it, in nanoseconds: handlers are called one
/// after the other, and some clocks count whole milliseconds.
const STAGGER: i64 = 10_000_000;
/// How much later than the call's end its usage may be told in a record of its own, in nanoseconds.
const AFTERWARDS: i64 = 1_000_000_000;
/// Shortest end of an id that no other answer has: local servers count their answers, or give all of them one id.
const RANDOM: usize = 8;

/// What speaks for two records being of one call, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// The provider's id of the answer.
    Id,
    /// The same tokens at the same time.
    Figures,
    /// Both failed at the same time.
    Failure,
    /// The same time and model, while one of them does not say what it used.
    Time,
}

/// Whether two instrumentations told of two calls; where one does not say which it is, the conventions tell them apart. What one
/// instrumentation tells twice are two calls.
pub(crate) fn are_apart(one: (ScopeMark, &str), other: (ScopeMark, &str)) -> bool {
    let unknown = ScopeMark::default();
    if one.0 == unknown || other.0 == unknown { one.1 != other.1 } else { one.0 != other.0 }
}

/// Whether an id is one that no other answer has.
pub(crate) fn is_unique(id: &str) -> bool {
    split(id).1.len() >= RANDOM
}

/// Whether two ids are of two answers: of one provider's kind, and different.
fn contradict(one: &str, other: &str) -> bool {
    let (kind, end) = split(one);
    let (other_kind, other_end) = split(other);
    !kind.is_empty() && kind == other_kind && end != other_end
}

/// The kind of an id, as `chatcmpl`, and the rest.
fn split(id: &str) -> (&str, &str) {
    id.rsplit_once(['-', '_']).unwrap_or(("", id))
}

/// What speaks for two rows that count being of one call; `None` when they are two, or nothing tells.
pub(crate) fn of(one: &Row, other: &Row) -> Option<Evidence> {
    let sums = [one, other].map(|row| row.cost.rule == Rule::OrphanRollup);
    match sums {
        [false, false] => of_calls(one, other),
        [true, false] => of_usage(other, one),
        [false, true] => of_usage(one, other),
        [true, true] => None,
    }
}

/// Whether nothing speaks against two rows being of one call, apart from their times.
pub(crate) fn allows(one: &Row, other: &Row) -> bool {
    let (a, b) = (&one.cost, &other.cost);
    let unlike = match (known(a), known(b)) {
        (Some(usage), Some(other)) => !same_totals(usage, other),
        _ => false,
    };
    match [one, other].map(|row| row.cost.rule == Rule::OrphanRollup) {
        [true, true] => false,
        [false, false] => {
            let ids = one.call_id.as_deref().zip(other.call_id.as_deref());
            let same_id = ids.is_some_and(|(id, other)| id == other && is_unique(id));
            let against = unlike || ids.is_some_and(|(id, other)| contradict(id, other));
            a.kind == b.kind && one.is_apart_from(other) && (same_id || !against)
        }
        _ => !unlike,
    }
}

fn of_calls(one: &Row, other: &Row) -> Option<Evidence> {
    let (a, b) = (&one.cost, &other.cost);
    if a.kind != b.kind || !one.is_apart_from(other) {
        return None;
    }
    if let Some((id, other_id)) = one.call_id.as_deref().zip(other.call_id.as_deref()) {
        if id == other_id && is_unique(id) {
            return (gap(a, b) <= AFTERWARDS && is_one_family(a, b)).then_some(Evidence::Id);
        }
        if contradict(id, other_id) {
            return None;
        }
    }
    if !is_within(a, b) && !is_within(b, a) {
        return None;
    }
    let evidence = match (known(a), known(b)) {
        (Some(usage), Some(other)) => same_totals(usage, other).then_some(Evidence::Figures),
        (None, None) if a.failed && b.failed => Some(Evidence::Failure),
        _ => (a.failed == b.failed
            && one.names_model()
            && other.names_model()
            && (one.is_beside(other) || are_at_once(a, b)))
        .then_some(Evidence::Time),
    }?;
    // Names are compared last, as that takes longest.
    is_one_family(a, b).then_some(evidence)
}

/// Usage in a record of its own, as of a stream that has ended: it is the call's if the tokens are.
fn of_usage(call: &Row, sum: &Row) -> Option<Evidence> {
    let (a, b) = (&call.cost, &sum.cost);
    let same = same_totals(known(a)?, known(b)?);
    let near = a.time.nanos().saturating_sub(STAGGER) <= b.time.nanos() && gap(a, b) <= AFTERWARDS;
    (same && near && is_one_family(a, b)).then_some(Evidence::Figures)
}

fn known(row: &Cost) -> Option<&Usage> {
    row.usage.as_ref().filter(|usage| usage.is_known())
}

/// Whether two usages have the same totals, of which some tokens were used.
fn same_totals(one: &Usage, other: &Usage) -> bool {
    let totals = |usage: &Usage| (usage.input.unwrap_or(0), usage.output.unwrap_or(0));
    totals(one) == totals(other) && totals(one) != (0, 0)
}

fn is_one_family(one: &Cost, other: &Cost) -> bool {
    merge::same_names(
        [&one.request_model, &one.response_model],
        [&other.request_model, &other.response_model],
    )
}

/// Whether two records of one trace have so much of their time in common that neither is an answer that the other waits for, from
/// a call that one of its tools made.
fn are_at_once(one: &Cost, other: &Cost) -> bool {
    let common = end(one).min(end(other)).saturating_sub(one.time.nanos().max(other.time.nanos()));
    let all = end(one).max(end(other)).saturating_sub(one.time.nanos().min(other.time.nanos()));
    common.saturating_mul(2) >= all
}

/// Whether a record lies within the time of another.
fn is_within(inner: &Cost, outer: &Cost) -> bool {
    let slack = STAGGER;
    inner.time.nanos() >= outer.time.nanos().saturating_sub(slack)
        && end(inner) <= end(outer).saturating_add(slack)
}

pub(crate) fn end(row: &Cost) -> i64 {
    row.time.nanos().saturating_add(row.duration.unwrap_or(0))
}

/// Nanoseconds between the times of two records; none when they overlap.
pub(crate) fn gap(one: &Cost, other: &Cost) -> i64 {
    one.time.nanos().saturating_sub(end(other)).max(other.time.nanos().saturating_sub(end(one))).max(0)
}

/// The latest time at which a record of the same call can begin.
pub(crate) fn reach(row: &Cost) -> i64 {
    end(row).saturating_add(AFTERWARDS)
}

/// How far apart the beginnings and the ends of two records are, together.
pub(crate) fn distance(one: &Cost, other: &Cost) -> i64 {
    let starts = one.time.nanos().saturating_sub(other.time.nanos()).saturating_abs();
    starts.saturating_add(end(one).saturating_sub(end(other)).saturating_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_a_server_counts_are_not_unique() {
        assert!(
            is_unique("chatcmpl-9f8e7d6c5b4a")
                && is_unique("msg_01ABCDEFGH")
                && is_unique("0123456789abcdef")
        );
        assert!(!is_unique("chatcmpl-123") && !is_unique("1") && !is_unique("resp_"));
    }

    #[test]
    fn ids_of_two_kinds_do_not_contradict() {
        assert!(contradict("msg_01ABCDEFGH", "msg_01ABCDEFGI"));
        assert!(!contradict("msg_01ABCDEFGH", "lc_run--01ABCDEFGH") && !contradict("msg_01A", "msg_01A"));
    }
}
