//! Sums over work: calls, tool runs and other spans.

use std::collections::HashSet;

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Cost, Criterion, Event, EventQuery, FacetField, GroupSums, GroupTable, Kind, Level, Result,
    Span, Status, Term, Timestamp, TraceFilter, TraceId, TraceStatus, UsageKey, WorkGroup, WorkKey,
    WorkQuery, WorkTotals, Worked,
};

use crate::events;
use crate::failure::{error_of, short};
use crate::matching::{is, of_costs, picked, within};
use crate::summary::{Summed, above_failures, values_of};
use crate::terms::{is_wanted, of_run, of_span, terms_fit};
use crate::{Entry, Question, Trace};

type Name = Option<CompactString>;

/// A trace, span or event as sums need it.
#[derive(Default)]
struct Record {
    time: Timestamp,
    /// Duration of ended traces and spans.
    duration: Option<i64>,
    running: bool,
    failed: bool,
    triggered: bool,
    first_token: Option<i64>,
    trace: Option<TraceId>,
    service: Name,
    framework: Name,
    agent: Name,
    model: Name,
    tool: Name,
    name: Name,
    kind: Name,
    status: Name,
    error: Name,
    session: Name,
    user: Name,
}

/// Sums with the record that the example is of: whether it failed, its time and trace.
#[derive(Default)]
struct Sum {
    totals: WorkTotals,
    example: Option<(bool, Timestamp, TraceId)>,
}

impl GroupSums for Sum {
    fn merge(&mut self, other: Self) {
        let example = self.example.max(other.example);
        self.totals.merge(&other.totals);
        self.example = example;
    }

    fn heap_bytes(&self) -> usize {
        self.totals.heap_bytes()
    }
}

impl Sum {
    fn add(&mut self, record: &Record) {
        let totals = &mut self.totals;
        totals.last_at = if totals.count == 0 { record.time } else { totals.last_at.max(record.time) };
        totals.count += 1;
        totals.errors += u64::from(record.failed);
        totals.running += u64::from(record.running);
        totals.triggered += u64::from(record.triggered);
        record.duration.iter().for_each(|duration| totals.duration.add(*duration, 1));
        record.first_token.iter().for_each(|time| totals.first_token.add(*time, 1));
        self.example = self.example.max(record.trace.map(|trace| (record.failed, record.time, trace)));
    }
}

impl Record {
    fn key(&self, by: WorkKey) -> UsageKey {
        let name = match by {
            WorkKey::Step(width) => return UsageKey::Time(self.time.floor(width.max(Timestamp::SECOND))),
            WorkKey::Service => &self.service,
            WorkKey::Framework => &self.framework,
            WorkKey::Agent => &self.agent,
            WorkKey::Model => &self.model,
            WorkKey::Tool => &self.tool,
            WorkKey::Name => &self.name,
            WorkKey::Kind => &self.kind,
            WorkKey::Status => &self.status,
            WorkKey::Error => &self.error,
            WorkKey::Session => &self.session,
            WorkKey::User => &self.user,
        };
        UsageKey::Name(name.clone())
    }

    fn of_trace(trace: &Summed<'_>) -> Self {
        let row = &trace.row;
        let running = row.status == TraceStatus::Running;
        Self {
            time: row.started_at,
            duration: (!running).then_some(row.duration),
            running,
            failed: row.status == TraceStatus::Error,
            trace: Some(row.trace_id),
            service: row.service.clone(),
            framework: row.framework.clone(),
            name: Some(row.name.as_str().into()),
            status: Some(row.status.as_str().into()),
            session: row.session.clone(),
            user: row.user.clone(),
            ..Self::default()
        }
    }

    fn of_span(entry: &Entry, trace: &Summed<'_>) -> Self {
        let span = entry.span.as_ref();
        let read = &span.canonical;
        let failed = has_failed(entry);
        let error = error_of(entry).filter(|_| failed).map(short);
        let duration = row_of(entry).map_or(span.duration(), |row| row.duration);
        let service = service(span);
        let own = |field| of_work(entry, service.as_ref(), field).flatten().cloned();
        Self {
            time: time_of(entry),
            duration,
            running: duration.is_none(),
            failed,
            triggered: read.guardrail_triggered == Some(true),
            first_token: read.time_to_first_token,
            trace: Some(span.trace_id),
            service: own(FacetField::Service),
            framework: own(FacetField::Framework),
            agent: own(FacetField::Agent),
            model: own(FacetField::Model),
            tool: own(FacetField::Tool),
            name: Some(span.name.clone()),
            kind: Some(kind_of(entry).as_str().into()),
            status: Some(status_word(span.status).into()),
            error: error.map(Into::into),
            session: trace.row.session.clone(),
            user: trace.row.user.clone(),
        }
    }

