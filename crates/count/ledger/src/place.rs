//! Records of one session by several signals, and the decision which of them are of one call (R7).

use std::collections::BTreeMap;

use compact_str::CompactString;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use quipu_core::{Arrival, Charge, Cost, Kind, Rule, ScopeMark, Signal, meets_by_time};

use crate::evidence::{end, gap};
use crate::figures::known;
use crate::merge::CallFigures;
use crate::row::{Arrivals, Id, Records, Row, is_one_process, tells};
use crate::{figures, ids, inferred, merge, names, senders, series, unsent};

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
    if records.values().all(|row| row.cost.signal == Signal::Span && row.cost.inferred.is_empty()) {
        return decide_spans(records, pairs);
    }
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

/// The same for records that are all spans, without inferred runs: only ids can join them.
fn decide_spans(records: &Records, joined: &mut Vec<(Id, Id)>) -> Vec<(Cost, Arrival)> {
    let groups = spans_of_one_call(records);
    let mut merged_rows: Vec<(Cost, Arrival)> = Vec::new();
    for group in groups {
        joined.extend(group.iter().skip(1).map(|row| (group[0].id(), row.id())));
        let (merged, arrival) = merge(&group);
        let others = group.iter().skip(1).map(|row| row.arrival);
        merged_rows.extend(merged.into_iter().zip(std::iter::once(arrival).chain(others)));
    }
    let id = |cost: &Cost| (cost.trace_id, cost.span_id);
    let known: HashSet<Id> = merged_rows.iter().map(|(cost, _)| id(cost)).collect();
    let others = records.values().filter(|row| !known.contains(&row.id()));
    merged_rows.extend(others.map(|row| (row.cost.clone(), row.arrival)));
    merged_rows.sort_unstable_by_key(|(cost, _)| id(cost));
    merged_rows
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
    for group in spans_of_one_call(records) {
        joined.extend(group.iter().skip(1).map(|row| (group[0].id(), row.id())));
        let (merged, arrival) = merge(&group);
        rows.extend(merged.into_iter().map(|cost| ((cost.trace_id, cost.span_id), cost)));
        arrivals.insert(group[0].id(), arrival);
    }
}

/// The spans of each call with several, the counting one first; also its log records that were read by shape.
fn spans_of_one_call(records: &Records) -> Vec<Vec<&Row>> {
    let is_span = |row: &&Row| {
        row.call_id.is_some()
            && meets_by_time(row.cost.signal, &row.cost.convention)
            && row.cost.kind.is_call()
            && is_candidate(&row.cost)
    };
    let mut spans: Vec<&Row> = records.values().map(|row| &**row).filter(is_span).collect();
    spans.sort_unstable_by(|a, b| {
        let place = |row: &Row| (row.cost.signal, row.rank_in_call(&row.id()));
        a.call_id.cmp(&b.call_id).then_with(|| place(a).cmp(&place(b)))
    });
    let mut all = Vec::new();
    let is_alike = |a: &&Row, b: &&Row| (&a.call_id, a.cost.signal) == (&b.call_id, b.cost.signal);
    for same_id in spans.chunk_by(is_alike).filter(|spans| spans.len() > 1) {
        let mut groups: Vec<Vec<&Row>> = Vec::new();
        for row in same_id {
            let fits = |group: &Vec<&Row>| group.iter().all(|other| is_one_call(other, row));
            match groups.iter_mut().find(|group| fits(group)) {
                Some(group) => group.push(row),
                None => groups.push(vec![row]),
            }
        }
        all.extend(groups.into_iter().filter(|group| group.len() > 1));
    }
    all
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
        // The usage of a stream may come in a record of its own.
        (Some(reach), false) if known(a).is_some() != known(b).is_some() => gap(a, b) <= reach,
        // Two processes, or two tracer providers of one, have the same instrumentation. A program can fetch
        // one answer several times.
        (Some(reach), false) => {
            gap(a, b) <= reach && (agree() || reach > 0 && figures::counts_on(known(a), known(b)))
        }
        // Moments tell such records of one process apart better.
        (None, true) if is_nameless || !is_one_process(one.moment, (other.moment, b.time)) => {
            gap(a, b) == 0 && agree()
        }
        (None, _) => false,
    };
    same && a.kind == b.kind && a.trace_id != b.trace_id
}

