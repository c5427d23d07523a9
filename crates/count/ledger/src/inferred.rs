//! Tool runs of one trace that only the messages of its calls tell of.

use std::collections::BTreeMap;

use compact_str::CompactString;
use foldhash::{HashMap, HashMapExt, HashSet};
use quipu_core::{Cost, InferredRun, Kind, Node, Timestamp, ToldResult, TraceId, hash_of_id};

use crate::names::bare;
use crate::row::{Id, Records};
use crate::standing::{At, Standing};
use crate::trace::{Inferred, Trace};
use crate::{decide, evidence, merge};

/// A run as the messages tell it.
struct Candidate {
    run: InferredRun,
    /// Hash of the tool call's id; zero without one.
    id: u64,
    /// The call that was given the result.
    at: At,
    /// When that call began.
    until: Timestamp,
}

/// A tool run that a span tells of.
struct KnownRun<'t> {
    name: &'t str,
    start: Timestamp,
    taken: bool,
}

/// Tool runs without a span, by the call that received their result. Depends on the set of spans alone.
pub(crate) fn infer(trace: &Trace, tellers: &HashSet<At>) -> Inferred {
    let mut candidates = candidates(trace, tellers);
    let (ids, mut seen) = seen(trace, &candidates);
    candidates.retain(|candidate| !ids.contains(&candidate.id));
    candidates.retain(|candidate| !has_span(candidate, &mut seen));
    let mut inferred = Inferred::new();
    for candidate in candidates {
        inferred.entry(counted(trace, candidate.at)).or_default().push(candidate.run);
    }
    inferred
}

/// Most records of one call in one trace.
const MOST_RECORDS: usize = 8;

/// The record of a call that counts. It holds the runs, so that records of the call in other traces have the
/// same ones.
fn counted(trace: &Trace, at: At) -> At {
    let next = |at: &At| {
        let entry = trace.entry(*at);
        match entry.standing {
            Standing::Same(other) => Some(other),
            _ => entry.lost_to,
        }
    };
    std::iter::successors(Some(at), next).take(MOST_RECORDS).last().unwrap_or(at)
}

/// One candidate a run, by the first call that was given its result; in the order of their times.
fn candidates(trace: &Trace, tellers: &HashSet<At>) -> Vec<Candidate> {
    let mut given: BTreeMap<u64, Vec<(At, &ToldResult)>> = BTreeMap::new();
    let mut asked: HashMap<u64, Vec<(At, &CompactString)>> = HashMap::new();
    for at in tellers {
        let Some(told) = trace.entry(*at).node.call.as_ref().and_then(|call| call.told.as_ref()) else {
            continue;
        };
        for result in &told.answered {
            given.entry(result.key).or_default().push((*at, result));
        }
        for call in &told.asked {
            asked.entry(call.key).or_default().push((*at, &call.name));
        }
    }
    let mut candidates = Vec::new();
    for (key, mut results) in given {
        results.sort_unstable_by_key(|(at, _)| place(&trace.entry(*at).node));
        let Some((at, first)) = results.first().copied() else { continue };
        let until = trace.entry(at).node.start;
        let mut calls = asked.remove(&key).unwrap_or_default();
        calls.sort_unstable_by_key(|(at, _)| place(&trace.entry(*at).node));
        let named = results.iter().find_map(|(_, result)| result.name.as_ref());
        let Some(tool) = named.or_else(|| calls.first().map(|(_, name)| *name)) else { continue };
        let failed = results.iter().any(|(_, result)| result.failed);
        let run = InferredRun { key, tool: tool.clone(), since: since(trace, &calls, until), failed };
        candidates.push(Candidate { run, id: first.id, at, until });
    }
    candidates.sort_by_key(|candidate| (candidate.until, candidate.run.since, candidate.run.key));
    candidates
}

fn place(node: &Node) -> (Timestamp, quipu_core::SpanId) {
    (node.start, node.span_id)
}

/// The latest end of a call that asked for the run, before the call that was given its result began.
fn since(trace: &Trace, asked: &[(At, &CompactString)], until: Timestamp) -> Option<Timestamp> {
    let ends = asked.iter().filter_map(|(at, _)| {
        let node = &trace.entry(*at).node;
        Some(node.start.plus(node.duration?))
    });
    ends.filter(|end| end.nanos() <= until.nanos().saturating_add(evidence::STAGGER))
        .max()
        .map(|end| end.min(until))
}

