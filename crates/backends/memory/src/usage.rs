//! Sums over the ledger, and counts of values.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Cost, CostCursor, CostPage, CostQuery, CostRow, EstimatedTotals, Facet, FacetField,
    GroupBy, GroupTable, Result, Sketch, ToolGroup, TraceFilter, TraceRow, UsageGroup, UsageKey, UsageQuery,
    UsageTotals,
};

use crate::failure::error_of;
use crate::held::{Entry, Records};
use crate::matching::cost_part_fits;
use crate::summary::{Summed, counted, lacks_price, values_of};
use crate::terms::{of_call, of_run, terms_fit};
use crate::traces::page;

/// Memory of a tool's group, of one of its runs, and of a value's count, without names.
const TOOL: usize = 1_024;
const RUN: usize = 16;
const VALUE: usize = 64;

/// Whether a counted row is part of usage: a call, or a row with tokens or money. Plain tool runs and steps
/// are not.
fn is_usage(cost: &Cost) -> bool {
    cost.is_call() || cost.usage.is_some() || cost.amount.is_some() || cost.reported.is_some()
}

fn totals_of(cost: &Cost) -> UsageTotals {
    let mut latency = Sketch::new();
    if let (true, Some(duration)) = (cost.is_call(), cost.duration) {
        latency.add(duration, 1);
    }
    UsageTotals {
        llm_calls: u64::from(cost.is_call()),
        errors: u64::from(cost.is_call() && cost.failed),
        tokens: cost.usage.as_ref().map(quipu_core::Usage::tokens).unwrap_or_default(),
        cost: cost.billed(),
        subscription: cost.subscription(),
        deviating: u64::from(cost.deviates()),
        unpriced: cost.unpriced.filter(|_| lacks_price(cost)).map(|why| (why, 1)).into_iter().collect(),
        reported: cost.reported,
        latency,
        estimated: cost.estimated().map(EstimatedTotals::of).unwrap_or_default(),
    }
}

