//! Comparison of records of the same call, and the merge of their best figures.

use compact_str::CompactString;
use quipu_core::{Call, Kind, Node, Usage};

use crate::figures::{
    self, FIRST_EVENT, cached, excludes_cached, excludes_reasoning, nearly_same_tokens, same_input,
    same_tokens,
};
use crate::ids;
use crate::names::{are_apart, bare, same_names};
use crate::row::is_one_process;
use crate::times::Stretch;

/// The figures of a span, if it has any.
pub(crate) fn usage(node: &Node) -> Option<&Usage> {
    node.call.as_ref().and_then(|call| call.usage.as_ref()).filter(|usage| usage.has_figures())
}

/// Minimum share of the outer span's time that an inner span of the same call fills.
const CONTAINMENT: f64 = 0.9;

/// Whether a call was recognised by its shape alone. Below a known call it is a step of that call, whose
/// reading is more reliable.
pub(crate) fn is_by_shape(node: &Node) -> bool {
    node.kind.is_call() && node.call.as_ref().is_some_and(|call| call.convention == quipu_core::BY_SHAPE)
}

/// Maximum duration of a record that only repeats usage, in nanoseconds: no call is faster.
const NO_CALL: i64 = 1_000_000;

/// Whether a record takes no time.
pub(crate) fn is_instant(node: &Node) -> bool {
    node.duration.is_some_and(|duration| duration < NO_CALL)
}

/// Whether a record of a call can be a piece of the stream of a call above it: it takes no time, ended well,
/// and has neither usage nor an answer's id.
pub(crate) fn is_piece(node: &Node) -> bool {
    let is_bare = |call: &Call| call.response_id.is_none() && !call.failed;
    is_instant(node) && usage(node).is_none() && node.call.as_deref().is_some_and(is_bare)
}

/// Whether `outer` is another record of `inner`, the only call below it (R5).
pub(crate) fn same_call(outer: &Node, inner: &Node) -> bool {
    let (Some(outside), Some(inside)) = (&outer.call, &inner.call) else { return false };
    if let (Some(one), Some(other)) = (&outside.response_id, &inside.response_id) {
        return one == other;
    }
    let known = |call: &Call| call.usage.as_ref().is_some_and(Usage::is_known);
    same_family(outside, inside)
        && (fills(outer, inner) || (known(outside) && !known(inside)) || !known(outside))
}

/// Maximum token count that another record of the same calls may report if it counted them in another way.
pub(crate) const fn with_tolerance(tokens: u64) -> u64 {
    tokens.saturating_add(tokens / 10).saturating_add(64)
}

/// Whether two records of one trace with the same response id are of one call. Some local model servers give
/// the same id to every answer, so such an id needs two instrumentations of two processes, one model, the
/// same figures and a common time. Two records of one instrumentation need a unique id and equal figures,
/// such as those of a span that was sent again with another span id.
pub(crate) fn twins(one: &Node, other: &Node) -> bool {
    let (Some(a), Some(b)) = (&one.call, &other.call) else { return false };
    let totals = |node| usage(node).map(|usage| (usage.input, usage.output));
    let agree = || totals(one).zip(totals(other)).is_none_or(|(one, other)| one == other);
    let same_figures = |(one, other)| same_tokens(one, other) || nearly_same_tokens(one, other);
    let fit = || usage(one).zip(usage(other)).is_none_or(same_figures);
    let same = match (a.response_id.as_deref().and_then(ids::reach), told_apart(a, b)) {
        (Some(reach), true) => are_near(one, other, reach),
        // The usage of a stream may come in a record of its own.
        (Some(reach), false) if usage(one).is_some() != usage(other).is_some() => are_near(one, other, reach),
        // A program can fetch one answer several times.
        (Some(reach), false) => {
            are_near(one, other, reach)
                && (agree() || reach > 0 && figures::counts_on(usage(one), usage(other)))
        }
        // Moments tell such records of one process apart better.
        (None, true) if !is_one_process(a.moment, (b.moment, other.start)) => {
            are_near(one, other, 0) && same_family(a, b) && fit()
        }
        (None, _) => false,
    };
    same && one.kind == other.kind
}

