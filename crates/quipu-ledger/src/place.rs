//! One session's records by several signals: which of them are of one call (R7).

use std::collections::BTreeMap;

use compact_str::CompactString;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use quipu_core::{Cost, Kind, Rule, Signal, SpanId, TraceId, Usage, answer_id_is_unique};

use crate::evidence::{end, gap};
use crate::merge::Told;
use crate::row::Row;
use crate::{merge, series};

/// A record: the span that it is, or that was made from it.
pub(crate) type Id = (TraceId, SpanId);

/// How far clocks and rounding may put two records of one call apart, in nanoseconds.
const SLACK: i64 = 1_000_000_000;
/// How far apart two records of one call may be that carry the same id, which some local model servers give to every answer.
const FAR: i64 = 300_000_000_000;
/// Records with the same id that are compared one by one; beyond, only those at the same time are.
const MOST_OF_ONE_ID: usize = 64;

/// The records of one meeting, each with the row that its trace alone gives it.
pub(crate) type Records = BTreeMap<Id, Row>;

/// Decides among all records of a meeting: gives every row, in the order of the records. A pure function of what is known, so
/// that the order of arrival does not matter.
///
/// `told` says whether calls of a metric's time are known from elsewhere: of the whole meeting when it is a session's. To `pairs` it adds
/// the records that it joined, the counted one first.
pub(crate) fn decide(records: &Records, told: impl Fn(&Row) -> bool, pairs: &mut Vec<(Id, Id)>) -> Vec<Cost> {
    let mut final_rows: BTreeMap<Id, Cost> =
        records.iter().map(|(id, row)| (*id, row.cost.clone())).collect();
    join_spans(records, &mut final_rows, pairs);
    pair(records, &mut final_rows, pairs);
    yield_to_calls(&mut final_rows);
    let calls_are_known = final_rows.values().any(|row| row.signal != Signal::Metric && tells(row));
    let costs_are_known = final_rows.values().any(|row| row.signal != Signal::Metric && reports(row));
    // A metric of cost alone is told again only by costs.
    series::settle(records, &mut final_rows, |row| match row.cost.usage {
        Some(_) => calls_are_known || told(row),
        None => costs_are_known,
    });
    final_rows.into_values().collect()
}

fn tells(row: &Cost) -> bool {
    row.counts() && row.usage.as_ref().is_some_and(Usage::is_known)
}

fn reports(row: &Cost) -> bool {
    row.counts() && row.reported.is_some()
}

/// Whether a row may be one of several records of a call or a tool run.
fn is_candidate(row: &Cost) -> bool {
    row.counts() && (row.kind.is_call() || row.is_tool_run()) && row.signal != Signal::Metric
}

/// Joins spans of one call that two instrumentations put into traces of their own (R6): the same id of the answer, at the same
/// time, with the same totals if both know them. The one that belongs to an agent counts, else the first.
fn join_spans(records: &Records, rows: &mut BTreeMap<Id, Cost>, joined: &mut Vec<(Id, Id)>) {
    let mut by_id: BTreeMap<&CompactString, Vec<Id>> = BTreeMap::new();
    for (id, row) in records {
        let is_span = row.cost.signal == Signal::Span && row.cost.kind.is_call() && is_candidate(&row.cost);
        if let Some(call_id) = row.call_id.as_ref().filter(|_| is_span) {
            by_id.entry(call_id).or_default().push(*id);
        }
    }
    for mut ids in by_id.into_values().filter(|ids| ids.len() > 1) {
        ids.sort_unstable_by_key(|id| (records[id].cost.agent.is_none(), records[id].cost.time, *id));
        let mut groups: Vec<Vec<Id>> = Vec::new();
        for id in ids {
            let fits =
                |group: &Vec<Id>| group.iter().all(|other| is_one_call(&records[other], &records[&id]));
            match groups.iter_mut().find(|group| fits(group)) {
                Some(group) => group.push(id),
                None => groups.push(vec![id]),
            }
        }
        for group in groups.iter().filter(|group| group.len() > 1) {
            joined.extend(group.iter().skip(1).map(|id| (group[0], *id)));
            let group: Vec<(&Id, &Row)> = group.iter().map(|id| (id, &records[id])).collect();
            rows.extend(merge(&group));
        }
    }
}

