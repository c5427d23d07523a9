//! Merging of sums by group, and of counted values.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Facet, GroupSums, GroupTable, Result, Sketch, SpanId, Timestamp, ToolGroup, TraceId,
    UsageKey, rest_key,
};

/// Memory of a value's count, without its name.
const VALUE: usize = 64;
/// Memory of a tool's group, without its name.
const TOOL: usize = 1_024;

/// Groups of a shard by key.
type Groups<T> = Vec<(Vec<UsageKey>, T)>;

/// Merges the groups of all shards, in the order of their keys.
///
/// A shard merges its greatest keys into a rest group if there are too many. Groups with these keys join the
/// rest in every shard, so the groups that stay are exact.
///
/// # Errors
/// No memory is left for the request.
pub(crate) fn merged<T: GroupSums, R>(
    lists: impl Iterator<Item = Groups<T>>,
    keys: usize,
    row: impl Fn(Vec<UsageKey>, T) -> R,
) -> Result<Vec<R>> {
    let is_rest = |key: &[UsageKey]| key.first() == Some(&UsageKey::Rest);
    let lists: Vec<Groups<T>> = lists.collect();
    // The greatest keys that shards with a rest have named.
    let bound = |list: &Groups<T>| {
        let (last, named) = list.split_last()?;
        is_rest(&last.0).then(|| named.last().map(|(key, _)| key.clone()).unwrap_or_default())
    };
    let bound = lists.iter().filter_map(bound).min();
    let mut table = GroupTable::new(&AnswerMemory::current())?;
    let mut rest: Option<T> = None;
    for (key, totals) in lists.into_iter().flatten() {
        if is_rest(&key) || bound.as_ref().is_some_and(|bound| key > *bound) {
            rest.get_or_insert_default().merge(totals);
        } else {
            table.add(key, totals)?;
        }
    }
    let (mut rows, left, _hold) = table.into_rows(&row)?;
    if let Some(left) = left {
        rest.get_or_insert_default().merge(left);
    }
    rows.extend(rest.map(|totals| row(rest_key(keys), totals)));
    Ok(rows)
}

/// Sums over the runs of one tool.
#[derive(Default)]
struct Runs {
    calls: u64,
    errors: u64,
    latency: Sketch,
    last: Option<((Timestamp, TraceId, SpanId), Option<String>)>,
    inferred: u64,
}

impl Runs {
    fn add(&mut self, group: ToolGroup) {
        self.calls += group.calls;
        self.errors += group.errors;
        self.latency.merge(&group.latency);
        self.inferred += group.inferred;
        if let Some(at) = group.last_failed
            && self.last.as_ref().is_none_or(|(last, _)| at > *last)
        {
            self.last = Some((at, group.last_error));
        }
    }

    fn into_group(self, tool: CompactString, rest: bool) -> ToolGroup {
        let (last_failed, last_error) = self.last.map_or((None, None), |(at, error)| (Some(at), error));
        ToolGroup {
            tool,
            calls: self.calls,
            errors: self.errors,
            latency: self.latency,
            last_error,
            last_failed,
            inferred: self.inferred,
            rest,
        }
    }
}

/// Merges the sums by tool of all shards, most calls first.
///
/// # Errors
/// No memory is left for the request.
pub(crate) fn tools(lists: impl Iterator<Item = Vec<ToolGroup>>) -> Result<Vec<ToolGroup>> {
    let lists: Vec<Vec<ToolGroup>> = lists.collect();
    // A rest has the last tools by name.
    let bound = |list: &Vec<ToolGroup>| {
        let is_cut = list.last().is_some_and(|last| last.rest);
        is_cut.then(|| {
            list.iter().filter(|one| !one.rest).map(|one| one.tool.clone()).max().unwrap_or_default()
        })
    };
    let bound = lists.iter().filter_map(bound).min();
    let mut hold = AnswerMemory::current().hold(0)?;
    let (mut runs, mut rest): (BTreeMap<CompactString, Runs>, Option<Runs>) = (BTreeMap::new(), None);
    for group in lists.into_iter().flatten() {
        if group.rest || bound.as_ref().is_some_and(|bound| group.tool > *bound) {
            rest.get_or_insert_default().add(group);
            continue;
        }
        if !runs.contains_key(&group.tool) {
            hold.grow(TOOL + group.tool.len())?;
        }
        runs.entry(group.tool.clone()).or_default().add(group);
    }
    let mut groups: Vec<ToolGroup> =
        runs.into_iter().map(|(tool, runs)| runs.into_group(tool, false)).collect();
    groups.sort_by_key(|group| (Reverse(group.calls), Reverse(group.inferred), group.tool.clone()));
    groups.extend(rest.map(|rest| rest.into_group(CompactString::default(), true)));
    Ok(groups)
}

/// Adds up the counts of all shards, most traces first, at most `limit`.
///
/// # Errors
/// No memory is left for the request.
pub(crate) fn facets(lists: impl Iterator<Item = Vec<Facet>>, limit: usize) -> Result<Vec<Facet>> {
    let mut hold = AnswerMemory::current().hold(0)?;
    let mut counts: BTreeMap<CompactString, u64> = BTreeMap::new();
    for facet in lists.flatten() {
        hold.grow(if counts.contains_key(&facet.value) { 0 } else { VALUE + facet.value.len() })?;
        *counts.entry(facet.value).or_default() += facet.traces;
    }
    let mut all: Vec<Facet> = counts.into_iter().map(|(value, traces)| Facet { value, traces }).collect();
    all.sort_by_key(|facet| (Reverse(facet.traces), facet.value.clone()));
    all.truncate(limit);
    Ok(all)
}