/// Whether two sibling records, one of them without a response id, can be of one call. They have different
/// conventions and the same model, and are at most `moment` nanoseconds apart.
pub(crate) fn siblings(one: &Node, other: &Node, moment: i64) -> bool {
    let (Some(a), Some(b)) = (&one.call, &other.call) else { return false };
    told_apart(a, b) && one.kind == other.kind && same_family(a, b) && are_near(one, other, moment)
}

/// Whether one instrumentation reports two calls with one id, so the id names no single answer.
pub(crate) fn share_an_id(one: &Node, other: &Node) -> bool {
    let (Some(a), Some(b)) = (&one.call, &other.call) else { return false };
    a.response_id.is_some() && a.response_id == b.response_id && !told_apart(a, b)
}

/// The response id shared by the records of one call. `None` for tool runs, because the id of a tool call is
/// also on the call that requested it.
pub(crate) fn response_id(node: &Node) -> Option<&CompactString> {
    node.call.as_ref().filter(|_| node.kind.is_call())?.response_id.as_ref()
}

/// The name of a tool run without its server prefix: MCP names are `mcp__server__tool`.
pub(crate) fn bare_tool(node: &Node) -> Option<&str> {
    node.tool.as_deref().filter(|_| node.kind == Kind::Tool).map(bare)
}

/// Whether the tool run `inner` is a second record of the run `outer`.
pub(crate) fn same_tool(outer: &Node, inner: &Node) -> bool {
    match (&outer.tool, &inner.tool) {
        (Some(outer), Some(inner)) => bare(outer) == bare(inner),
        (_, inner) => inner.is_none(),
    }
}

/// Whether two sibling tool runs with the same name are one run, reported by two instrumentations such as the
/// framework and the tool's server. They share the id of the tool call, or most of their time.
pub(crate) fn same_run(longer: &Node, shorter: &Node) -> bool {
    let (Some(a), Some(b)) = (&longer.call, &shorter.call) else { return false };
    if let (Some(one), Some(other)) = (&a.response_id, &b.response_id) {
        return one == other && told_apart(a, b);
    }
    told_apart(a, b) && same_time(longer, shorter)
}

/// Whether two runs are at the same time; not while one of them runs.
fn same_time(longer: &Node, shorter: &Node) -> bool {
    let times = Stretch::of_node(longer).zip(Stretch::of_node(shorter));
    times.is_some_and(|(longer, shorter)| longer.is_one_run(shorter) || longer.is_at_once(shorter))
}

/// Overlap of two runs in nanoseconds; negative if they are apart.
pub(crate) fn common_time(one: &Node, other: &Node) -> i64 {
    let until = |node: &Node| end(node).unwrap_or_else(|| node.start.nanos());
    until(one).min(until(other)).saturating_sub(one.start.nanos().max(other.start.nanos()))
}

/// The distance between the starts plus the distance between the ends, in nanoseconds.
pub(crate) fn distance(one: &Node, other: &Node) -> i64 {
    let until = |node: &Node| end(node).unwrap_or_else(|| node.start.nanos());
    let starts = one.start.since(other.start).saturating_abs();
    starts.saturating_add(until(one).saturating_sub(until(other)).saturating_abs())
}

fn told_apart(one: &Call, other: &Call) -> bool {
    are_apart((one.scope, &one.convention), (other.scope, &other.convention))
}

/// Whether two calls used the same model at overlapping times.
pub(crate) fn beside(one: &Node, other: &Node) -> bool {
    let (Some(a), Some(b)) = (&one.call, &other.call) else { return false };
    one.kind == other.kind && same_family(a, b) && are_near(one, other, 0)
}

pub(crate) fn end(node: &Node) -> Option<i64> {
    node.duration.map(|nanos| node.start.plus(nanos).nanos())
}

/// Whether the times of two records are at most so many nanoseconds apart.
fn are_near(one: &Node, other: &Node, apart: i64) -> bool {
    let before = |a: &Node, b: &Node| end(a).is_none_or(|end| end.saturating_add(apart) >= b.start.nanos());
    before(one, other) && before(other, one)
}

