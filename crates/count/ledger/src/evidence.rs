//! Evidence for and against two records being of one call.

use quipu_core::{Cost, Kind, RequestMark, Rule, answer_id_is_unique as is_unique};

use crate::alike::{
    may_be_one_failure, same_answer, same_failure, same_provider_request, same_request, two_answers,
};
use crate::figures::{known, nearly_same_tokens, same_tokens};
use crate::names;
use crate::row::Row;
use crate::times::{Stretch, is_logged};

/// Maximum delay, in nanoseconds, between the start or end of two nested instrumentations. Handlers run one
/// after the other, and some clocks count whole milliseconds.
pub(crate) const STAGGER: i64 = 10_000_000;
/// How much later than the call's end its usage may be told in a record of its own, in nanoseconds.
pub(crate) const AFTERWARDS: i64 = 1_000_000_000;

/// How long a generator may wait for its first reader, in nanoseconds: if the records of request and stream
/// have the same parent, and if both are the first of their traces.
const LAZY: i64 = 5_000_000_000;
const LAZY_APART: i64 = 1_000_000_000;

/// Evidence that two records are of one call or tool run, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Evidence {
    /// The provider's id of the answer, or the model's id of the tool call.
    Id,
    /// The id of the HTTP request.
    Request,
    /// The same unique id of a tool call in both answers.
    ToolCall,
    /// The same tokens and the same text of the answer at the same time.
    Answer,
    /// The same tokens at the same time.
    Figures,
    /// The same text of the answer at the same time.
    Text,
    /// The same tokens up to the first event of a stream, at the same time.
    NearFigures,
    /// Both failed at the same time.
    Failure,
    /// The same time and model, and one of them reports no usage.
    Time,
}

/// Whether two ids belong to two answers: the same kind of id, with different values.
fn contradict(one: &str, other: &str) -> bool {
    let (kind, end) = split(one);
    let (other_kind, other_end) = split(other);
    !kind.is_empty() && kind == other_kind && end != other_end
}

/// The kind of an id, such as `chatcmpl`, and the rest.
fn split(id: &str) -> (&str, &str) {
    id.rsplit_once(['-', '_']).unwrap_or(("", id))
}

/// The evidence that two counting rows are of one call; `None` if they are two calls or if there is no
/// evidence.
pub(crate) fn of(one: &Row, other: &Row) -> Option<Evidence> {
    let sums = [one, other].map(|row| row.cost.rule == Rule::OrphanRollup);
    match sums {
        [false, false] if one.cost.kind == Kind::Tool => of_runs(one, other),
        [false, false] => of_calls(one, other),
        [true, false] => of_usage(other, one),
        [false, true] => of_usage(one, other),
        [true, true] => of_sums(one, other),
    }
}

/// Whether there can be evidence that two rows are of one call: a quick test, false for most calls near each
/// other. Complete calls with different ids need one that lies within the other.
pub(crate) fn can_be(one: &Row, other: &Row) -> bool {
    let (a, b) = (&one.cost, &other.cost);
    is_within(a, b)
        || is_within(b, a)
        || are_shifted(a, b)
        || are_at_once(a, b)
        || is_passed_on(one, other)
        || is_logged(a, b)
        || !a.is_call()
        || !b.is_call()
        || is_empty(one)
        || is_empty(other)
        || (one.call_id.is_some() && one.call_id == other.call_id)
        || same_provider_request(one, other)
}

/// Whether two rows cannot be of one call, regardless of their figures and times.
pub(crate) fn excludes(one: &Row, other: &Row) -> bool {
    match [one, other].map(|row| row.cost.rule == Rule::OrphanRollup) {
        [true, true] => !one.is_apart_from(other),
        [false, false] => {
            let ids = one.call_id.as_deref().zip(other.call_id.as_deref());
            let against = ids.is_some_and(|(id, other)| contradict(id, other));
            one.cost.kind != other.cost.kind
                || !one.is_apart_from(other)
                || against
                || (!is_certain(one, other) && two_answers(one, other))
        }
        _ => false,
    }
}

/// Whether two rows report the same totals, or carry the same id of an answer or of a tool call in it. With
/// the same id the totals may differ.
pub(crate) fn agree(one: &Row, other: &Row) -> bool {
    let ids = one.call_id.as_deref().zip(other.call_id.as_deref());
    let same_id = ids.is_some_and(|(id, other)| id == other && is_unique(id));
    let totals = known(&one.cost).zip(known(&other.cost));
    let same = |(usage, other)| same_tokens(usage, other) || nearly_same_tokens(usage, other);
    same_id
        || totals.is_some_and(same)
        || ask_alike(one, other)
        || same_answer(one, other)
        || same_provider_request(one, other)
}

