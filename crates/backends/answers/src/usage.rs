//! Sums over the ledger, and counts of values.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Cost, CostCursor, CostPage, CostQuery, CostRow, EstimatedTotals, Facet, FacetField,
    GroupBy, GroupTable, MemoryHold, Result, Sketch, SpanId, Timestamp, ToolGroup, TraceFilter, TraceId,
    TraceRow, UsageGroup, UsageKey, UsageQuery, UsageTotals,
};

use crate::failure::error_of;
use crate::matching::{cost_part_fits, of_costs, picked};
use crate::page::page;
use crate::summary::{Summed, counted, lacks_price, values_of};
use crate::terms::{of_call, of_run, terms_fit};
use crate::traces::SPARE;
use crate::{Entry, Question, Trace};

/// Memory of a tool's group and of a value's count, without names.
const TOOL: usize = 1_024;
const VALUE: usize = 64;

/// Whether a counted row is part of usage: a call, or a row with tokens or money. Plain tool runs and steps
/// are not.
pub fn is_usage(cost: &Cost) -> bool {
    cost.is_call() || cost.usage.is_some() || cost.amount.is_some() || cost.reported.is_some()
}

/// The share of a counted row in every sum.
pub fn totals_of(cost: &Cost) -> UsageTotals {
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

/// Sums over calls, by group.
pub struct UsageSum<'q> {
    query: &'q UsageQuery,
    groups: GroupTable<Vec<UsageKey>, UsageTotals>,
}

impl<'q> UsageSum<'q> {
    /// The sums that a query asks for.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn new(query: &'q UsageQuery) -> Result<Self> {
        let mut groups = GroupTable::new(&AnswerMemory::current())?;
        if query.group_by.is_empty() {
            groups.add(Vec::new(), UsageTotals::default())?;
        }
        Ok(Self { query, groups })
    }

    /// Adds sums that were made ahead to the group of a key.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn add_sums(&mut self, key: Vec<UsageKey>, totals: UsageTotals) -> Result<()> {
        self.groups.add(key, totals)
    }
}

impl Question for UsageSum<'_> {
    type Answer = Vec<UsageGroup>;

    fn add(&mut self, id: TraceId, trace: &Trace) -> Result<()> {
        let Some(trace) = of_costs(&self.query.filter, id, trace) else { return Ok(()) };
        for cost in counted(trace.trace).filter(|cost| is_usage_of(&self.query.filter, cost, &trace)) {
            for key in keys_of(self.query, cost, &trace) {
                self.groups.add(key, totals_of(cost))?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<UsageGroup>> {
        let group = |key, totals| UsageGroup { key, totals };
        let (groups, _hold) = self.groups.into_groups(self.query.group_by.len(), group)?;
        Ok(groups)
    }
}

/// One page of ledger rows.
pub struct CostList<'q> {
    query: &'q CostQuery,
    rows: Vec<CostRow>,
    hold: MemoryHold,
}

impl<'q> CostList<'q> {
    /// The page that a query asks for.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn new(query: &'q CostQuery) -> Result<Self> {
        Ok(Self { query, rows: Vec::new(), hold: AnswerMemory::current().hold(0)? })
    }

    fn shrink(&mut self) -> Result<()> {
        self.rows.sort_by_key(|row| cost_cursor(&row.cost));
        self.rows.truncate(self.query.limit.max(1).saturating_add(1));
        self.hold.set(self.rows.iter().map(CostRow::bytes).sum())
    }
}

/// Place of a ledger row in pages.
pub fn cost_cursor(cost: &Cost) -> CostCursor {
    CostCursor { time: cost.time, trace_id: cost.trace_id, span_id: cost.span_id }
}

impl Question for CostList<'_> {
    type Answer = CostPage;

    fn add(&mut self, id: TraceId, trace: &Trace) -> Result<()> {
        let query = self.query;
        let Some(trace) = of_costs(&query.filter, id, trace) else { return Ok(()) };
        for cost in counted(trace.trace).filter(|cost| is_usage_of(&query.filter, cost, &trace)) {
            if query.cursor.is_some_and(|after| cost_cursor(cost) <= after) {
                continue;
            }
            let (session, user) = (trace.row.session.clone(), trace.row.user.clone());
            let row = CostRow { cost: cost.clone(), session, user };
            self.hold.grow(row.bytes())?;
            self.rows.push(row);
        }
        if self.rows.len() > query.limit.saturating_mul(2).saturating_add(SPARE) {
            self.shrink()?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<CostPage> {
        self.shrink()?;
        let (rows, more) = page(self.rows.into_iter(), self.query.limit);
        let next = rows.last().filter(|_| more).map(|row| cost_cursor(&row.cost));
        Ok(CostPage { rows, next })
    }
}

/// Sums over tool runs, by tool. The filter's times, service, framework, agent and tool apply to the run, the
/// others to its trace. For an inferred run, those of the call that received its result apply.
pub struct ToolSum<'q> {
    filter: &'q TraceFilter,
    of_itself: TraceFilter,
    runs: BTreeMap<CompactString, Runs>,
    hold: MemoryHold,
}

