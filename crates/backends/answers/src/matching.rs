//! Matching of traces and ledger rows with a filter.

use quipu_core::{Cost, Timestamp, TraceFilter, TraceId};

use crate::Trace;
use crate::summary::{Summed, counted, has_all_words};
use crate::terms::{of_trace, terms_fit};

pub(crate) fn within(filter: &TraceFilter, time: Timestamp) -> bool {
    filter.since.is_none_or(|since| time >= since) && filter.until.is_none_or(|until| time < until)
}

/// A field that is not asked for fits anything.
pub(crate) fn is(wanted: Option<&String>, have: Option<&compact_str::CompactString>) -> bool {
    wanted.is_none_or(|wanted| have.is_some_and(|have| have == wanted))
}

/// Whether all of a filter holds for a trace.
pub(crate) fn trace_fits(filter: &TraceFilter, trace: &Summed<'_>) -> bool {
    let row = &trace.row;
    within(filter, row.started_at)
        && is(filter.service.as_ref(), row.service.as_ref())
        && is(filter.framework.as_ref(), row.framework.as_ref())
        && filter.agent.as_ref().is_none_or(|agent| row.agents.iter().any(|have| have == agent))
        && filter.model.as_ref().is_none_or(|model| row.models.iter().any(|have| have == model))
        && trace_part_fits(filter, trace)
        && terms_fit(&filter.terms, trace, of_trace)
}

/// Whether that part of a filter holds which only a trace as a whole can answer, its terms aside.
fn trace_part_fits(filter: &TraceFilter, trace: &Summed<'_>) -> bool {
    let row = &trace.row;
    is(filter.session.as_ref(), row.session.as_ref())
        && is(filter.user.as_ref(), row.user.as_ref())
        && is(filter.project.as_ref(), row.project.as_ref())
        && is(filter.commit.as_ref(), row.commit.as_ref())
        && is(filter.branch.as_ref(), row.branch.as_ref())
        && filter.tag.as_ref().is_none_or(|tag| row.tags.iter().any(|have| have == tag))
        && filter.tool.as_ref().is_none_or(|tool| trace.ran(tool))
        && filter.status.is_none_or(|status| row.status == status)
        && filter.min_duration.is_none_or(|least| row.duration >= least)
        && filter.min_cost.is_none_or(|least| row.cost.is_some_and(|cost| cost >= least))
        && filter.q.as_ref().is_none_or(|q| has_all_words(trace, q))
}

/// Whether that part of a filter holds for a ledger row which the row itself answers, its terms aside.
pub(crate) fn cost_part_fits(filter: &TraceFilter, cost: &Cost) -> bool {
    within(filter, cost.time)
        && is(filter.service.as_ref(), cost.service.as_ref())
        && is(filter.framework.as_ref(), cost.framework.as_ref())
        && is(filter.agent.as_ref(), cost.agent.as_ref())
        && is(filter.model.as_ref(), cost.model())
}

/// A listed trace for which the whole filter holds: it has a span.
pub(crate) fn picked<'a>(filter: &TraceFilter, id: TraceId, trace: &'a Trace) -> Option<Summed<'a>> {
    Summed::of(id, trace).filter(|trace| trace.row.spans > 0 && trace_fits(filter, trace))
}

/// As [`picked`], with a trace of whose counted spans sampling has left all out: sums by session have them.
pub(crate) fn counted_too<'a>(filter: &TraceFilter, id: TraceId, trace: &'a Trace) -> Option<Summed<'a>> {
    let has_some = |trace: &Summed<'_>| trace.row.spans > 0 || counted(trace.trace).next().is_some();
    Summed::of(id, trace).filter(|trace| has_some(trace) && trace_fits(filter, trace))
}

/// A trace that matches the trace's part of the filter: a candidate for its ledger rows.
pub(crate) fn of_costs<'a>(filter: &TraceFilter, id: TraceId, trace: &'a Trace) -> Option<Summed<'a>> {
    Summed::of(id, trace).filter(|trace| trace_part_fits(filter, trace))
}