/// The keys of all groups that a row is in: more than one if its trace has several tags, environments or
/// versions.
fn keys_of(query: &UsageQuery, cost: &Cost, trace: &Summed<'_>) -> Vec<Vec<UsageKey>> {
    let mut all = vec![Vec::new()];
    for by in &query.group_by {
        let next = several(*by, trace).unwrap_or_else(|| vec![key_of(*by, cost, &trace.row)]);
        let with = |known: &Vec<UsageKey>| {
            next.iter().map(|key| [known.as_slice(), std::slice::from_ref(key)].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

/// The names of a key of which a trace can have several, one `None` for none; `None` for other keys.
fn several(by: GroupBy, trace: &Summed<'_>) -> Option<Vec<UsageKey>> {
    let field = match by {
        GroupBy::Tag => FacetField::Tag,
        GroupBy::Environment => FacetField::Environment,
        GroupBy::Version => FacetField::Version,
        _ => return None,
    };
    let names: Vec<UsageKey> =
        values_of(field, trace).into_iter().map(|name| UsageKey::Name(Some(name))).collect();
    Some(if names.is_empty() { vec![UsageKey::Name(None)] } else { names })
}

fn key_of(by: GroupBy, cost: &Cost, trace: &TraceRow) -> UsageKey {
    let name = |name: Option<&CompactString>| UsageKey::Name(name.cloned());
    match by {
        GroupBy::Model => name(cost.model()),
        GroupBy::Provider => name(cost.provider.as_ref()),
        GroupBy::Agent => name(cost.agent.as_ref()),
        GroupBy::Framework => name(cost.framework.as_ref()),
        GroupBy::Service => name(cost.service.as_ref()),
        GroupBy::Session => name(trace.session.as_ref()),
        GroupBy::User => name(trace.user.as_ref()),
        GroupBy::Convention => name(Some(&cost.convention).filter(|name| !name.is_empty())),
        GroupBy::Tool => name(cost.tool.as_ref()),
        // These have several names.
        GroupBy::Tag | GroupBy::Environment | GroupBy::Version => name(None),
        GroupBy::Project => name(trace.project.as_ref()),
        GroupBy::Commit => name(trace.commit.as_ref()),
        GroupBy::Branch => name(trace.branch.as_ref()),
        GroupBy::Billing => UsageKey::Name(Some(CompactString::const_new(cost.billing.as_str()))),
        GroupBy::Step(_) | GroupBy::Hour | GroupBy::Day | GroupBy::Week | GroupBy::Month => {
            UsageKey::Time(by.start(cost.time).unwrap_or(cost.time))
        }
    }
}

/// Whether a counted row is part of usage and matches a filter whose trace part already matched.
fn is_usage_of(filter: &TraceFilter, cost: &Cost, trace: &Summed<'_>) -> bool {
    is_usage(cost)
        && cost_part_fits(filter, cost)
        && terms_fit(&filter.terms, trace, |field| of_call(cost, field))
}

impl Records {
    pub(crate) fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        let mut groups = GroupTable::<Vec<UsageKey>, UsageTotals>::new(&AnswerMemory::current())?;
        if query.group_by.is_empty() {
            groups.add(Vec::new(), UsageTotals::default())?;
        }
        for trace in self.traces_of_costs(&query.filter) {
            let costs = counted(trace.trace).filter(|cost| is_usage_of(&query.filter, cost, &trace));
            for cost in costs {
                for key in keys_of(query, cost, &trace) {
                    groups.add(key, totals_of(cost))?;
                }
            }
        }
        let group = |key, totals| UsageGroup { key, totals };
        let (groups, _hold) = groups.into_groups(query.group_by.len(), group)?;
        Ok(groups)
    }

    pub(crate) fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        let place =
            |cost: &Cost| CostCursor { time: cost.time, trace_id: cost.trace_id, span_id: cost.span_id };
        let (mut rows, mut hold) = (Vec::<CostRow>::new(), AnswerMemory::current().hold(0)?);
        for trace in self.traces_of_costs(&query.filter) {
            for cost in counted(trace.trace).filter(|cost| is_usage_of(&query.filter, cost, &trace)) {
                let (session, user) = (trace.row.session.clone(), trace.row.user.clone());
                let row = CostRow { cost: cost.clone(), session, user };
                hold.grow(row.bytes())?;
                rows.push(row);
            }
        }
        rows.sort_by_key(|row| place(&row.cost));
        let rest = rows.into_iter().filter(|row| query.cursor.is_none_or(|after| place(&row.cost) > after));
        let (rows, more) = page(rest, query.limit);
        let next = rows.last().filter(|_| more).map(|row| place(&row.cost));
        Ok(CostPage { rows, next })
    }

    /// The filter's times, service, framework, agent and tool apply to the run, the others to its trace. For
    /// an inferred run, those of the call that received its result apply.
    pub(crate) fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
        let of_itself = TraceFilter { model: None, ..filter.clone() };
        let fits_trace = |trace: &Summed<'_>| {
            filter.model.as_ref().is_none_or(|model| trace.row.models.iter().any(|have| have == model))
        };
        let mut runs: BTreeMap<CompactString, Runs<'_>> = BTreeMap::new();
        let mut hold = AnswerMemory::current().hold(0)?;
        for trace in self.traces_of_costs(filter).filter(fits_trace) {
            let fits = |cost: &Cost, tool: &CompactString| {
                let own =
                    |field| if field == FacetField::Tool { Some(Some(tool)) } else { of_run(cost, field) };
                filter.tool.as_ref().is_none_or(|wanted| tool == wanted)
                    && cost_part_fits(&of_itself, cost)
                    && terms_fit(&filter.terms, &trace, own)
            };
            for entry in trace.trace.values() {
                let Some(cost) = &entry.cost else { continue };
                if let Some(tool) = cost.tool.as_ref().filter(|tool| cost.is_tool_run() && fits(cost, tool)) {
                    hold.grow(if runs.contains_key(tool) { RUN } else { TOOL + tool.len() })?;
                    runs.entry(tool.clone()).or_default().seen.push((cost, entry));
                }
                for run in cost.inferred.iter().filter(|run| fits(cost, &run.tool)) {
                    hold.grow(if runs.contains_key(&run.tool) { 0 } else { TOOL + run.tool.len() })?;
                    runs.entry(run.tool.clone()).or_default().inferred += 1;
                }
            }
        }
        let mut groups: Vec<_> = runs.into_iter().map(|(tool, runs)| tool_group(tool, runs)).collect();
        groups.sort_by_key(|group| (Reverse(group.calls), Reverse(group.inferred), group.tool.clone()));
        Ok(groups)
    }

    pub(crate) fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>> {
        let mut counts: BTreeMap<CompactString, u64> = BTreeMap::new();
        let mut hold = AnswerMemory::current().hold(0)?;
        for trace in self.picked(filter) {
            for value in values_of(field, &trace) {
                hold.grow(if counts.contains_key(&value) { 0 } else { VALUE + value.len() })?;
                *counts.entry(value).or_default() += 1;
            }
        }
        let mut facets: Vec<_> = counts.into_iter().map(|(value, traces)| Facet { value, traces }).collect();
        facets.sort_by_key(|facet| (Reverse(facet.traces), facet.value.clone()));
        facets.truncate(limit);
        Ok(facets)
    }
}

/// Runs of one tool.
#[derive(Default)]
struct Runs<'e> {
    seen: Vec<(&'e Cost, &'e Entry)>,
    inferred: u64,
}

fn tool_group(tool: CompactString, Runs { seen: mut runs, inferred }: Runs<'_>) -> ToolGroup {
    runs.sort_by_key(|(cost, entry)| (cost.time, entry.span.trace_id, cost.span_id));
    let mut latency = Sketch::new();
    runs.iter().filter_map(|(cost, _)| cost.duration).for_each(|duration| latency.add(duration, 1));
    let failed: Vec<_> = runs.iter().filter(|(cost, _)| cost.failed).collect();
    ToolGroup {
        tool,
        calls: u64::try_from(runs.len()).unwrap_or(u64::MAX),
        errors: u64::try_from(failed.len()).unwrap_or(u64::MAX),
        latency,
        last_error: failed.last().and_then(|(_, entry)| error_of(entry)),
        inferred,
        rest: false,
    }
}
