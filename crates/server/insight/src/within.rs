//! Usage within a framework: its own calls, and calls that an SDK reported within its traces.
//!
//! A crew's calls are often told by the instrumentation of an SDK, so that their own framework is `openai`.
//! Their trace names the framework around them.

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Criterion, FacetField, GroupTable, Result, Store, Term, TraceFilter, UsageGroup, UsageKey,
    UsageQuery, UsageTotals, Wanted,
};

/// Sums of the calls that match `query`. If it names frameworks, calls in traces of those frameworks match
/// too, each once.
///
/// # Errors
/// The store cannot be read.
pub async fn usage_within(store: &dyn Store, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
    let own = store.usage(query).await?;
    let Some(filter) = around(&query.filter) else { return Ok(own) };
    let around = store.usage(&UsageQuery { filter, group_by: query.group_by.clone() }).await?;
    if around.is_empty() {
        return Ok(own);
    }
    let memory = AnswerMemory::current();
    let _both = memory.hold(own.iter().chain(&around).map(UsageGroup::bytes).sum())?;
    let mut groups = GroupTable::<Vec<UsageKey>, UsageTotals>::new(&memory)?;
    for group in own.into_iter().chain(around) {
        groups.add(group.key, group.totals)?;
    }
    let group = |key, totals| UsageGroup { key, totals };
    let (groups, _hold) = groups.into_groups(query.group_by.len(), group)?;
    Ok(groups)
}

/// The filter for calls of other frameworks within traces of those that `filter` names; `None` where it names
/// none.
fn around(filter: &TraceFilter) -> Option<TraceFilter> {
    let (rest, wanted) = taken(filter)?;
    Some(with(rest, wanted.clone(), wanted))
}

/// The same for each framework separately, if the filter has whole names of frameworks.
pub(crate) fn around_each(filter: &TraceFilter) -> Vec<(CompactString, TraceFilter)> {
    let Some((rest, wanted)) = taken(filter) else { return Vec::new() };
    let each = wanted.iter().filter_map(|one| {
        let Wanted::Exactly(name) = one else { return None };
        Some((name.as_str().into(), with(rest.clone(), vec![one.clone()], wanted.clone())))
    });
    each.collect()
}

/// The filter without its frameworks, and those frameworks.
fn taken(filter: &TraceFilter) -> Option<(TraceFilter, Vec<Wanted>)> {
    let mut rest = filter.clone();
    if let Some(name) = rest.framework.take() {
        return Some((rest, vec![Wanted::Exactly(name)]));
    }
    let names =
        |term: &Term| !term.not && matches!(term.criterion, Criterion::Named(FacetField::Framework, _));
    let at = rest.terms.iter().position(names)?;
    match rest.terms.remove(at).criterion {
        Criterion::Named(_, wanted) => Some((rest, wanted)),
        _ => None,
    }
}

/// Calls in traces of some frameworks whose own framework is not in `others`.
fn with(mut filter: TraceFilter, trace: Vec<Wanted>, others: Vec<Wanted>) -> TraceFilter {
    filter.terms.extend([
        Term { not: false, criterion: Criterion::Named(FacetField::TraceFramework, trace) },
        Term { not: true, criterion: Criterion::Named(FacetField::Framework, others) },
    ]);
    filter
}
