//! Filter terms: conditions beyond one value a field.

use compact_str::CompactString;
use quipu_core::{Cost, Criterion, FacetField, Span, Term, TraceFigure, Usd, Wanted, has_attribute};

use crate::failure::failure_of;
use crate::summary::{Summed, has_all_words, values_of};

/// The record's own value of a field: `None` if the trace has to be asked instead.
type Own<'r> = Option<Option<&'r CompactString>>;

/// All fields are asked from the trace.
pub(crate) const fn of_trace<'r>(_field: FacetField) -> Own<'r> {
    None
}

/// The own value of a call's ledger row.
pub(crate) fn of_call(cost: &Cost, field: FacetField) -> Own<'_> {
    match field {
        FacetField::Model => Some(cost.model()),
        FacetField::Agent => Some(cost.agent.as_ref()),
        FacetField::Service => Some(cost.service.as_ref()),
        FacetField::Framework => Some(cost.framework.as_ref()),
        _ => None,
    }
}

/// The own value of a tool run's ledger row.
pub(crate) fn of_run(cost: &Cost, field: FacetField) -> Own<'_> {
    match field {
        FacetField::Tool => Some(cost.tool.as_ref()),
        FacetField::Model => None,
        _ => of_call(cost, field),
    }
}

/// The own value of a span; `service` is its resource's.
pub(crate) fn of_span<'r>(span: &'r Span, service: Option<&'r CompactString>, field: FacetField) -> Own<'r> {
    let read = &span.canonical;
    match field {
        FacetField::Model => Some(read.model()),
        FacetField::Agent => Some(read.agent.as_ref()),
        FacetField::Service => Some(service),
        FacetField::Framework => Some(read.framework.as_ref()),
        FacetField::Tool => Some(read.tool.as_ref()),
        _ => None,
    }
}

/// Whether all terms match a record of a trace; `own` gives the record's own values.
pub(crate) fn terms_fit<'r>(terms: &[Term], trace: &Summed<'_>, own: impl Fn(FacetField) -> Own<'r>) -> bool {
    terms.iter().all(|term| holds(&term.criterion, trace, &own) != term.not)
}

fn holds<'r>(criterion: &Criterion, trace: &Summed<'_>, own: &impl Fn(FacetField) -> Own<'r>) -> bool {
    let any = |field: FacetField, wanted: &dyn Fn(&str) -> bool| match own(field) {
        Some(value) => value.is_some_and(|value| wanted(value)),
        None => values_of(field, trace).iter().any(|value| wanted(value)),
    };
    match criterion {
        Criterion::Named(field, wanted) => any(*field, &|value| is_wanted(wanted, value)),
        Criterion::Has(field) => any(*field, &|_| true),
        Criterion::Title(wanted) => is_wanted(wanted, &trace.row.name),
        Criterion::ErrorMessage(wanted) => {
            trace.trace.values().filter_map(failure_of).any(|error| is_wanted(wanted, &error))
        }
        Criterion::Figure(figure, range) => {
            figure_of(*figure, trace).is_some_and(|figure| range.holds(figure))
        }
        Criterion::Words(words) => has_all_words(trace, words),
        Criterion::Attribute(name, wanted) => trace.trace.values().any(|entry| {
            let own = [&entry.span.attributes, &entry.span.resource.attributes];
            own.into_iter().any(|attributes| has_attribute(attributes, name, wanted.as_deref()))
        }),
        Criterion::Any(terms) => match terms.iter().all(|term| is_own(&term.criterion, own)) {
            true => terms.iter().any(|term| holds(&term.criterion, trace, own) != term.not),
            false => terms.iter().any(|term| holds(&term.criterion, trace, &of_trace) != term.not),
        },
    }
}

/// Whether the record has its own value for the condition.
fn is_own<'r>(criterion: &Criterion, own: &impl Fn(FacetField) -> Own<'r>) -> bool {
    matches!(criterion, Criterion::Named(field, _) | Criterion::Has(field) if own(*field).is_some())
}

/// Whether a value is one of those wanted.
pub(crate) fn is_wanted(wanted: &[Wanted], value: &str) -> bool {
    wanted.iter().any(|wanted| wanted.fits(value))
}

fn figure_of(figure: TraceFigure, trace: &Summed<'_>) -> Option<i64> {
    let row = &trace.row;
    let count = |count: u64| Some(i64::try_from(count).unwrap_or(i64::MAX));
    match figure {
        TraceFigure::Duration => Some(row.duration),
        TraceFigure::Cost => row.cost.map(Usd::nanos),
        TraceFigure::Tokens => count(row.tokens.total()),
        TraceFigure::Spans => count(row.spans),
        TraceFigure::LlmCalls => count(row.llm_calls),
        TraceFigure::ToolCalls => count(row.tool_calls),
        TraceFigure::Errors => count(row.errors),
    }
}
