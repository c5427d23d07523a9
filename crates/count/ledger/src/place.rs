//! Records of one session by several signals, and the decision which of them are of one call (R7).

use std::collections::BTreeMap;

use compact_str::CompactString;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use quipu_core::{Arrival, Charge, Cost, Kind, Rule, ScopeMark, Signal};

use crate::evidence::{end, gap, known};
use crate::merge::CallFigures;
use crate::row::{Arrivals, Id, Records, Row, is_one_process, tells};
use crate::{ids, inferred, merge, names, senders, series};

/// Maximum distance between two records of one call due to clocks and rounding, in nanoseconds.
const SLACK: i64 = 1_000_000_000;
/// Maximum number of records with the same id that are compared in pairs. Beyond it, only simultaneous
/// records are compared.
const MOST_OF_ONE_ID: usize = 64;

/// Decides among all records of a meeting and returns every row, in the order of the records. A pure
/// function, so the order of arrival does not matter.
///
/// `told` returns whether calls at a metric's time are known outside this meeting. Known calls of the same
/// credentials within the meeting replace all of its metrics. The joined records are added to `pairs`, the
/// counted one first.
pub(crate) fn decide(
    records: &Records,
    told: impl Fn(&Row) -> bool,
    pairs: &mut Vec<(Id, Id)>,
) -> Vec<(Cost, Arrival)> {
    let mut final_rows: BTreeMap<Id, Cost> =
        records.iter().map(|(id, row)| (*id, row.cost.clone())).collect();
    let mut arrivals: Arrivals = records.iter().map(|(id, row)| (*id, row.arrival)).collect();
    join_spans(records, &mut final_rows, &mut arrivals, pairs);
    pair(records, &mut final_rows, &mut arrivals, pairs);
    yield_to_calls(&mut final_rows, &arrivals);
    inferred::yield_to_runs(records, &mut final_rows);
    series::settle(records, &mut final_rows, &arrivals, told);
    let arrival = |id: &Id| arrivals.get(id).copied().unwrap_or_default();
    final_rows.into_iter().map(|(id, cost)| (cost, arrival(&id))).collect()
}

/// Whether a row may be one of several records of a call or a tool run.
fn is_candidate(row: &Cost) -> bool {
    row.counts() && (row.kind.is_call() || row.is_tool_run()) && row.signal != Signal::Metric
}

/// Joins spans of one call that two instrumentations wrote into separate traces (R6), in one process or in
/// several. The spans share the answer's id and the time. If the id is not unique, they have equal totals if
/// both report them.
fn join_spans(
    records: &Records,
    rows: &mut BTreeMap<Id, Cost>,
    arrivals: &mut Arrivals,
    joined: &mut Vec<(Id, Id)>,
) {
    let mut by_id: BTreeMap<&CompactString, Vec<Id>> = BTreeMap::new();
    for (id, row) in records {
        let is_span = row.cost.signal == Signal::Span && row.cost.kind.is_call() && is_candidate(&row.cost);
        if let Some(call_id) = row.call_id.as_ref().filter(|_| is_span) {
            by_id.entry(call_id).or_default().push(*id);
        }
    }
    for mut ids in by_id.into_values().filter(|ids| ids.len() > 1) {
        ids.sort_unstable_by_key(|id| records[id].rank_in_call(id));
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
            let group: Vec<&Row> = group.iter().map(|id| &*records[id]).collect();
            let (merged, arrival) = merge(&group);
            rows.extend(merged);
            arrivals.insert(group[0].id(), arrival);
        }
    }
}

/// Whether two spans in different traces with the same answer id are of one call.
fn is_one_call(one: &Row, other: &Row) -> bool {
    let (a, b) = (&one.cost, &other.cost);
    // Frameworks stand in for instrumentations without a name.
    let is_nameless = one.scope == ScopeMark::default() || other.scope == ScopeMark::default();
    let apart = one.is_apart_from(other) || (is_nameless && a.framework != b.framework);
    let totals = |row| known(row).map(|usage| (usage.input, usage.output));
    let agree = || totals(a).zip(totals(b)).is_none_or(|(one, other)| one == other);
    let same = match (one.call_id.as_deref().and_then(ids::reach), apart) {
        // Two instrumentations may read different totals, by the clocks of two hosts.
        (Some(reach), true) => gap(a, b) <= reach,
        (Some(_), false) => a.framework != b.framework && gap(a, b) == 0 && agree(),
        // Moments tell such records of one process apart better.
        (None, true) if is_nameless || !is_one_process(one.moment, (other.moment, b.time)) => {
            gap(a, b) == 0 && agree()
        }
        (None, _) => false,
    };
    same && a.kind == b.kind && a.trace_id != b.trace_id
}