fn fills(outer: &Node, inner: &Node) -> bool {
    match (outer.duration, inner.duration) {
        (Some(outer), Some(inner)) => inner as f64 >= outer as f64 * CONTAINMENT,
        _ => false,
    }
}

/// Whether two calls name one model, up to a provider prefix and a date.
pub(crate) fn is_one_model(one: &Call, other: &Call) -> bool {
    let names = |call: &Call| call.request_model.is_some() || call.response_model.is_some();
    let tagged = |call: &Call| {
        [&call.request_model, &call.response_model]
            .into_iter()
            .flatten()
            .any(|name| name.contains([':', '@']))
    };
    let same_tags = !tagged(one) && !tagged(other) || one.request_model == other.request_model;
    names(one) && names(other) && same_tags && same_family(one, other)
}

fn same_family(one: &Call, other: &Call) -> bool {
    same_names([&one.request_model, &one.response_model], [&other.request_model, &other.response_model])
}

/// Reliability of a record's figures; greater is better. In order: has figures, not estimated, from the
/// provider's own SDK, number of details, has the provider's id.
pub(crate) fn quality(node: &Node) -> (bool, bool, bool, u32, bool) {
    let Some(call) = &node.call else { return (false, false, false, 0, false) };
    let usage = call.usage.as_ref().filter(|usage| usage.has_figures());
    (
        usage.is_some(),
        usage.is_some_and(|usage| !usage.estimated),
        usage.is_some() && call.scope.is_of_sdk(),
        usage.map_or(0, Usage::details),
        call.response_id.is_some(),
    )
}

/// The best figures of several records of one call. The first record of the best quality gives the totals.
/// The others fill in missing details that fit these totals.
pub(crate) fn best<'a>(records: impl Iterator<Item = &'a Node>) -> Option<Usage> {
    let mut records: Vec<&Node> = records.collect();
    let most = records.iter().filter_map(|node| exact_total(node)).max().unwrap_or(0);
    // A record below a call with a nearly empty usage does not reduce the usage of that call.
    let falls_short = |node: &Node| exact_total(node).is_some_and(|total| with_tolerance(total) < most);
    records.sort_by_key(|node| (falls_short(node), std::cmp::Reverse(quality(node))));
    let source = |node: &&Node| node.call.as_ref().map(|call| (call.scope, call.response_id.clone()));
    let first = records.first().and_then(source).filter(|(_, id)| id.is_some());
    let is_one_answer = first.is_some() && records.iter().all(|node| source(node) == first);
    let told = |node: &&'a Node| {
        let call = node.call.as_ref()?;
        let of_sdk = call.scope.is_of_sdk();
        Some(CallFigures { of_sdk, usage: call.usage.as_ref()? })
    };
    let best = merged(records.iter().filter_map(told))?;
    if !is_one_answer {
        return Some(best);
    }
    Some(figures::last_of(best, records.iter().filter_map(|node| usage(node))))
}

/// Input plus output tokens; `None` if they are estimated.
fn exact_total(node: &Node) -> Option<u64> {
    let usage = node.call.as_ref()?.usage.as_ref().filter(|usage| usage.has_figures() && !usage.estimated)?;
    Some(usage.input.unwrap_or(0).saturating_add(usage.output.unwrap_or(0)))
}

/// The figures of a record of a call.
pub(crate) struct CallFigures<'a> {
    /// Whether a provider's own SDK reported them.
    pub of_sdk: bool,
    pub usage: &'a Usage,
}

/// The best figures of the records of one call, the most reliable first.
pub(crate) fn better<'a>(told: impl Iterator<Item = CallFigures<'a>>) -> Option<Usage> {
    let mut told: Vec<CallFigures<'a>> = told.collect();
    told.sort_by_key(|told| {
        let known = told.usage.has_figures();
        let details = told.usage.details();
        std::cmp::Reverse((known, known && !told.usage.estimated, known && told.of_sdk, details))
    });
    merged(told.into_iter())
}