/// Whether two spans in different traces that carry the same id of the answer are of one call.
fn is_one_call(one: &Row, other: &Row) -> bool {
    let (a, b) = (&one.cost, &other.cost);
    let apart = one.is_apart_from(other);
    let totals = |row: &Cost| row.usage.as_ref().map(|usage| (usage.input, usage.output));
    // Totals of one answer may differ where two instrumentations read it; some local servers give every answer the same id.
    let is_unique = apart && one.call_id.as_deref().is_some_and(answer_id_is_unique);
    let agree = is_unique || a.usage.is_none() || b.usage.is_none() || totals(a) == totals(b);
    let told_apart = apart || a.framework != b.framework;
    a.kind == b.kind && a.trace_id != b.trace_id && told_apart && agree && gap(a, b) == 0
}

/// The rows of the records of one call, of which the first counts, with the best of all.
pub(crate) fn merge(group: &[(&Id, &Row)]) -> BTreeMap<Id, Cost> {
    let mut rows: BTreeMap<Id, Cost> = group.iter().map(|(id, row)| (**id, row.cost.clone())).collect();
    let Some(((first, _), others)) = group.split_first() else { return rows };
    let told = group.iter().filter_map(|(_, row)| {
        Some(Told {
            of_sdk: row.scope.is_of_sdk(),
            id: row.call_id.as_ref(),
            usage: row.cost.usage.as_ref()?,
        })
    });
    let usage = merge::better(told);
    for (id, other) in others {
        if other.cost.rule == Rule::OrphanRollup {
            rows.entry(**id).and_modify(|row| row.rule = Rule::Repeats);
            continue;
        }
        join(&mut rows, **first, **id, Rule::Duplicate);
        rows.entry(**first).and_modify(|row| row.usage.clone_from(&usage));
    }
    rows
}

/// Two records that may be of one call; the less the score, the surer.
struct Pair {
    score: (bool, bool, i64),
    trusted: Id,
    other: Id,
}

/// Pairs each record with one of a more trusted signal, the surest pairs first.
fn pair(records: &Records, rows: &mut BTreeMap<Id, Cost>, joined: &mut Vec<(Id, Id)>) {
    let signals: Vec<Signal> = Signal::ALL.into_iter().filter(|signal| *signal != Signal::Metric).collect();
    let mut trusted: Vec<Id> = Vec::new();
    for signal in signals {
        let of_signal = rows.iter().filter(|(_, row)| row.signal == signal && is_candidate(row));
        let of_signal: Vec<Id> = of_signal.map(|(id, _)| *id).collect();
        let mut pairs = pairs(records, &trusted, &of_signal);
        pairs.sort_unstable_by_key(|pair| (pair.score, pair.trusted, pair.other));
        let mut taken: HashSet<Id> = HashSet::new();
        let mut gone: HashSet<Id> = HashSet::new();
        for pair in pairs {
            if taken.contains(&pair.trusted) || gone.contains(&pair.other) {
                continue;
            }
            taken.insert(pair.trusted);
            gone.insert(pair.other);
            joined.push((pair.trusted, pair.other));
            join(rows, pair.trusted, pair.other, Rule::Echo);
        }
        trusted.extend(of_signal.into_iter().filter(|id| !gone.contains(id)));
    }
}

