//! Computation of a trace's summary.

use std::collections::{BTreeSet, HashSet};

use compact_str::CompactString;
use quipu_core::{
    Canonical, Cost, FacetField, Kind, Resource, Signal, Span, SpanId, Status, Tokens, TraceId, TraceRow,
    TraceStatus, Usd,
};

use crate::Trace;
use crate::text::{has_words, words};

/// A trace with its summary, for filters.
pub struct Summed<'a> {
    pub(crate) trace: &'a Trace,
    /// The summary, with all names.
    pub row: TraceRow,
}

/// Whether some span of the trace has all these words.
pub(crate) fn has_all_words(trace: &Summed<'_>, q: &str) -> bool {
    let wanted: Vec<_> = words(q).collect();
    trace.trace.values().any(|entry| has_words(&entry.span, &wanted))
}

/// The values that a trace has of a field, each once.
pub(crate) fn values_of(field: FacetField, trace: &Summed<'_>) -> BTreeSet<CompactString> {
    let row = &trace.row;
    let one = |value: &Option<CompactString>| value.iter().cloned().collect();
    match field {
        FacetField::Service => one(&row.service),
        FacetField::Framework | FacetField::TraceFramework => one(&row.framework),
        FacetField::Agent => row.agents.iter().cloned().collect(),
        FacetField::Model => row.models.iter().cloned().collect(),
        FacetField::Tool => trace.tools().cloned().collect(),
        FacetField::Status => BTreeSet::from([row.status.as_str().into()]),
        FacetField::Session => one(&row.session),
        FacetField::User => one(&row.user),
        FacetField::Project => one(&row.project),
        FacetField::Commit => one(&row.commit),
        FacetField::Branch => one(&row.branch),
        FacetField::Tag => row.tags.iter().cloned().collect(),
        FacetField::Convention => one(&row.convention),
        FacetField::Error => {
            let classes = trace.trace.values().filter_map(|entry| entry.span.error_class());
            classes.map(|class| CompactString::const_new(class.as_str())).collect()
        }
        FacetField::Environment => of_resources(trace, Resource::environment),
        FacetField::Version => of_resources(trace, Resource::version),
    }
}

fn of_resources(trace: &Summed<'_>, read: fn(&Resource) -> Option<&str>) -> BTreeSet<CompactString> {
    trace.trace.values().filter_map(|entry| read(&entry.span.resource)).map(CompactString::from).collect()
}

/// Ledger rows of a trace that are part of the totals.
pub(crate) fn counted(trace: &Trace) -> impl Iterator<Item = &Cost> {
    trace.values().filter_map(|entry| entry.cost.as_ref()).filter(|cost| cost.counts())
}

/// Whether a counted row has usage but no price.
pub(crate) fn lacks_price(cost: &Cost) -> bool {
    cost.usage.is_some() && cost.unpriced.is_some()
}

/// The sum of the known amounts; `None` when there are none.
pub(crate) fn sum(amounts: impl Iterator<Item = Option<Usd>>) -> Option<Usd> {
    amounts.flatten().reduce(|sum, amount| sum + amount)
}

/// Tokens of rows.
pub(crate) fn tokens<'a>(costs: impl Iterator<Item = &'a Cost>) -> Tokens {
    costs
        .filter_map(|cost| cost.usage.as_ref())
        .fold(Tokens::default(), |sum, usage| sum.plus(&usage.tokens()))
}