/// The rows of the records of one call, and the arrival of the record whose price the first has. The first
/// counts, with the best figures of all, and a later sender does not lower its price.
pub(crate) fn merge(group: &[&Row]) -> (BTreeMap<Id, Cost>, Arrival) {
    let mut rows = merged(group);
    let Some(one) = group.first() else { return (rows, Arrival::default()) };
    if group.iter().all(|row| row.arrival.sender == one.arrival.sender) {
        return (rows, one.arrival);
    }
    let records: Vec<(Arrival, Charge)> =
        group.iter().map(|row| (row.arrival, Charge::of(&row.cost))).collect();
    let theirs = |sender: u64| {
        let theirs: Vec<&Row> = group.iter().copied().filter(|row| row.arrival.sender == sender).collect();
        merged(&theirs).get(&theirs.first()?.id()).map(Charge::of)
    };
    let arrival = match rows.get_mut(&one.id()) {
        Some(row) => {
            let others = group.iter().filter(|row| is_of_others(row.arrival, one.arrival));
            others
                .filter(|row| Charge::of(&row.cost).spends())
                .for_each(|other| row.add_scopes_of(&other.cost));
            senders::keep(row, one.arrival, &records, theirs)
        }
        None => one.arrival,
    };
    (rows, arrival)
}

fn is_of_others(arrival: Arrival, counted: Arrival) -> bool {
    arrival.credentials() != counted.credentials()
}

fn merged(group: &[&Row]) -> BTreeMap<Id, Cost> {
    let mut rows: BTreeMap<Id, Cost> = group.iter().map(|row| (row.id(), row.cost.clone())).collect();
    let Some((first, others)) = group.split_first() else { return rows };
    let counted = first.id();
    let told = group.iter().filter_map(|row| {
        Some(CallFigures { of_sdk: row.scope.is_of_sdk(), usage: row.cost.usage.as_ref()? })
    });
    let usage = merge::better(told);
    let mut has_runs = first.has_runs;
    for other in others {
        let id = other.id();
        if other.cost.rule == Rule::OrphanRollup {
            rows.entry(id).and_modify(|row| row.rule = Rule::Repeats);
            continue;
        }
        join(&mut rows, (counted, has_runs), (id, other.has_runs), Rule::Duplicate);
        has_runs |= other.has_runs;
        rows.entry(counted).and_modify(|row| row.usage.clone_from(&usage));
    }
    rows
}

/// Two records that may be of one call. A smaller score is more certain.
struct Pair {
    score: (bool, bool, i64),
    trusted: Id,
    other: Id,
}

/// Pairs each record with one of a more reliable signal, the most certain pairs first.
fn pair(
    records: &Records,
    rows: &mut BTreeMap<Id, Cost>,
    arrivals: &mut Arrivals,
    joined: &mut Vec<(Id, Id)>,
) {
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
            let with_runs = |id: Id| (id, records.get(&id).is_some_and(|row| row.has_runs));
            let both = charges(rows, arrivals, [pair.trusted, pair.other]);
            keep_scope(records, rows, pair.trusted, pair.other);
            join(rows, with_runs(pair.trusted), with_runs(pair.other), Rule::Echo);
            keep(rows, arrivals, pair.trusted, &both);
        }
        trusted.extend(of_signal.into_iter().filter(|id| !gone.contains(id)));
    }
}

/// Notes the scope of a record of other credentials that has money.
fn keep_scope(records: &Records, rows: &mut BTreeMap<Id, Cost>, trusted: Id, other: Id) {
    let (Some(one), Some(two)) = (records.get(&trusted), records.get(&other)) else { return };
    let Some(echo) = rows.get(&other).filter(|echo| Charge::of(echo).spends()).cloned() else { return };
    if let Some(row) = rows.get_mut(&trusted).filter(|_| is_of_others(two.arrival, one.arrival)) {
        row.add_scopes_of(&echo);
    }
}

/// The facts of two rows of two senders; nothing if they have one sender.
fn charges(rows: &BTreeMap<Id, Cost>, arrivals: &Arrivals, ids: [Id; 2]) -> Vec<(Arrival, Charge)> {
    let sender = |id: &Id| arrivals.get(id).map(|arrival| arrival.sender);
    if sender(&ids[0]) == sender(&ids[1]) {
        return Vec::new();
    }
    ids.iter().filter_map(|id| Some((*arrivals.get(id)?, Charge::of(rows.get(id)?)))).collect()
}

