//! Decision whether a span counts: bottom-up over the tree, then between sibling records.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use quipu_core::{Kind, Rule, Signal, Usage};

use crate::kept::{held, is_fetched, kept, may_take_all};
use crate::merge::{self, is_by_shape, usage};
use crate::nested;
use crate::siblings::{self, pick_among_siblings};
use crate::standing::{At, Standing};
use crate::tally::{Calls, Tally, Tokens, exceeds};
use crate::trace::{Entry, Trace, names_nothing};

/// Decides every span in `dirty`. The list holds all ancestors of each of its spans.
pub(crate) fn settle(trace: &mut Trace, dirty: Vec<At>) {
    let order = deepest_first(trace, dirty);
    for at in order.iter().copied() {
        yield_to_siblings(trace, at);
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

/// Decides the sums of usage directly below `at` that have nothing below them. Some programs write the sum of
/// a run into a record beside its calls. Such a sum yields if it is exactly that of several calls below `at`,
/// and there is no other usage but such sums.
fn yield_to_siblings(trace: &mut Trace, at: At) {
    let is_sum = |child: &At| {
        let Entry { node, children, .. } = trace.entry(*child);
        let is_run = matches!(node.kind, Kind::Agent | Kind::Workflow) && node.signal == Signal::Span;
        is_run
            && children.is_empty()
            && usage(node).is_some()
            && standing(trace, *child, &Tally::default()) == Standing::Orphan
    };
    let sums: Vec<At> = trace.entry(at).children.iter().copied().filter(is_sum).collect();
    if sums.is_empty() {
        return;
    }
    let mut others = Tally::default();
    for child in trace.entry(at).children.iter().filter(|child| !is_sum(child)) {
        others.add(&trace.entry(*child).tally);
    }
    for sum in sums {
        let node = &trace.entry(sum).node;
        let yields = |told: &Usage| others.is_several_calls_of(Tokens::of(told));
        let yields = !trace.is_shared && usage(node).is_some_and(yields);
        let standing = if yields { Standing::Repeats } else { Standing::Orphan };
        if trace.entry(sum).standing != standing {
            let tally = own_tally(trace, sum, standing);
            let tally = if trace.entry(sum).node.kind == Kind::Agent { tally.of_its_own() } else { tally };
            trace.entry_mut(sum).tally = tally;
            change(trace, sum, standing);
        }
    }
}

fn standing(trace: &Trace, at: At, below: &Tally) -> Standing {
    let node = &trace.entry(at).node;
    let Some(call) = &node.call else { return Standing::Nothing };
    if is_fetched(call) {
        Standing::Fetched
    } else if call.never_count {
        Standing::Never
    } else if let Some(named) = named_call(trace, at) {
        Standing::Same(named)
    } else if is_by_shape(node) && is_of_a_call_above(trace, at) && !is_part_of_a_sum(trace, at)
        || is_event_of_the_call_above(trace, at)
    {
        with_details(trace, at).map_or(Standing::Repeats, Standing::Same)
    } else if node.kind.is_call() {
        kept(trace, at, call_standing(trace, at, below.calls(node.kind)))
    } else if node.kind == Kind::Tool && usage(node).is_none() {
        tool_standing(trace, at)
    } else if usage(node).is_none() && node.signal == Signal::Metric {
        Standing::Orphan
    } else if usage(node).is_none() {
        Standing::Nothing
    } else if is_of_a_call_above(trace, at) {
        with_details(trace, at).map_or(Standing::Repeats, Standing::Same)
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

/// The call above whose totals this record of usage repeats, if the record has more details of them or their
/// cost. Some instrumentations write the details of a stream in a record of its own, and some agents the cost
/// in a log record.
fn with_details(trace: &Trace, at: At) -> Option<At> {
    let entry = trace.entry(at);
    let call = entry.call?;
    let (above, record) = (usage(&trace.entry(call).node)?, usage(&entry.node)?);
    let same = (above.input, above.output) == (record.input, record.output);
    let told = [call, at].map(|at| trace.entry(at).node.call.as_deref());
    let ids = told.map(|call| call?.response_id.as_ref());
    let same_answer = ids[0].zip(ids[1]).is_none_or(|(one, other)| one == other);
    let costs = told.map(|call| call?.reported);
    let says_more = record.details() > above.details() || (costs[0].is_none() && costs[1].is_some());
    (same && same_answer && says_more).then_some(call)
}

/// Whether a call by shape is one of several whose tokens a call by shape above sums up. Home-made programs
/// have the same keys on a request and on the task around several requests.
fn is_part_of_a_sum(trace: &Trace, at: At) -> bool {
    let Some(call) = trace.entry(at).call.filter(|call| is_by_shape(&trace.entry(*call).node)) else {
        return false;
    };
    let Some(sum) = usage(&trace.entry(call).node) else { return false };
    let parts = trace.parts_by_shape(call);
    let tokens = parts.iter().filter_map(|part| usage(&trace.entry(*part).node).map(Tokens::of));
    parts.len() > 1 && tokens.fold(Tokens::default(), Tokens::plus) == Tokens::of(sum)
}

/// Whether a span marked as a call is an event within the call above it, such as a chunk of a stream: it
/// names no model, no usage and no id of its own.
fn is_event_of_the_call_above(trace: &Trace, at: At) -> bool {
    let entry = trace.entry(at);
    let is_of = |above: &Entry| {
        (above.agent, above.within) == (entry.agent, entry.within) && !names_nothing(&above.node)
    };
    let above = entry.call.map(|call| trace.entry(call));
    let is_event =
        |above: &Entry| names_nothing(&entry.node) || siblings::is_piece_of(&entry.node, &above.node);
    entry.node.kind.is_call() && above.is_some_and(|above| is_of(above) && is_event(above))
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
        Some(_) if nested::is_call_around_the_next(trace, at, below) => Standing::Own,
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