    fn of_event(event: &Event) -> Self {
        Self {
            time: event.time,
            failed: event.level >= Level::Error,
            trace: event.trace_id,
            service: event.resource.service().map(CompactString::from),
            framework: event.framework.clone(),
            agent: event.agent.clone(),
            name: Some(event.name.clone()).filter(|name| !name.is_empty()),
            status: Some(event.level.as_str().into()),
            session: event.session.clone(),
            ..Self::default()
        }
    }
}

pub(crate) fn service(span: &Span) -> Name {
    span.resource.service().map(CompactString::from)
}

const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Unset => "unset",
        Status::Ok => "ok",
        Status::Error => "error",
    }
}

/// The ledger row of a call or tool run.
fn row_of(entry: &Entry) -> Option<&Cost> {
    entry.cost.as_ref().filter(|cost| cost.is_call() || cost.is_tool_run())
}

fn time_of(entry: &Entry) -> Timestamp {
    row_of(entry).map_or(entry.span.start, |row| row.time)
}

fn has_failed(entry: &Entry) -> bool {
    row_of(entry).map_or(entry.span.status == Status::Error, |row| row.failed)
}

/// Kind of a span, or of its ledger row if it is a call or tool run.
fn kind_of(entry: &Entry) -> Kind {
    row_of(entry).map_or(entry.span.canonical.kind, |row| row.kind)
}

/// Whether a span is one of those that work is summed over: of what the ledger counts those that it does
/// count.
fn is_work(entry: &Entry) -> bool {
    let kind = entry.span.canonical.kind;
    row_of(entry).is_some() || (!kind.is_call() && kind != Kind::Tool && entry.is_one())
}

/// Value of a field of a span, or of its ledger row if it is a call or tool run.
fn of_work<'r>(
    entry: &'r Entry,
    service: Option<&'r CompactString>,
    field: FacetField,
) -> Option<Option<&'r CompactString>> {
    match (row_of(entry), field) {
        (Some(row), FacetField::Model) => Some(row.model()),
        (Some(row), _) => of_run(row, field),
        (None, _) => of_span(&entry.span, service, field),
    }
}

/// Whether that part of a filter holds for a span which the span itself answers, and all terms. The fields
/// `of_trace` apply to the trace.
fn span_fits(filter: &TraceFilter, of_trace: &[FacetField], entry: &Entry, trace: &Summed<'_>) -> bool {
    let service = service(&entry.span);
    let own = |field| match of_trace.contains(&field) {
        true => None,
        false => of_work(entry, service.as_ref(), field),
    };
    let fits = |wanted: &Option<String>, field| match own(field) {
        Some(value) => is(wanted.as_ref(), value),
        None => wanted.as_ref().is_none_or(|wanted| values_of(field, trace).contains(wanted.as_str())),
    };
    within(filter, time_of(entry))
        && fits(&filter.service, FacetField::Service)
        && fits(&filter.framework, FacetField::Framework)
        && fits(&filter.agent, FacetField::Agent)
        && fits(&filter.model, FacetField::Model)
        && fits(&filter.tool, FacetField::Tool)
        && terms_fit(&filter.terms, trace, own)
}

/// The part of a filter that applies to events.
fn event_query(filter: &TraceFilter) -> EventQuery {
    EventQuery {
        since: filter.since,
        until: filter.until,
        session: filter.session.clone(),
        agent: filter.agent.clone(),
        framework: filter.framework.clone(),
        q: filter.q.clone(),
        ..EventQuery::default()
    }
}