/// Whether ids alone tell that two rows are of one call.
fn is_certain(one: &Row, other: &Row) -> bool {
    let ids = one.call_id.as_deref().zip(other.call_id.as_deref());
    ids.is_some_and(|(id, other)| id == other && is_unique(id))
        || ask_alike(one, other)
        || same_provider_request(one, other)
}

/// Whether two answers ask for the same tool call, by its unique id.
fn ask_alike(one: &Row, other: &Row) -> bool {
    one.asked.iter().any(|id| other.asked.contains(id))
}

/// Whether a row reports usage.
pub(crate) fn tells(row: &Row) -> bool {
    known(&row.cost).is_some()
}

/// Compares numbers first and names last: most rows near each other are of two calls, and their figures or
/// times tell.
fn of_calls(one: &Row, other: &Row) -> Option<Evidence> {
    let (a, b) = (&one.cost, &other.cost);
    if a.kind != b.kind {
        return None;
    }
    let ids = one.call_id.as_deref().zip(other.call_id.as_deref());
    if ids.is_some_and(|(id, other)| id == other && is_unique(id)) {
        // A gateway's name for a model may be an alias.
        return (gap(a, b) <= AFTERWARDS && one.is_apart_from(other)).then_some(Evidence::Id);
    }
    if same_provider_request(one, other) {
        return (gap(a, b) <= AFTERWARDS && one.is_apart_from(other)).then_some(Evidence::Request);
    }
    let is_continued = is_continued(one, other) || is_continued(other, one);
    let is_close = is_within(a, b) || is_within(b, a) || is_continued;
    let is_near = is_close || are_shifted(a, b) || is_logged(a, b);
    if !is_near && !are_at_once(a, b) && !is_passed_on(one, other) {
        return None;
    }
    let evidence = match (known(a), known(b)) {
        _ if ask_alike(one, other) => Some(Evidence::ToolCall),
        _ if two_answers(one, other) => None,
        (Some(usage), Some(again)) if same_tokens(usage, again) => Some(match same_answer(one, other) {
            true => Evidence::Answer,
            false => Evidence::Figures,
        }),
        _ if same_request(one, other) => Some(Evidence::Request),
        _ if same_answer(one, other) => Some(Evidence::Text),
        (None, None) if same_failure(one, other) => Some(Evidence::Failure),
        _ if !is_near => None,
        (Some(usage), Some(other)) => nearly_same_tokens(usage, other).then_some(Evidence::NearFigures),
        (None, None) if a.failed && b.failed => may_be_one_failure(one, other).then_some(Evidence::Failure),
        _ => (is_close
            && (a.failed == b.failed || (is_empty(one) && is_empty(other)))
            && one.names_model()
            && other.names_model()
            && (one.is_beside(other) || is_continued || are_at_once(a, b)))
        .then_some(Evidence::Time),
    }?;
    let are_two_calls = || ids.is_some_and(|(id, other)| contradict(id, other));
    (one.is_apart_from(other) && !are_two_calls() && is_one_family(a, b)).then_some(evidence)
}

/// The evidence that two tool runs in two traces are one run. It is the model's id of the tool call,
/// otherwise the same name at the same time. Within a trace the tree decides.
fn of_runs(one: &Row, other: &Row) -> Option<Evidence> {
    let (a, b) = (&one.cost, &other.cost);
    let (name, other_name) = a.tool.as_deref().zip(b.tool.as_deref())?;
    let may = a.kind == b.kind && a.trace_id != b.trace_id && one.is_apart_from(other);
    if !may || names::bare(name) != names::bare(other_name) {
        return None;
    }
    match one.call_id.as_deref().zip(other.call_id.as_deref()) {
        Some((id, other)) => (id == other && gap(a, b) <= AFTERWARDS).then_some(Evidence::Id),
        None => Stretch::of_row(a).is_one_run(Stretch::of_row(b)).then_some(Evidence::Time),
    }
}

/// Whether a record has no id that says which call it is of.
pub(crate) fn is_vague(row: &Row) -> bool {
    let names_request = row.marks.request.is_some_and(RequestMark::is_of_provider);
    row.asked.is_empty() && !row.call_id.as_deref().is_some_and(is_unique) && !names_request
}

/// Whether a record holds nothing of an answer. Some instrumentations end the record of a failed call as a
/// success.
fn is_empty(row: &Row) -> bool {
    row.call_id.is_none() && known(&row.cost).is_none()
}

