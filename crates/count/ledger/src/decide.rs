//! Decision whether a span counts: bottom-up over the tree, then between sibling records.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use quipu_core::{Kind, Rule, Signal, Usage};

use crate::kept::{held, kept, may_take_all};
use crate::merge::{self, is_by_shape, usage};
use crate::standing::{At, Standing};
use crate::tally::{Calls, Tally, Tokens, exceeds};
use crate::trace::{Entry, Trace, names_nothing};

/// Decides every span in `dirty`. The list holds all ancestors of each of its spans.
pub(crate) fn settle(trace: &mut Trace, dirty: Vec<At>) {
    let order = deepest_first(trace, dirty);
    for at in order.iter().copied() {
        let below = below(trace, at);
        pick_among_siblings(trace, at);
        let standing = standing(trace, at, &below);
        let mut tally = below;
        tally.add(&own_tally(trace, at, standing));
        if matches!(trace.entry(at).node.kind, Kind::Agent | Kind::Tool) {
            tally = tally.of_its_own();
        }
        trace.entry_mut(at).tally = tally;
        change(trace, at, standing);
    }
    pick_among_all_twins(trace, &order);
    for tool in trace.take_tools() {
        pick_among_runs(trace, &tool);
    }
}

fn deepest_first(trace: &Trace, mut dirty: Vec<At>) -> Vec<At> {
    if dirty.len() < 2 {
        return dirty;
    }
    let mut depths: HashMap<At, u32> = HashMap::with_capacity(dirty.len());
    let mut path = Vec::new();
    for start in &dirty {
        let mut next = Some(*start);
        while let Some(at) = next.filter(|at| !depths.contains_key(at)) {
            path.push(at);
            next = trace.entry(at).parent;
        }
        let mut depth = next.and_then(|at| depths.get(&at).copied()).map_or(0, |depth| depth + 1);
        while let Some(at) = path.pop() {
            depths.insert(at, depth);
            depth += 1;
        }
    }
    dirty.sort_unstable_by_key(|at| std::cmp::Reverse(depths.get(at).copied().unwrap_or(0)));
    dirty
}

fn below(trace: &Trace, at: At) -> Tally {
    let mut below = Tally::default();
    for child in &trace.entry(at).children {
        below.add(&trace.entry(*child).tally);
    }
    below
}

fn standing(trace: &Trace, at: At, below: &Tally) -> Standing {
    let node = &trace.entry(at).node;
    let Some(call) = &node.call else { return Standing::Nothing };
    if call.operation.as_deref() == Some("fetch_response") {
        Standing::Fetched
    } else if call.never_count {
        Standing::Never
    } else if let Some(named) = named_call(trace, at) {
        Standing::Same(named)
    } else if is_by_shape(node) && is_of_a_call_above(trace, at) || is_event_of_the_call_above(trace, at) {
        Standing::Repeats
    } else if node.kind.is_call() {
        kept(trace, at, call_standing(trace, at, below.calls(node.kind)))
    } else if node.kind == Kind::Tool && usage(node).is_none() {
        tool_standing(trace, at)
    } else if usage(node).is_none() && node.signal == Signal::Metric {
        Standing::Orphan
    } else if usage(node).is_none() {
        Standing::Nothing
    } else if is_of_a_call_above(trace, at) {
        Standing::Repeats
    } else if below.any_usage() {
        kept(trace, at, Standing::Repeats)
    } else {
        Standing::Orphan
    }
}

/// Whether the usage on a span repeats that of a call above it with usage of its own. An example is the
/// separate record of a stream after the call's record. A call made by a tool or an agent in between is a
/// different call.
fn is_of_a_call_above(trace: &Trace, at: At) -> bool {
    let entry = trace.entry(at);
    let tells = |call: &Entry| {
        usage(&call.node).is_some()
            && (call.agent, call.within) == (entry.agent, entry.within)
            && may_take_all(&call.node, &entry.node)
    };
    entry.call.is_some_and(|call| tells(trace.entry(call)))
}

/// Whether a span marked as a call is an event within the call above it, such as a chunk of a stream: it
/// names no model, no usage and no id of its own.
fn is_event_of_the_call_above(trace: &Trace, at: At) -> bool {
    let entry = trace.entry(at);
    let is_of = |above: &Entry| {
        (above.agent, above.within) == (entry.agent, entry.within) && !names_nothing(&above.node)
    };
    let above = entry.call.map(|call| trace.entry(call));
    entry.node.kind.is_call() && names_nothing(&entry.node) && above.is_some_and(is_of)
}

/// The call that a log record with span attributes belongs to. It is the named span, otherwise the only call
/// of that model at that time below the named span.
fn named_call(trace: &Trace, at: At) -> Option<At> {
    let entry = trace.entry(at);
    let is_call = |at: &At| {
        let other = &trace.entry(*at).node;
        other.signal == Signal::Span && other.kind.is_call() && other.call.is_some()
    };
    if entry.node.signal != Signal::Details {
        return None;
    }
    let named = entry.parent?;
    if is_call(&named) {
        return Some(named);
    }
    let beside = |other: &At| is_call(other) && merge::beside(&entry.node, &trace.entry(*other).node);
    let mut calls = trace.entry(named).children.iter().copied().filter(beside);
    calls.next().filter(|_| calls.next().is_none())
}