/// The ids of all tool runs that have a span, and the runs that count whose id no candidate has.
fn seen<'t>(trace: &'t Trace, candidates: &[Candidate]) -> (HashSet<u64>, Vec<KnownRun<'t>>) {
    let told: HashSet<u64> = candidates.iter().map(|candidate| candidate.id).collect();
    let (mut ids, mut runs) = (HashSet::default(), Vec::new());
    for at in trace.all_runs() {
        let node = &trace.entry(at).node;
        let (Some(call), Some(name)) = (&node.call, merge::bare_tool(node)) else { continue };
        let id = call.response_id.as_deref().map(hash_of_id);
        ids.extend(id);
        let counts = node.kind == Kind::Tool && decide::rule(trace, at).is_some_and(quipu_core::Rule::counts);
        if counts && !id.is_some_and(|id| told.contains(&id)) {
            runs.push(KnownRun { name, start: node.start, taken: false });
        }
    }
    runs.sort_unstable_by_key(|run| (run.start, run.name));
    (ids, runs)
}

/// Whether a span of the same name began between the two calls. Each span is of one run.
fn has_span(candidate: &Candidate, seen: &mut [KnownRun<'_>]) -> bool {
    let slack = |time: Timestamp, by: i64| time.nanos().saturating_add(by);
    let from = candidate.run.since.map_or(i64::MIN, |since| slack(since, -evidence::STAGGER));
    let until = slack(candidate.until, evidence::STAGGER);
    let name = bare(&candidate.run.tool);
    let fits = |run: &&mut KnownRun<'_>| {
        !run.taken && run.name == name && (from..=until).contains(&run.start.nanos())
    };
    let found = seen.iter_mut().find(fits);
    found.is_some_and(|run| {
        run.taken = true;
        true
    })
}

/// Merges the inferred runs of two records of one call. If tool runs have spans in the trace of a record,
/// only the inferred runs of this record count, because all others have a span there. Both records may have
/// the same run.
pub(crate) fn joined(
    (mut runs, has_spans): (Vec<InferredRun>, bool),
    (others, other_has_spans): (Vec<InferredRun>, bool),
) -> Vec<InferredRun> {
    let is_in = |runs: &[InferredRun], run: &InferredRun| runs.iter().any(|known| known.key == run.key);
    let mut more = others.clone();
    more.retain(|run| !has_spans && !is_in(&runs, run));
    runs.retain(|run| !other_has_spans || is_in(&others, run));
    runs.append(&mut more);
    runs
}

/// Longest assumed time of a run with an unknown start, in nanoseconds.
const LONG: i64 = 300_000_000_000;

/// Removes inferred runs that have a tool record in another trace of the same session. Runs within a trace
/// are decided before.
pub(crate) fn yield_to_runs(records: &Records, rows: &mut BTreeMap<Id, Cost>) {
    if rows.values().all(|row| row.inferred.is_empty()) {
        return;
    }
    let of_tools = rows.iter().filter(|(_, row)| row.is_tool_run());
    let mut runs: Vec<(TraceId, Timestamp, Option<u64>, String, bool)> = of_tools
        .filter_map(|(id, row)| {
            let name = bare(row.tool.as_deref()?).to_owned();
            let call_id = records.get(id)?.call_id.as_deref().map(hash_of_id);
            Some((row.trace_id, row.time, call_id, name, false))
        })
        .collect();
    for row in rows.values_mut() {
        let (trace_id, until) = (row.trace_id, row.time);
        row.inferred.retain(|run| {
            let from = run.since.unwrap_or_else(|| until.plus(-LONG)).plus(-evidence::STAGGER);
            let times = from..=until.plus(evidence::STAGGER);
            let name = bare(&run.tool);
            let same =
                |(trace, time, id, tool, taken): &&mut (TraceId, Timestamp, Option<u64>, String, bool)| {
                    let named = tool == name && times.contains(time);
                    *trace != trace_id && !*taken && (*id == Some(run.key) || named)
                };
            let found = runs.iter_mut().find(same);
            found.map(|run| run.4 = true).is_none()
        });
    }
}