/// Whether `answer` is the stream that `request` opened. Some instrumentations end a call's record when its
/// stream begins, and others begin theirs at that time. A generator sends its request only when its caller
/// reads the first piece, so the second record can begin later.
fn is_continued(request: &Row, answer: &Row) -> bool {
    let (a, b) = (&request.cost, &answer.cost);
    let pause = || b.time.nanos().saturating_sub(end(a));
    is_empty(request)
        && !is_empty(answer)
        && !a.failed
        && (-STAGGER..=patience(request, answer)).contains(&pause())
}

/// The longest pause between the record of a request and the record of its stream. A common parent, or two
/// records without one, leave little room for another call.
fn patience(request: &Row, answer: &Row) -> i64 {
    if request.cost.trace_id != answer.cost.trace_id {
        if request.is_top && answer.is_top { LAZY_APART } else { STAGGER }
    } else if request.is_beside(answer) {
        LAZY
    } else {
        STAGGER
    }
}

/// Evidence for a separate record of usage, such as one written at the end of a stream. It belongs to the
/// call if the tokens match. With the answer's unique id they may differ. A record without a duration may
/// lack the first event of the stream.
fn of_usage(call: &Row, sum: &Row) -> Option<Evidence> {
    let (a, b) = (&call.cost, &sum.cost);
    let near = a.time.nanos().saturating_sub(STAGGER) <= b.time.nanos() && gap(a, b) <= AFTERWARDS;
    if !near {
        return None;
    }
    let ids = call.call_id.as_deref().zip(sum.call_id.as_deref());
    if ids.is_some_and(|(id, other)| id == other && is_unique(id)) {
        return Some(Evidence::Id);
    }
    let is_moment = b.duration.unwrap_or(0) <= STAGGER;
    let evidence = match (known(a)?, known(b)?) {
        (usage, sum) if same_tokens(usage, sum) => Evidence::Figures,
        (usage, sum) if is_moment && nearly_same_tokens(usage, sum) => Evidence::NearFigures,
        _ => return None,
    };
    let are_two_calls = ids.is_some_and(|(id, other)| contradict(id, other));
    (!are_two_calls && is_one_family(a, b)).then_some(evidence)
}

/// Evidence that two instrumentations report one sum of usage, such as that of a stream or of an agent's run.
fn of_sums(one: &Row, other: &Row) -> Option<Evidence> {
    let (a, b) = (&one.cost, &other.cost);
    let same = same_tokens(known(a)?, known(b)?);
    let at_once = is_within(a, b) || is_within(b, a);
    (same && at_once && a.kind == b.kind && one.is_apart_from(other) && is_one_family(a, b))
        .then_some(Evidence::Figures)
}

pub(crate) fn is_one_family(one: &Cost, other: &Cost) -> bool {
    names::same_names(
        [&one.request_model, &one.response_model],
        [&other.request_model, &other.response_model],
    )
}

/// Whether two records overlap for at least half of their combined time. A record of one trace that overlaps
/// less may be an answer that waits for a call made by one of its tools.
fn are_at_once(one: &Cost, other: &Cost) -> bool {
    let common = Stretch::of_row(one).common(Stretch::of_row(other));
    let all = end(one).max(end(other)).saturating_sub(one.time.nanos().min(other.time.nanos()));
    common.saturating_mul(2) >= all
}

/// Whether the handlers of one record ran after those of the other at both ends.
fn are_shifted(one: &Cost, other: &Cost) -> bool {
    Stretch::of_row(one).is_shifted(Stretch::of_row(other))
}