impl<'q> ToolSum<'q> {
    /// The sums over the runs of a filter.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn new(filter: &'q TraceFilter) -> Result<Self> {
        let of_itself = TraceFilter { model: None, ..filter.clone() };
        Ok(Self { filter, of_itself, runs: BTreeMap::new(), hold: AnswerMemory::current().hold(0)? })
    }

    fn fits(&self, trace: &Summed<'_>, cost: &Cost, tool: &CompactString) -> bool {
        let own = |field| if field == FacetField::Tool { Some(Some(tool)) } else { of_run(cost, field) };
        self.filter.tool.as_ref().is_none_or(|wanted| tool == wanted)
            && cost_part_fits(&self.of_itself, cost)
            && terms_fit(&self.filter.terms, trace, own)
    }

    fn runs_of(&mut self, tool: &CompactString) -> Result<&mut Runs> {
        if !self.runs.contains_key(tool) {
            self.hold.grow(TOOL + tool.len())?;
        }
        Ok(self.runs.entry(tool.clone()).or_default())
    }
}

impl Question for ToolSum<'_> {
    type Answer = Vec<ToolGroup>;

    fn add(&mut self, id: TraceId, trace: &Trace) -> Result<()> {
        let Some(trace) = of_costs(self.filter, id, trace) else { return Ok(()) };
        let fits_model = |model: &String| trace.row.models.iter().any(|have| have == model);
        if !self.filter.model.as_ref().is_none_or(fits_model) {
            return Ok(());
        }
        for entry in trace.trace.values() {
            let Some(cost) = &entry.cost else { continue };
            let own = cost.tool.as_ref().filter(|_| cost.is_tool_run());
            if let Some(tool) = own.filter(|tool| self.fits(&trace, cost, tool)) {
                self.runs_of(tool)?.add(cost, entry);
            }
            for run in &cost.inferred {
                if self.fits(&trace, cost, &run.tool) {
                    self.runs_of(&run.tool)?.inferred += 1;
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<ToolGroup>> {
        let mut groups: Vec<_> = self.runs.into_iter().map(|(tool, runs)| runs.into_group(tool)).collect();
        groups.sort_by_key(|group| (Reverse(group.calls), Reverse(group.inferred), group.tool.clone()));
        Ok(groups)
    }
}

/// Counts of the values of a field.
pub struct FacetCount<'q> {
    field: FacetField,
    filter: &'q TraceFilter,
    limit: usize,
    counts: BTreeMap<CompactString, u64>,
    hold: MemoryHold,
}

impl<'q> FacetCount<'q> {
    /// The most frequent values, at most `limit`.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn new(field: FacetField, filter: &'q TraceFilter, limit: usize) -> Result<Self> {
        let hold = AnswerMemory::current().hold(0)?;
        Ok(Self { field, filter, limit, counts: BTreeMap::new(), hold })
    }
}

impl Question for FacetCount<'_> {
    type Answer = Vec<Facet>;

    fn add(&mut self, id: TraceId, trace: &Trace) -> Result<()> {
        let Some(trace) = picked(self.filter, id, trace) else { return Ok(()) };
        for value in values_of(self.field, &trace) {
            self.hold.grow(if self.counts.contains_key(&value) { 0 } else { VALUE + value.len() })?;
            *self.counts.entry(value).or_default() += 1;
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<Facet>> {
        let facet = |(value, traces)| Facet { value, traces };
        let mut facets: Vec<_> = self.counts.into_iter().map(facet).collect();
        facets.sort_by_key(|facet| (Reverse(facet.traces), facet.value.clone()));
        facets.truncate(self.limit);
        Ok(facets)
    }
}

/// Runs of one tool.
#[derive(Default)]
struct Runs {
    calls: u64,
    errors: u64,
    latency: Sketch,
    /// The latest failed run: its place, and its error.
    last: Option<((Timestamp, TraceId, SpanId), Option<String>)>,
    inferred: u64,
}

impl Runs {
    fn add(&mut self, cost: &Cost, entry: &Entry) {
        self.calls += 1;
        cost.duration.iter().for_each(|duration| self.latency.add(*duration, 1));
        if cost.failed {
            self.errors += 1;
            let place = (cost.time, entry.span.trace_id, cost.span_id);
            if self.last.as_ref().is_none_or(|(last, _)| place > *last) {
                self.last = Some((place, error_of(entry)));
            }
        }
    }

    fn into_group(self, tool: CompactString) -> ToolGroup {
        let (last_failed, last_error) = self.last.map_or((None, None), |(at, error)| (Some(at), error));
        ToolGroup {
            tool,
            calls: self.calls,
            errors: self.errors,
            latency: self.latency,
            last_error,
            last_failed,
            inferred: self.inferred,
            rest: false,
        }
    }
}