/// Keeps the money of the first of two senders in the row that counts.
fn keep(rows: &mut BTreeMap<Id, Cost>, arrivals: &mut Arrivals, id: Id, both: &[(Arrival, Charge)]) {
    let (Some(row), Some(arrival)) = (rows.get_mut(&id), arrivals.get_mut(&id)) else { return };
    let theirs = |sender: u64| both.iter().find(|(one, _)| one.sender == sender).map(|(_, one)| one.clone());
    *arrival = senders::keep(row, *arrival, both, theirs);
}

/// All pairs that can be one call.
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

/// How certain two records are of one call. `None` if they are not: another kind, tool, id or time.
fn score(trusted: &Row, other: &Row) -> Option<(bool, bool, i64)> {
    let (a, b) = (&trusted.cost, &other.cost);
    let same_id = match (&trusted.call_id, &other.call_id) {
        (Some(one), Some(other)) => (one == other).then_some(true)?,
        _ => false,
    };
    let same_tool = match (&a.tool, &b.tool) {
        (Some(one), Some(other)) if a.kind == Kind::Tool => names::bare(one) == names::bare(other),
        _ => true,
    };
    let close = gap(a, b) <= if same_id { ids::FAR } else { SLACK };
    let input = |row: &Cost| row.usage.as_ref().and_then(|usage| usage.input);
    let unlike = input(a).is_some() && input(b).is_some() && input(a) != input(b);
    let apart = (start(a) - start(b)).saturating_abs().saturating_add((end(a) - end(b)).saturating_abs());
    (a.kind == b.kind && (same_tool || same_id) && close).then_some((!same_id, unlike, apart))
}

/// Counts the trusted record, with the best values of both. The other record does not count, by the rule. The
/// flags say whether tool runs have spans in the trace of a record.
fn join(
    rows: &mut BTreeMap<Id, Cost>,
    (trusted, t_runs): (Id, bool),
    (other, o_runs): (Id, bool),
    rule: Rule,
) {
    let Some(echo) = rows.get_mut(&other) else { return };
    echo.rule = rule;
    let runs = std::mem::take(&mut echo.inferred);
    let estimate = echo.estimate.take();
    let echo = echo.clone();
    let Some(row) = rows.get_mut(&trusted) else { return };
    row.estimate = row.estimate.take().or(estimate);
    row.inferred = inferred::joined((std::mem::take(&mut row.inferred), t_runs), (runs, o_runs));
    row.rule = Rule::Merged;
    let usages = [row.usage.as_ref(), echo.usage.as_ref()].into_iter().flatten();
    row.usage = merge::better(usages.map(|usage| CallFigures { of_sdk: false, usage }));
    row.reported = row.reported.or(echo.reported);
    row.provider = row.provider.take().or(echo.provider);
    row.request_model = row.request_model.take().or(echo.request_model);
    row.response_model = row.response_model.take().or(echo.response_model);
    row.service_tier = row.service_tier.take().or(echo.service_tier);
    row.agent = row.agent.take().or(echo.agent);
    // A record without billing information counts as metered, so a reported subscription is certain.
    row.billing = row.billing.max(echo.billing);
    if !row.is_tool_run() {
        row.tool = row.tool.take().or(echo.tool);
    }
    // A tool's log may report a failure that its span omits. The answer of a call takes precedence, if there
    // is one.
    row.failed |= echo.failed && (row.is_tool_run() || row.usage.is_none());
}

/// Marks a roll-up that its own trace does not explain as a repetition of simultaneous calls of another
/// signal (R3).
fn yield_to_calls(rows: &mut BTreeMap<Id, Cost>, arrivals: &Arrivals) {
    let arrival = |id: &Id| arrivals.get(id).copied().unwrap_or_default();
    let is_call = |row: &Cost| row.signal != Signal::Span && row.is_call() && tells(row);
    let calls = rows.iter().filter(|(_, row)| is_call(row));
    let mut calls: Vec<(i64, Arrival)> = calls.map(|(id, row)| (end(row), arrival(id))).collect();
    calls.sort_unstable_by_key(|(at, arrival)| (*at, arrival.sender, arrival.millisecond));
    for (id, row) in rows {
        if row.rule == Rule::OrphanRollup && row.signal == Signal::Span {
            let from = start(row).saturating_sub(SLACK);
            let until = end(row).saturating_add(SLACK);
            let first = calls.partition_point(|(at, _)| *at < from);
            let mut near = calls[first..].iter().take_while(|(at, _)| *at <= until);
            if near.any(|(_, call)| !senders::is_later(*call, arrival(id))) {
                row.rule = Rule::Repeats;
            }
        }
    }
}