/// Whether a condition holds for an event; one that is not about events does.
fn event_holds(criterion: &Criterion, event: &Event) -> Option<bool> {
    let value = |field: &FacetField| match field {
        FacetField::Session => Some(event.session.as_ref()),
        FacetField::Agent => Some(event.agent.as_ref()),
        FacetField::Framework => Some(event.framework.as_ref()),
        _ => None,
    };
    match criterion {
        Criterion::Named(field, wanted) => {
            value(field).map(|value| value.is_some_and(|value| is_wanted(wanted, value)))
        }
        Criterion::Has(field) => value(field).map(|value| value.is_some()),
        Criterion::Words(words) => {
            let query = EventQuery { q: Some(words.clone()), ..EventQuery::default() };
            Some(events::fits(&query, event))
        }
        Criterion::Any(terms) => {
            let of_field = |term: &Term| match &term.criterion {
                Criterion::Named(..) | Criterion::Has(_) => {
                    event_holds(&term.criterion, event).map(|holds| holds != term.not)
                }
                _ => None,
            };
            let held: Option<Vec<bool>> = terms.iter().map(of_field).collect();
            held.map(|held| held.contains(&true))
        }
        Criterion::Title(_)
        | Criterion::ErrorMessage(_)
        | Criterion::Figure(..)
        | Criterion::Attribute(..) => None,
    }
}

fn event_fits(filter: &TraceFilter, query: &EventQuery, event: &Event) -> bool {
    events::fits(query, event)
        && filter
            .terms
            .iter()
            .all(|term| event_holds(&term.criterion, event).is_none_or(|holds| holds != term.not))
}

/// Sums over work, by group.
pub struct WorkSum<'q> {
    query: &'q WorkQuery,
    events: EventQuery,
    sums: GroupTable<Vec<UsageKey>, Sum>,
}

impl<'q> WorkSum<'q> {
    /// The sums that a query asks for.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn new(query: &'q WorkQuery) -> Result<Self> {
        let mut sums = GroupTable::new(&AnswerMemory::current())?;
        if query.group_by.is_empty() {
            sums.add(Vec::new(), Sum::default())?;
        }
        Ok(Self { query, events: event_query(&query.filter), sums })
    }

    /// Adds an event, if the query is about events.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub fn add_event(&mut self, event: &Event) -> Result<()> {
        if event_fits(&self.query.filter, &self.events, event) {
            self.add_record(&Record::of_event(event))?;
        }
        Ok(())
    }

    fn add_record(&mut self, record: &Record) -> Result<()> {
        if self.query.failed && !record.failed {
            return Ok(());
        }
        let key = self.query.group_by.iter().map(|by| record.key(*by)).collect();
        let mut sum = Sum::default();
        sum.add(record);
        self.sums.add(key, sum)
    }
}

impl Question for WorkSum<'_> {
    type Answer = Vec<WorkGroup>;

    fn add(&mut self, id: TraceId, trace: &Trace) -> Result<()> {
        match &self.query.of {
            Worked::Traces => match picked(&self.query.filter, id, trace) {
                Some(trace) => self.add_record(&Record::of_trace(&trace)),
                None => Ok(()),
            },
            Worked::Spans(kinds) => each_at_work((id, trace), self.query, kinds, &[], |entry, trace| {
                self.add_record(&Record::of_span(entry, trace))
            }),
            Worked::Events => Ok(()),
        }
    }

    fn finish(self) -> Result<Vec<WorkGroup>> {
        let group = |key, sum: Sum| WorkGroup {
            key,
            totals: WorkTotals {
                example: sum.example.map(|(.., trace)| trace),
                example_at: sum.example.map(|(failed, time, _)| (failed, time)),
                ..sum.totals
            },
        };
        let (groups, _hold) = self.sums.into_groups(self.query.group_by.len(), group)?;
        Ok(groups)
    }
}

/// Passes each span of a trace that counts as work, failed or not, to `take`.
pub(crate) fn each_at_work<'h>(
    (id, trace): (TraceId, &'h Trace),
    query: &WorkQuery,
    kinds: &[Kind],
    of_trace: &[FacetField],
    mut take: impl FnMut(&'h Entry, &Summed<'h>) -> Result<()>,
) -> Result<()> {
    let filter = &query.filter;
    // The tool is the span's own.
    let tool = filter.tool.clone().filter(|_| of_trace.contains(&FacetField::Tool));
    let part = TraceFilter { tool, ..filter.clone() };
    let Some(trace) = of_costs(&part, id, trace) else { return Ok(()) };
    let echoes = if query.is_of_origins() { above_failures(trace.trace) } else { HashSet::default() };
    let fits = |entry: &&Entry| {
        !echoes.contains(&entry.span.span_id)
            && (kinds.is_empty() || kinds.contains(&kind_of(entry)))
            && is_work(entry)
            && span_fits(filter, of_trace, entry, &trace)
    };
    trace.trace.values().filter(fits).try_for_each(|entry| take(entry, &trace))
}