/// The rows of the records of one call in their order, and the arrival of the record whose price the first
/// has. The first counts, with the best figures of all, and a later sender does not lower its price.
pub(crate) fn merge(group: &[&Row]) -> (Vec<Cost>, Arrival) {
    let mut rows = merged(group);
    let Some(one) = group.first() else { return (rows, Arrival::default()) };
    if group.iter().all(|row| row.arrival.sender == one.arrival.sender) {
        return (rows, one.arrival);
    }
    let records: Vec<(Arrival, Charge)> =
        group.iter().map(|row| (row.arrival, Charge::of(&row.cost))).collect();
    let theirs = |sender: u64| {
        let theirs: Vec<&Row> = group.iter().copied().filter(|row| row.arrival.sender == sender).collect();
        merged(&theirs).first().map(Charge::of)
    };
    let arrival = match rows.first_mut() {
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

fn merged(group: &[&Row]) -> Vec<Cost> {
    let mut rows: Vec<Cost> = group.iter().map(|row| row.cost.clone()).collect();
    let (Some((first, others)), Some(counted)) = (rows.split_first_mut(), group.first()) else { return rows };
    let told = group.iter().filter_map(|row| {
        Some(CallFigures { of_sdk: row.scope.is_of_sdk(), usage: row.cost.usage.as_ref()? })
    });
    let best = merge::better(told).map(|best| match group.iter().all(|row| row.scope == counted.scope) {
        true => figures::last_of(best, group.iter().filter_map(|row| known(&row.cost))),
        false => best,
    });
    let usage = unsent::unless_unsent(best, group.iter().map(|row| row.reader()));
    let mut has_runs = counted.has_runs;
    for (other, row) in others.iter_mut().zip(&group[1..]) {
        if other.rule == Rule::OrphanRollup {
            other.rule = Rule::Repeats;
            continue;
        }
        join_facts((first, has_runs), (other, row.has_runs), Rule::Duplicate);
        has_runs |= row.has_runs;
        first.usage.clone_from(&usage);
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
    let Some(mut echo) = rows.remove(&other) else { return };
    if let Some(row) = rows.get_mut(&trusted) {
        join_facts((row, t_runs), (&mut echo, o_runs), rule);
        let usages = [row.usage.as_ref(), echo.usage.as_ref()].into_iter().flatten();
        row.usage = merge::better(usages.map(|usage| CallFigures { of_sdk: false, usage }));
    }
    rows.insert(other, echo);
}

/// Joins two rows except for their usage.
fn join_facts((row, t_runs): (&mut Cost, bool), (echo, o_runs): (&mut Cost, bool), rule: Rule) {
    echo.rule = rule;
    let (runs, estimate) = (std::mem::take(&mut echo.inferred), echo.estimate.take());
    if row.estimate.is_none() {
        row.estimate = estimate;
    }
    if !runs.is_empty() || !row.inferred.is_empty() {
        row.inferred = inferred::joined((std::mem::take(&mut row.inferred), t_runs), (runs, o_runs));
    }
    row.rule = Rule::Merged;
    row.reported = row.reported.or(echo.reported);
    let names = [
        (&mut row.provider, &echo.provider),
        (&mut row.request_model, &echo.request_model),
        (&mut row.response_model, &echo.response_model),
        (&mut row.service_tier, &echo.service_tier),
        (&mut row.agent, &echo.agent),
    ];
    for (own, other) in names.into_iter().filter(|(own, _)| own.is_none()) {
        own.clone_from(other);
    }
    if names::is_alias(&row.response_model, &echo.request_model, &echo.response_model) {
        row.response_model.clone_from(&echo.response_model);
    }
    // A record without billing information counts as metered, so a reported subscription is certain.
    row.billing = row.billing.max(echo.billing);
    if !row.is_tool_run() && row.tool.is_none() {
        row.tool.clone_from(&echo.tool);
    }
    // A tool's log may report a failure that its span omits. The answer of a call takes precedence, if there
    // is one.
    let is_answered = row.usage.is_some() || echo.usage.is_some();
    row.failed |= echo.failed && (row.is_tool_run() || !is_answered);
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