/// The totals of the first usage, with missing details from the others.
fn merged<'a>(mut told: impl Iterator<Item = CallFigures<'a>>) -> Option<Usage> {
    let first = told.next()?;
    let mut best = first.usage.clone();
    for other in told {
        // The provider's own SDK reads the stream as the provider defines it.
        if !first.of_sdk {
            first_event_once(&mut best, other.usage);
        }
        fill(&mut best, other.usage);
    }
    Some(best)
}

/// Prefers reported cached and reasoning tokens over zeros if both records have the same totals. Some records
/// write zero for an unknown value.
fn parts_over_zero(best: &mut Usage, other: &Usage) {
    if (best.input, best.output) != (other.input, other.output) {
        return;
    }
    let part = |known: Option<u64>, told: Option<u64>| if known == Some(0) { told.or(known) } else { known };
    best.cache_read = part(best.cache_read, other.cache_read);
    best.cache_write = part(best.cache_write, other.cache_write);
    best.reasoning = part(best.reasoning, other.reasoning);
}

/// Corrects the output of a stream whose first event was added to its last. The last event's output includes
/// the first (<https://docs.claude.com/en/docs/build-with-claude/streaming>). If two records of one answer
/// have the same input and nearly the same output, the smaller output is right. They may differ by at most a
/// first event.
fn first_event_once(best: &mut Usage, other: &Usage) {
    let (Some(output), Some(less)) = (best.output, other.output) else { return };
    let is_exact = !other.estimated && less > 0 && same_input(best, other);
    let more = output.saturating_sub(less);
    // A difference of exactly the reasoning tokens means that the other record left them out.
    if is_exact && (1..=FIRST_EVENT).contains(&more) && best.reasoning != Some(more) {
        best.output = Some(less);
    }
}

/// Corrects an input without its cached tokens. Providers send it so, and some instrumentations forward it
/// unchanged. The other record has the cached tokens, and both inputs differ by exactly these.
fn cached_left_out(best: &mut Usage, other: &Usage) {
    if !other.estimated && excludes_cached(best, other) {
        (best.input, best.cache_read, best.cache_write) = (other.input, other.cache_read, other.cache_write);
    }
}

/// Corrects an output without its reasoning tokens. Gemini sends it so. The other record has the reasoning
/// tokens, and both outputs differ by exactly these.
fn reasoning_left_out(best: &mut Usage, other: &Usage) {
    if !other.estimated && same_input(best, other) && excludes_reasoning(best, other) {
        (best.output, best.reasoning) = (other.output, other.reasoning);
    }
}

fn fill(best: &mut Usage, other: &Usage) {
    cached_left_out(best, other);
    reasoning_left_out(best, other);
    parts_over_zero(best, other);
    best.input = best.input.or(other.input);
    best.output = best.output.or(other.output);
    let (input, output) = (best.input.unwrap_or(0), best.output.unwrap_or(0));
    let (read, write) = (best.cache_read.or(other.cache_read), best.cache_write.or(other.cache_write));
    if cached(&Usage { cache_read: read, cache_write: write, ..Usage::default() }) <= input {
        best.cache_read = best.cache_read.or(other.cache_read);
        best.cache_write = best.cache_write.or(other.cache_write);
    }
    let room = |have: Option<u64>, more: Option<u64>, total: u64| have.or(more.filter(|part| *part <= total));
    let write = best.cache_write.unwrap_or(0);
    best.cache_write_5m = room(best.cache_write_5m, other.cache_write_5m, write);
    best.cache_write_1h = room(best.cache_write_1h, other.cache_write_1h, write);
    best.input_audio = room(best.input_audio, other.input_audio, input);
    best.input_image = room(best.input_image, other.input_image, input);
    best.reasoning = room(best.reasoning, other.reasoning, output);
    best.output_audio = room(best.output_audio, other.output_audio, output);
    best.output_image = room(best.output_image, other.output_image, output);
    for (unit, count) in &other.units {
        best.units.entry(unit.clone()).or_insert(*count);
    }
}
