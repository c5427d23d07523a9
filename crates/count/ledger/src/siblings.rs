//! Sibling records of one call: of two conventions of which one recorded the answer's id, and records that
//! only repeat usage.

use foldhash::{HashMap, HashMapExt};
use quipu_core::{Node, Signal, meets_by_time};

use crate::merge::{self, usage};
use crate::standing::{At, Standing};
use crate::trace::{Entry, Trace};

/// Maximum gap between two records of one call that share no id, in nanoseconds. One instrumentation's span
/// of a stream begins when the other's has ended.
const MOMENT: i64 = 1_000_000_000;

/// Selects one of two sibling records of a call below `at`, written by two conventions of which one recorded
/// the answer's id (R6). The record with the id counts. Both have the same model and the same figures at
/// nearly the same time.
pub(crate) fn pick_among_siblings(trace: &mut Trace, at: At) {
    if trace.entry(at).children.is_empty() {
        return;
    }
    let calls = trace.entry(at).children.iter().copied().filter(|child| is_call_with_figures(trace, *child));
    let (named, mut nameless): (Vec<At>, Vec<At>) =
        calls.partition(|at| merge::response_id(&trace.entry(*at).node).is_some());
    let mut by_figures: HashMap<_, Vec<At>> = HashMap::new();
    if !nameless.is_empty() {
        named.iter().for_each(|at| by_figures.entry(figures(trace, *at)).or_default().push(*at));
        by_figures.values_mut().for_each(|named| leave_out_shared_ids(trace, named));
    }
    let in_order = |at: &At| (trace.entry(*at).node.start, trace.entry(*at).node.span_id);
    nameless.sort_by_key(in_order);
    by_figures.values_mut().for_each(|named| named.sort_by_key(in_order));
    // A call has at most one record of each instrumentation.
    let mut records: HashMap<At, Vec<At>> = HashMap::new();
    for loser in nameless {
        let node = &trace.entry(loser).node;
        let same = by_figures.get(&figures(trace, loser)).into_iter().flatten().copied();
        let fits = |named: &At| {
            let joined = records.get(named).into_iter().flatten();
            joined.chain([named]).all(|at| merge::siblings(&trace.entry(*at).node, node, MOMENT))
        };
        let winner = same.filter(fits).min_by_key(|named| merge::distance(&trace.entry(*named).node, node));
        winner.into_iter().for_each(|winner| records.entry(winner).or_default().push(loser));
        trace.lose_to(loser, winner);
    }
    lose_repeated(trace, at);
}

/// Removes records whose ids are shared by calls with the same figures. Moments compare all pairs of such
/// records, and find which of them are of one call.
fn leave_out_shared_ids(trace: &Trace, named: &mut Vec<At>) {
    if named.len() > MOST_SHARED {
        return;
    }
    let node = |at: &At| &trace.entry(*at).node;
    let all = named.clone();
    let shared = |at: &At| all.iter().find(|other| *other != at && merge::share_an_id(node(at), node(other)));
    let ids: Vec<_> = all.iter().filter_map(|at| merge::response_id(node(shared(at)?))).collect();
    named.retain(|at| merge::response_id(node(at)).is_none_or(|id| !ids.contains(&id)));
}

/// Most records with the same figures whose ids are compared.
const MOST_SHARED: usize = 64;

/// Maximum time from the start of a stream to the record of its usage, in nanoseconds.
const LONGEST_STREAM: i64 = 600_000_000_000;

