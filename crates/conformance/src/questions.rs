//! Queries for the comparison of two stores, made from their data.

use compact_str::CompactString;
use quipu_core::{
    Criterion, FacetField, FigureRange, GroupBy, Sort, Term, Timestamp, TraceFigure, TraceFilter, TraceRow,
    TraceStatus, Usd, Wanted,
};

use crate::sample::Random;

pub(crate) const SORTS: [Sort; 11] = [
    Sort::Newest,
    Sort::Oldest,
    Sort::Longest,
    Sort::Shortest,
    Sort::Dearest,
    Sort::Cheapest,
    Sort::MostTokens,
    Sort::FewestTokens,
    Sort::MostCalls,
    Sort::MostTools,
    Sort::FewestErrors,
];
pub(crate) const FIELDS: [FacetField; 17] = [
    FacetField::Service,
    FacetField::Framework,
    FacetField::Agent,
    FacetField::Model,
    FacetField::Tool,
    FacetField::Status,
    FacetField::Session,
    FacetField::User,
    FacetField::Convention,
    FacetField::Tag,
    FacetField::Project,
    FacetField::Commit,
    FacetField::Branch,
    FacetField::Error,
    FacetField::Environment,
    FacetField::Version,
    FacetField::TraceFramework,
];
pub(crate) const KEYS: [GroupBy; 19] = [
    GroupBy::Model,
    GroupBy::Provider,
    GroupBy::Agent,
    GroupBy::Framework,
    GroupBy::Service,
    GroupBy::Session,
    GroupBy::User,
    GroupBy::Convention,
    GroupBy::Hour,
    GroupBy::Day,
    GroupBy::Week,
    GroupBy::Month,
    GroupBy::Tool,
    GroupBy::Tag,
    GroupBy::Project,
    GroupBy::Commit,
    GroupBy::Branch,
    GroupBy::Billing,
    GroupBy::Step(17 * 60 * Timestamp::SECOND),
];

/// Filters from the stores' data: each field alone, times, bounds, and some combinations.
pub(crate) fn filters(rows: &[TraceRow], names: &[(FacetField, CompactString)]) -> Vec<TraceFilter> {
    let mut random = Random::new(u64::try_from(rows.len()).unwrap_or(0));
    let mut filters: Vec<_> = names.iter().map(|(field, value)| by_name(*field, value)).collect();
    for _ in 0..4 {
        let (Some(one), Some(other)) = (random.pick(rows), random.pick(rows)) else { break };
        let (since, until) = (one.started_at.min(other.started_at), one.started_at.max(other.started_at));
        filters.push(TraceFilter { since: Some(since), until: Some(until), ..TraceFilter::default() });
        filters.push(TraceFilter { since: Some(since.plus(1)), ..TraceFilter::default() });
        filters.push(TraceFilter { min_duration: Some(one.duration), ..TraceFilter::default() });
        filters.push(TraceFilter { min_cost: one.cost, ..TraceFilter::default() });
        filters.push(TraceFilter {
            commit: one.commit.as_ref().map(ToString::to_string),
            ..TraceFilter::default()
        });
    }
    let single = filters.clone();
    for _ in 0..8 {
        let (Some(one), Some(other)) = (random.pick(&single), random.pick(&single)) else { break };
        filters.push(together(one, other));
    }
    filters.push(TraceFilter::default());
    filters
}