/// Every pair that can be one call.
fn pairs(records: &Records, trusted: &[Id], others: &[Id]) -> Vec<Pair> {
    if trusted.is_empty() || others.is_empty() {
        return Vec::new();
    }
    let mut by_time: Vec<(i64, Id)> = trusted.iter().map(|id| (start(&records[id].cost), *id)).collect();
    by_time.sort_unstable();
    let longest = trusted.iter().filter_map(|id| records[id].cost.duration).max().unwrap_or(0);
    let mut by_id: HashMap<&CompactString, Vec<Id>> = HashMap::new();
    for id in trusted {
        if let Some(call_id) = &records[id].call_id {
            by_id.entry(call_id).or_default().push(*id);
        }
    }
    let mut pairs = Vec::new();
    for other in others {
        let row = &records[other];
        let from = start(&row.cost).saturating_sub(longest).saturating_sub(SLACK);
        let until = end(&row.cost).saturating_add(SLACK);
        let first = by_time.partition_point(|(start, _)| *start < from);
        let near = by_time[first..].iter().take_while(|(start, _)| *start <= until).map(|(_, id)| *id);
        let same_id =
            row.call_id.as_ref().and_then(|id| by_id.get(id)).filter(|ids| ids.len() <= MOST_OF_ONE_ID);
        let mut tried: HashSet<Id> = HashSet::new();
        for trusted in near.chain(same_id.into_iter().flatten().copied()).filter(|id| tried.insert(*id)) {
            if let Some(score) = score(&records[&trusted], row) {
                pairs.push(Pair { score, trusted, other: *other });
            }
        }
    }
    pairs
}

fn start(row: &Cost) -> i64 {
    row.time.nanos()
}

/// How sure it is that two records are of one call; `None` when they are not: of another kind, of another tool, with another id,
/// or at another time.
fn score(trusted: &Row, other: &Row) -> Option<(bool, bool, i64)> {
    let (a, b) = (&trusted.cost, &other.cost);
    let same_id = match (&trusted.call_id, &other.call_id) {
        (Some(one), Some(other)) => (one == other).then_some(true)?,
        _ => false,
    };
    let same_tool = match (&a.tool, &b.tool) {
        (Some(one), Some(other)) if a.kind == Kind::Tool => merge::bare(one) == merge::bare(other),
        _ => true,
    };
    let close = gap(a, b) <= if same_id { FAR } else { SLACK };
    let input = |row: &Cost| row.usage.as_ref().and_then(|usage| usage.input);
    let unlike = input(a).is_some() && input(b).is_some() && input(a) != input(b);
    let apart = (start(a) - start(b)).saturating_abs().saturating_add((end(a) - end(b)).saturating_abs());
    (a.kind == b.kind && (same_tool || same_id) && close).then_some((!same_id, unlike, apart))
}

/// The trusted record counts, with the best of both; the other does not, by the rule.
fn join(rows: &mut BTreeMap<Id, Cost>, trusted: Id, other: Id, rule: Rule) {
    let Some(echo) = rows.get_mut(&other) else { return };
    echo.rule = rule;
    let echo = echo.clone();
    let Some(row) = rows.get_mut(&trusted) else { return };
    row.rule = Rule::Merged;
    let usages = [row.usage.as_ref(), echo.usage.as_ref()].into_iter().flatten();
    row.usage = merge::better(usages.map(|usage| Told { of_sdk: false, id: None, usage }));
    row.reported = row.reported.or(echo.reported);
    row.provider = row.provider.take().or(echo.provider);
    row.request_model = row.request_model.take().or(echo.request_model);
    row.response_model = row.response_model.take().or(echo.response_model);
    row.service_tier = row.service_tier.take().or(echo.service_tier);
    row.agent = row.agent.take().or(echo.agent);
    // One that says nothing of who pays is taken as metered: so a subscription was told by whoever knows.
    row.billing = row.billing.max(echo.billing);
    if !row.is_tool_run() {
        row.tool = row.tool.take().or(echo.tool);
    }
    // A tool's log may know that it failed where the span says nothing; a call's answer stands, where there is one.
    row.failed |= echo.failed && (row.is_tool_run() || row.usage.is_none());
}

/// A roll-up that nothing in its own trace explains repeats the calls that another signal tells of in its time (R3).
fn yield_to_calls(rows: &mut BTreeMap<Id, Cost>) {
    let mut calls: Vec<i64> = rows
        .values()
        .filter(|row| row.signal != Signal::Span && row.is_call() && tells(row))
        .map(end)
        .collect();
    calls.sort_unstable();
    for row in rows.values_mut() {
        if row.rule == Rule::OrphanRollup && row.signal == Signal::Span {
            let from = start(row).saturating_sub(SLACK);
            let first = calls.partition_point(|at| *at < from);
            if calls.get(first).is_some_and(|at| *at <= end(row).saturating_add(SLACK)) {
                row.rule = Rule::Repeats;
            }
        }
    }
}