/// Finds records below `at` that repeat the usage of the call before them: they take no time and name no
/// operation. The call has an operation or takes time, and the same model and figures.
fn lose_repeated(trace: &mut Trace, at: At) {
    let children = || trace.entry(at).children.iter().copied();
    let calls = children().filter(|child| has_figures(trace, *child));
    let (mut records, mut calls): (Vec<At>, Vec<At>) = calls.partition(|at| is_bare_record(trace, *at));
    calls.retain(|at| trace.entry(*at).node.signal == Signal::Span);
    if records.is_empty() {
        return;
    }
    let in_order = |at: &At| (trace.entry(*at).node.start, trace.entry(*at).node.span_id);
    let mut bare: Vec<At> = children().filter(|child| is_call_without_figures(trace, *child)).collect();
    records.sort_by_key(in_order);
    calls.sort_by_key(in_order);
    bare.sort_by_key(in_order);
    for record in records {
        let node = &trace.entry(record).node;
        let precedes = |call: &At| {
            let other = &trace.entry(*call).node;
            let gap = merge::end(other).map(|end| node.start.nanos().saturating_sub(end));
            node.signal == Signal::Span
                && figures(trace, *call) == figures(trace, record)
                && gap.is_some_and(|gap| (0..=MOMENT).contains(&gap))
                && other
                    .call
                    .as_ref()
                    .zip(node.call.as_ref())
                    .is_some_and(|(one, other)| merge::is_one_model(one, other))
        };
        if let Some(at) = calls.iter().rposition(precedes) {
            let call = calls.remove(at);
            trace.lose_to(record, Some(call));
        } else if let Some(at) = bare.iter().rposition(|call| is_told_late(trace, *call, record)) {
            let call = bare.remove(at);
            trace.lose_to(record, Some(call));
        }
    }
}

/// Whether a record has the usage of a call that was told without it: of the same model, and begun before.
/// The span of a stream can end long before the stream.
fn is_told_late(trace: &Trace, call: At, record: At) -> bool {
    let (node, late) = (&trace.entry(call).node, &trace.entry(record).node);
    let (Some(one), Some(other)) = (&node.call, &late.call) else { return false };
    let ids = one.response_id.as_ref().zip(other.response_id.as_ref());
    let names_none = other.request_model.is_none() && other.response_model.is_none();
    node.signal == late.signal
        && node.start <= late.start
        && ids.is_none_or(|(one, other)| one == other)
        && late.start.since(node.start) <= LONGEST_STREAM
        && (merge::is_one_model(one, other) || (names_none && node.signal == Signal::Log))
}

/// Whether a call ended well and was told without usage.
fn is_call_without_figures(trace: &Trace, at: At) -> bool {
    let Entry { node, standing, .. } = trace.entry(at);
    let is_well = node.call.as_ref().is_some_and(|call| !call.failed);
    *standing == Standing::Own && node.kind.is_call() && is_compared(node) && usage(node).is_none() && is_well
}

/// Whether a record is a piece of the stream of a call above it, by the same instrumentation.
pub(crate) fn is_piece_of(node: &Node, call: &Node) -> bool {
    let (Some(piece), Some(above)) = (&node.call, &call.call) else { return false };
    merge::is_piece(node) && (piece.scope, &piece.convention) == (above.scope, &above.convention)
}

/// Whether a record of usage cannot be a call of its own.
fn is_bare_record(trace: &Trace, at: At) -> bool {
    let node = &trace.entry(at).node;
    merge::is_instant(node) && node.call.as_ref().is_some_and(|call| call.operation.is_none())
}

fn is_call_with_figures(trace: &Trace, at: At) -> bool {
    trace.entry(at).node.signal == Signal::Span && has_figures(trace, at)
}

/// Whether a record is a span, or a log record that was read by shape.
fn is_compared(node: &Node) -> bool {
    node.call.as_ref().is_some_and(|call| meets_by_time(node.signal, &call.convention))
}

fn has_figures(trace: &Trace, at: At) -> bool {
    let Entry { node, standing, .. } = trace.entry(at);
    *standing == Standing::Own
        && node.kind.is_call()
        && is_compared(node)
        && usage(node).is_some_and(|usage| usage.input.is_some() && usage.output.is_some())
}

fn figures(trace: &Trace, at: At) -> Option<(Option<u64>, Option<u64>)> {
    usage(&trace.entry(at).node).map(|usage| (usage.input, usage.output))
}