/// Conditions from the stores' data: for each field some of its values, a prefix, and any value; names and
/// figures of traces.
pub(crate) fn terms(rows: &[TraceRow], names: &[(FacetField, CompactString)]) -> Vec<Vec<Term>> {
    let mut random = Random::new(u64::try_from(names.len()).unwrap_or(0));
    let mut criteria = Vec::new();
    for field in FIELDS {
        let values: Vec<_> = names.iter().filter(|(of, _)| *of == field).map(|(_, value)| value).collect();
        let mut some = |_| random.pick(&values).map(|value| Wanted::Exactly(value.to_string()));
        criteria.push(Criterion::Named(field, (0..2).filter_map(&mut some).collect()));
        let start = random.pick(&values).and_then(|value| value.chars().next());
        let beginning = start.map(|start| Wanted::Beginning(start.to_string()));
        criteria.push(Criterion::Named(field, beginning.into_iter().collect()));
        criteria.push(Criterion::Has(field));
    }
    for _ in 0..2 {
        let Some(row) = random.pick(rows) else { break };
        let word = row.name.split(' ').next().unwrap_or_default();
        criteria.push(Criterion::Title(vec![
            Wanted::Exactly(row.name.clone()),
            Wanted::Beginning(word.to_owned()),
        ]));
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let figures = [
            (TraceFigure::Duration, row.duration),
            (TraceFigure::Cost, row.cost.map_or(0, Usd::nanos)),
            (TraceFigure::Tokens, count(row.tokens.total())),
            (TraceFigure::Spans, count(row.spans)),
            (TraceFigure::LlmCalls, count(row.llm_calls)),
            (TraceFigure::ToolCalls, count(row.tool_calls)),
            (TraceFigure::Errors, count(row.errors)),
        ];
        criteria.extend(figures.map(|(figure, value)| {
            let most = random.one_in(2).then(|| value.saturating_add(value / 2));
            Criterion::Figure(figure, FigureRange { least: Some(value), most })
        }));
    }
    let terms: Vec<Term> =
        criteria.into_iter().map(|criterion| Term { not: random.one_in(2), criterion }).collect();
    let mut some = |_| random.pick(&terms).cloned();
    let either: Vec<Term> = (0..8).map(|_| that((0..2).filter_map(&mut some).collect())).collect();
    let two = (0..6).map(|_| (0..2).filter_map(|_| random.pick(&terms).cloned()).collect());
    two.collect::<Vec<_>>()
        .into_iter()
        .chain(terms.iter().chain(&either).map(|term| vec![term.clone()]))
        .collect()
}

fn that(any: Vec<Term>) -> Term {
    Term { not: false, criterion: Criterion::Any(any) }
}

fn by_name(field: FacetField, value: &CompactString) -> TraceFilter {
    let mut filter = TraceFilter::default();
    let text = Some(value.to_string());
    match field {
        FacetField::Service => filter.service = text,
        FacetField::Framework => filter.framework = text,
        FacetField::Agent => filter.agent = text,
        FacetField::Model => filter.model = text,
        FacetField::Tool => filter.tool = text,
        FacetField::Session => filter.session = text,
        FacetField::User => filter.user = text,
        FacetField::Status => filter.status = status(value),
        FacetField::Tag => filter.tag = text,
        FacetField::Project => filter.project = text,
        FacetField::Commit => filter.commit = text,
        FacetField::Branch => filter.branch = text,
        FacetField::Convention
        | FacetField::Error
        | FacetField::Environment
        | FacetField::Version
        | FacetField::TraceFramework => {}
    }
    filter
}

fn status(word: &str) -> Option<TraceStatus> {
    let all = [TraceStatus::Unset, TraceStatus::Ok, TraceStatus::Error, TraceStatus::Running];
    all.into_iter().find(|status| status.as_str() == word)
}

fn together(one: &TraceFilter, other: &TraceFilter) -> TraceFilter {
    let (a, b) = (one.clone(), other.clone());
    TraceFilter {
        since: a.since.or(b.since),
        until: a.until.or(b.until),
        q: a.q.or(b.q),
        service: a.service.or(b.service),
        framework: a.framework.or(b.framework),
        agent: a.agent.or(b.agent),
        model: a.model.or(b.model),
        tool: a.tool.or(b.tool),
        status: a.status.or(b.status),
        session: a.session.or(b.session),
        user: a.user.or(b.user),
        tag: a.tag.or(b.tag),
        project: a.project.or(b.project),
        commit: a.commit.or(b.commit),
        branch: a.branch.or(b.branch),
        min_duration: a.min_duration.or(b.min_duration),
        min_cost: a.min_cost.or(b.min_cost),
        terms: [a.terms, b.terms].concat(),
    }
}