fn call_standing(trace: &Trace, at: At, below: &Calls) -> Standing {
    let node = &trace.entry(at).node;
    match below.only {
        None => Standing::Own,
        Some(inner) if below.count == 1 && merge::same_call(node, &trace.entry(inner).node) => {
            Standing::Same(inner)
        }
        Some(_) if usage(node).is_some_and(|usage| below.usage && exceeds(usage, below.tokens)) => {
            Standing::Rest
        }
        Some(_) if below.usage || usage(node).is_none() => Standing::Repeats,
        Some(_) => Standing::Orphan,
    }
}

/// The usage of a span beyond the calls below it. Its cached share is unknown.
pub(crate) fn rest(trace: &Trace, at: At) -> Option<Usage> {
    let node = &trace.entry(at).node;
    let held = trace.is_shared.then(|| held(trace, at)).filter(|held| held.has_later);
    let below = match held {
        Some(held) => held.before.plus(held.later),
        None => below(trace, at).calls(node.kind).tokens,
    };
    let left = Tokens::of(usage(node)?).less(below);
    Some(Usage { input: Some(left.input), output: Some(left.output), ..Usage::default() })
}

/// Treats a tool run inside a run of the same tool as a second record of that run. The framework and the
/// tool's own server report one each.
fn tool_standing(trace: &Trace, at: At) -> Standing {
    let entry = trace.entry(at);
    match entry.tool {
        Some(outer) if merge::same_tool(&trace.entry(outer).node, &entry.node) => Standing::Same(outer),
        _ => Standing::Own,
    }
}

/// A span's own contribution to the tally. A span that lost to a sibling record still represents its call to
/// its ancestors. Otherwise the wrapper of the loser would count.
fn own_tally(trace: &Trace, at: At, standing: Standing) -> Tally {
    let node = &trace.entry(at).node;
    let mut tally = Tally::default();
    let told = Calls {
        usage: usage(node).is_some(),
        tokens: usage(node).map(Tokens::of).unwrap_or_default(),
        ..Calls::default()
    };
    match standing {
        Standing::Own if node.kind.is_call() => {
            *tally.calls_mut(node.kind) = Calls { count: 1, only: Some(at), ..told };
        }
        Standing::Orphan => *tally.outside_mut() = told,
        Standing::Rest => {
            tally.calls_mut(node.kind).tokens = rest(trace, at).as_ref().map(Tokens::of).unwrap_or_default();
        }
        // A wrapper's figures go to the call that it wraps.
        Standing::Same(_) if node.kind.is_call() => tally.calls_mut(node.kind).usage = told.usage,
        _ => {}
    }
    tally
}

/// Sets the standing and updates the lists of partners.
fn change(trace: &mut Trace, at: At, standing: Standing) {
    let old = std::mem::replace(&mut trace.entry_mut(at).standing, standing);
    trace.touch(at);
    if old == standing {
        if let Standing::Same(other) = standing {
            trace.touch(other);
        }
        return;
    }
    if standing != Standing::Own {
        trace.lose_to(at, None);
    }
    if let Standing::Same(other) = old {
        trace.entry_mut(other).partners.retain(|partner| *partner != at);
        trace.touch(other);
    }
    if let Standing::Same(other) = standing {
        trace.entry_mut(other).partners.push(at);
        trace.touch(other);
    }
}

/// Selects among the calls with the response ids of these spans. Most ids are of one call.
fn pick_among_all_twins(trace: &mut Trace, spans: &[At]) {
    let mut shared = HashSet::new();
    for at in spans.iter().copied() {
        let Some(id) = merge::response_id(&trace.entry(at).node) else { continue };
        if trace.twins(id).len() > 1 {
            shared.insert(id.clone());
        } else if trace.entry(at).standing == Standing::Own {
            trace.lose_to(at, None);
        }
    }
    shared.iter().for_each(|id| pick_among_twins(trace, id));
}

/// Selects the best of the sibling records of one call (R6).
fn pick_among_twins(trace: &mut Trace, response_id: &str) {
    let mut own: Vec<At> = trace.twins(response_id).to_vec();
    own.retain(|at| trace.entry(*at).standing == Standing::Own);
    own.sort_by_key(|at| {
        let node = &trace.entry(*at).node;
        (node.signal, std::cmp::Reverse(merge::quality(node)), node.start, node.span_id)
    });
    // A call has at most one record of each instrumentation.
    let mut groups: Vec<Vec<At>> = Vec::new();
    for at in own {
        let node = &trace.entry(at).node;
        let fits = |group: &Vec<At>| group.iter().all(|other| merge::twins(&trace.entry(*other).node, node));
        let winner = match groups.iter_mut().find(|group| fits(group)) {
            Some(group) => {
                group.push(at);
                Some(group[0])
            }
            None => {
                groups.push(vec![at]);
                None
            }
        };
        trace.lose_to(at, winner);
    }
}