/// Spans that a failed one lies below; failures that were made from another signal do not say so.
pub(crate) fn above_failures(trace: &Trace) -> HashSet<SpanId> {
    let mut above = HashSet::new();
    let is_sent = |span: &Span| span.canonical.signal == Signal::Span && span.is_sampled();
    for entry in trace.values().filter(|entry| entry.span.status == Status::Error && is_sent(&entry.span)) {
        let mut span = entry.span.as_ref();
        while let Some(parent) = span.parent_id.filter(|parent| *parent != span.span_id) {
            let Some(next) = trace.get(&parent).filter(|_| above.insert(parent)) else { break };
            span = next.span.as_ref();
        }
    }
    above
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl<'a> Summed<'a> {
    /// Sums up a trace; `None` when it has no span.
    pub fn of(trace_id: TraceId, trace: &'a Trace) -> Option<Self> {
        let mut spans: Vec<&Span> = trace.values().map(|entry| entry.span.as_ref()).collect();
        spans.sort_by_key(|span| (span.start, span.span_id));
        let first = *spans.first()?;
        let head = spans.iter().copied().find(|span| span.parent_id.is_none()).unwrap_or(first);
        // If the head has no value, the other spans are asked, by start and id.
        let told = |what: fn(&Span) -> Option<CompactString>| {
            what(head).or_else(|| spans.iter().find_map(|span| what(span)))
        };
        let named = |what: fn(&Canonical) -> Option<&CompactString>| {
            spans.iter().filter_map(|span| what(&span.canonical)).min().cloned()
        };
        let ones = || trace.values().filter(|entry| entry.is_one());
        let failed = || ones().filter(|entry| entry.span.status == Status::Error);
        let above = above_failures(trace);
        let errors = failed().filter(|entry| !above.contains(&entry.span.span_id)).count();
        let ended = spans.iter().filter_map(|span| span.end).max();
        let row = TraceRow {
            trace_id,
            name: head.name.to_string(),
            service: head.resource.service().map(CompactString::from),
            framework: told(|span| span.canonical.framework.clone()),
            convention: told(|span| Some(span.canonical.convention.clone()).filter(|name| !name.is_empty())),
            started_at: first.start,
            duration: ended.map_or(0, |end| end.since(first.start).max(0)),
            status: status(&spans, failed().next().is_some()),
            spans: number(ones().count()),
            llm_calls: number(counted(trace).filter(|cost| cost.is_call()).count()),
            tool_calls: number(counted(trace).filter(|cost| cost.is_tool_run()).count()),
            errors: number(errors),
            tokens: tokens(counted(trace)),
            cost: sum(counted(trace).map(Cost::billed)),
            unpriced_calls: number(counted(trace).filter(|cost| lacks_price(cost)).count()),
            reported_cost: sum(counted(trace).map(|cost| cost.reported)),
            session: told(|span| span.canonical.session.clone()),
            user: told(|span| span.canonical.user.clone()),
            subscription: sum(counted(trace).map(Cost::subscription)),
            project: named(|read| read.project.as_ref()),
            commit: named(|read| read.commit.as_ref()),
            branch: named(|read| read.branch.as_ref()),
            tags: spans
                .iter()
                .flat_map(|span| &span.canonical.tags)
                .cloned()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            agents: agents(trace),
            models: counted(trace)
                .filter_map(Cost::model)
                .cloned()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        };
        Some(Self { trace, row })
    }

    /// Whether a tool was run in it.
    pub(crate) fn ran(&self, tool: &str) -> bool {
        self.tools().any(|ran| ran == tool)
    }

    /// Tools that were run in it, by spans or by what messages tell.
    pub(crate) fn tools(&self) -> impl Iterator<Item = &CompactString> {
        let seen =
            counted(self.trace).filter(|cost| cost.is_tool_run()).filter_map(|cost| cost.tool.as_ref());
        let costs = self.trace.values().filter_map(|entry| entry.cost.as_ref());
        seen.chain(costs.flat_map(|cost| &cost.inferred).map(|run| &run.tool))
    }
}

fn agents(trace: &Trace) -> Vec<CompactString> {
    let spans = trace.values().map(|entry| &entry.span.canonical).filter(|read| read.kind == Kind::Agent);
    let named: BTreeSet<_> = counted(trace)
        .filter_map(|cost| cost.agent.clone())
        .chain(spans.filter_map(|read| read.agent.clone()))
        .collect();
    named.into_iter().collect()
}

/// The state of a trace by its spans, and whether any of those that are its own failed, as [`TraceStatus`]
/// says.
fn status(spans: &[&Span], failed: bool) -> TraceStatus {
    let roots: Vec<_> = spans.iter().filter(|span| span.parent_id.is_none()).collect();
    let any = |status: Status| roots.iter().any(|root| root.status == status);
    if roots.is_empty() {
        return if failed { TraceStatus::Error } else { TraceStatus::Running };
    }
    if any(Status::Error) {
        TraceStatus::Error
    } else if roots.iter().all(|root| root.end.is_none()) {
        TraceStatus::Running
    } else if any(Status::Ok) {
        TraceStatus::Ok
    } else {
        TraceStatus::Unset
    }
}