/// Whether a record lies within the time of another.
pub(crate) fn is_within(inner: &Cost, outer: &Cost) -> bool {
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

/// Whether two records are those of the gateway and of the program behind it, one soon after the other. A
/// program reads an answer later than the gateway passes it on, so the two need not overlap.
fn is_passed_on(one: &Row, other: &Row) -> bool {
    let (first, second) = if is_of_gateway(one) { (one, other) } else { (other, one) };
    is_of_gateway(first)
        && !is_of_gateway(second)
        && second.cost.time.nanos() >= first.cost.time.nanos().saturating_sub(AFTERWARDS)
        && gap(&first.cost, &second.cost) <= AFTERWARDS
}

/// Whether a record is that of a gateway: of this server's, or of one that sends its records here.
fn is_of_gateway(row: &Row) -> bool {
    row.arrival.is_of_gateway() || row.cost.service.as_deref() == Some("quipu-gateway")
}

/// The latest time at which a record of the same call can begin.
pub(crate) fn reach(row: &Row) -> i64 {
    end(&row.cost).saturating_add(wait(row).max(AFTERWARDS))
}

/// The latest time at which a record of the same call can begin, unless it has the same id. `beside_usage`
/// tells that records of usage outside of calls are near: they begin after the call.
pub(crate) fn reach_without_id(row: &Row, beside_usage: bool) -> i64 {
    let least = if beside_usage { AFTERWARDS } else { 0 };
    end(&row.cost).saturating_add(wait(row).max(least))
}

/// How long after the end of a record another one of its call may begin, if neither has an id.
fn wait(row: &Row) -> i64 {
    match row.cost.is_call() && !row.cost.failed {
        true if is_empty(row) => LAZY,
        true if is_of_gateway(row) => AFTERWARDS,
        _ => STAGGER,
    }
}

/// How far apart two records are: the product of the distances of their starts and of their ends, each plus
/// a millisecond, in square microseconds. A handler that waits at one end delays the record at that end only,
/// so the closer end says more. The end of a much shorter record without usage is ignored: some
/// instrumentations end the span of a stream when the stream begins. A failed call has no stream.
pub(crate) fn distance(one: &Cost, other: &Cost) -> i64 {
    let starts = one.time.nanos().saturating_sub(other.time.nanos()).saturating_abs();
    let lengths = [one, other].map(|row| row.duration.unwrap_or(0));
    let is_short = lengths[0].min(lengths[1]).saturating_mul(2) < lengths[0].max(lengths[1]);
    let shorter = if lengths[0] < lengths[1] { one } else { other };
    let is_of_stream = is_short && !one.failed && !other.failed && known(shorter).is_none();
    let ends = if is_of_stream { 0 } else { end(one).saturating_sub(end(other)).saturating_abs() };
    (starts / 1_000 + 1_000).saturating_mul(ends / 1_000 + 1_000)
}

/// The evidence that two records are of one call or tool run, in words, the strongest first, with a
/// confidence from 0 to 1. Each piece of evidence leaves a doubt, and the doubts multiply.
pub(crate) fn in_words(one: &Row, other: &Row) -> (f64, Vec<&'static str>) {
    let (a, b) = (&one.cost, &other.cost);
    let ids = one.call_id.as_deref().zip(other.call_id.as_deref());
    let same_id = ids.is_some_and(|(id, other)| id == other);
    let is_unique = same_id && one.call_id.as_deref().is_some_and(is_unique);
    let totals = known(a).zip(known(b)).is_some_and(|(usage, other)| same_tokens(usage, other));
    let nearly = known(a).zip(known(b)).is_some_and(|(usage, other)| nearly_same_tokens(usage, other));
    let nested = one.parent == Some(b.span_id) || other.parent == Some(a.span_id);
    let names = |row: &Cost| row.request_model.is_some() || row.response_model.is_some();
    let facts = [
        (is_unique, 0.01, "the same response id"),
        (same_request(one, other), 0.02, "the same request id"),
        (ask_alike(one, other), 0.02, "the same tool call in both answers"),
        (same_answer(one, other), 0.05, "the same text of the answer"),
        (totals, 0.1, "the same tokens"),
        (nearly && !totals, 0.2, "the same input, and nearly the same output"),
        (nested && a.trace_id == b.trace_id, 0.2, "one is the parent of the other"),
        (same_id && !is_unique, 0.3, "the same id, which other responses may also have"),
        (same_failure(one, other), 0.2, "both failed with the same class of error"),
        (a.failed && b.failed && !same_failure(one, other), 0.4, "both failed"),
        (is_within(a, b) || is_within(b, a), 0.4, "one runs within the time of the other"),
        (a.tool.is_some() && a.tool == b.tool && a.is_tool_run(), 0.4, "the same tool"),
        (names(a) && names(b) && is_one_family(a, b), 0.7, "the same model"),
        (one.is_of_process(other), 0.8, "reported by one process"),
        (a.signal != b.signal, 0.8, "reported by two signals"),
        (one.is_apart_from(other), 0.8, "reported by two instrumentations"),
    ];
    let held = || facts.iter().filter(|(holds, ..)| *holds);
    let doubt: f64 = held().map(|(_, doubt, _)| doubt).product();
    (((1.0 - doubt) * 1_000.0).floor() / 1_000.0, held().map(|(.., words)| *words).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_two_kinds_do_not_contradict() {
        assert!(contradict("msg_01ABCDEFGH", "msg_01ABCDEFGI"));
        assert!(!contradict("msg_01ABCDEFGH", "lc_run--01ABCDEFGH") && !contradict("msg_01A", "msg_01A"));
    }
}