/// Maximum gap between two records of one call that share no id, in nanoseconds. One instrumentation's span
/// of a stream begins when the other's has ended.
const MOMENT: i64 = 1_000_000_000;

/// Selects one of two sibling records of a call below `at`, written by two conventions of which one recorded
/// the answer's id (R6). The record with the id counts. Both have the same model and the same figures at
/// nearly the same time.
fn pick_among_siblings(trace: &mut Trace, at: At) {
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

/// Maximum duration of a record that only repeats usage, in nanoseconds: no call is faster.
const NO_CALL: i64 = 1_000_000;

/// Finds records below `at` that repeat the usage of the call before them: they take no time and name no
/// operation. The call has an operation or takes time, and the same model and figures.
fn lose_repeated(trace: &mut Trace, at: At) {
    let calls = trace.entry(at).children.iter().copied().filter(|child| is_call_with_figures(trace, *child));
    let (mut records, mut calls): (Vec<At>, Vec<At>) = calls.partition(|at| is_bare_record(trace, *at));
    let in_order = |at: &At| (trace.entry(*at).node.start, trace.entry(*at).node.span_id);
    records.sort_by_key(in_order);
    calls.sort_by_key(in_order);
    for record in records {
        let node = &trace.entry(record).node;
        let precedes = |call: &At| {
            let other = &trace.entry(*call).node;
            let gap = merge::end(other).map(|end| node.start.nanos().saturating_sub(end));
            figures(trace, *call) == figures(trace, record)
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
        }
    }
}

/// Whether a record of usage cannot be a call of its own.
fn is_bare_record(trace: &Trace, at: At) -> bool {
    let node = &trace.entry(at).node;
    let is_instant = node.duration.is_some_and(|duration| duration < NO_CALL);
    is_instant && node.call.as_ref().is_some_and(|call| call.operation.is_none())
}

fn is_call_with_figures(trace: &Trace, at: At) -> bool {
    let Entry { node, standing, .. } = trace.entry(at);
    *standing == Standing::Own
        && node.kind.is_call()
        && node.signal == Signal::Span
        && usage(node).is_some_and(|usage| usage.input.is_some() && usage.output.is_some())
}

fn figures(trace: &Trace, at: At) -> Option<(Option<u64>, Option<u64>)> {
    usage(&trace.entry(at).node).map(|usage| (usage.input, usage.output))
}

/// Selects the first of the overlapping runs of one tool that different instrumentations reported.
fn pick_among_runs(trace: &mut Trace, tool: &str) {
    let mut own: Vec<At> = trace.runs(tool).to_vec();
    own.retain(|at| trace.entry(*at).standing == Standing::Own);
    own.sort_by_key(|at| {
        let node = &trace.entry(*at).node;
        (node.start, std::cmp::Reverse(merge::end(node)), node.span_id)
    });
    let mut open: Vec<At> = Vec::new();
    let mut taken: HashSet<At> = HashSet::new();
    for at in own {
        let node = &trace.entry(at).node;
        open.retain(|longer| {
            merge::end(&trace.entry(*longer).node).is_none_or(|end| end >= node.start.nanos())
        });
        let longer = open
            .iter()
            .copied()
            .filter(|longer| !taken.contains(longer) && merge::same_run(&trace.entry(*longer).node, node))
            .rev()
            .max_by_key(|longer| merge::common_time(&trace.entry(*longer).node, node));
        trace.lose_to(at, longer);
        match longer {
            Some(longer) => {
                taken.insert(longer);
            }
            None => open.push(at),
        }
    }
}

/// The rule under which a span's row is written; `None` for spans without a row.
pub(crate) fn rule(trace: &Trace, at: At) -> Option<Rule> {
    let entry = trace.entry(at);
    match entry.standing {
        Standing::Nothing => None,
        Standing::Own if entry.lost_to.is_some() && entry.node.signal != Signal::Span => Some(Rule::Echo),
        Standing::Own if entry.lost_to.is_some() => Some(Rule::Duplicate),
        Standing::Own if !entry.partners.is_empty() => Some(Rule::Merged),
        Standing::Own => Some(Rule::Leaf),
        Standing::Same(_) if entry.node.signal != Signal::Span => Some(Rule::Echo),
        Standing::Same(_) => Some(Rule::Duplicate),
        Standing::Repeats => Some(Rule::Repeats),
        Standing::Orphan if entry.node.signal == Signal::Metric => Some(Rule::Metric),
        Standing::Orphan | Standing::Rest => Some(Rule::OrphanRollup),
        Standing::Never => Some(Rule::NeverCounted),
        Standing::Fetched => Some(Rule::Fetched),
    }
}
