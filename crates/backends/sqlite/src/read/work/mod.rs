//! Sums over work: traces, spans and events, row by row, within the requested times.

mod events;
mod ledger;
mod rows;
mod spans;
mod sums;
mod traces;

pub(crate) use rows::page;

use std::collections::BTreeMap;

use quipu_core::locks::Mutex;
use quipu_core::{AnswerMemory, GroupTable, Kind, Result, TraceFilter, WorkGroup, WorkQuery, Worked};

use crate::bounds::Bounds;
use crate::fault;
use crate::folder::Day;
use crate::read::traces::days_of;
use crate::read::usage::days_of_rows;
use crate::read::work::sums::{Groups, Sum, Table};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Whether the ledger has the work of a kind.
const fn is_in_ledger(kind: Kind) -> bool {
    kind.is_call() || matches!(kind, Kind::Tool)
}

/// The parts of a day to read, with the times of its calls.
#[derive(Debug, Clone, Copy, Default)]
struct DayTables {
    traces: bool,
    ledger: Option<Bounds>,
    spans: bool,
    events: bool,
}

/// Requested kinds, those of the ledger and the others.
struct Kinds {
    ledger: Vec<Kind>,
    others: Vec<Kind>,
}

impl Kinds {
    fn of(asked: &[Kind]) -> Self {
        let all: &[Kind] = if asked.is_empty() { &Kind::ALL } else { asked };
        let (ledger, others) = all.iter().partition(|kind| is_in_ledger(**kind));
        Self { ledger, others }
    }
}

/// Numbers of kinds, for SQL.
fn list(kinds: &[Kind]) -> String {
    let numbers: Vec<String> = kinds.iter().map(|kind| (*kind as i64).to_string()).collect();
    numbers.join(", ")
}

/// The sums of each group, in the order of their keys.
pub(crate) fn groups(shared: &Shared, query: &WorkQuery) -> Result<Vec<WorkGroup>> {
    let plan = plan(shared, query)?;
    let days: Vec<Day> = plan.keys().rev().copied().collect();
    let table: Table = Mutex::new(GroupTable::new(&AnswerMemory::current())?);
    if query.group_by.is_empty() {
        table.lock().add(Vec::new(), Sum::default())?;
    }
    shared.ask_all(&days, |reader| {
        let parts = plan.get(&reader.day).copied().unwrap_or_default();
        add_sums(shared, reader, query, parts, &table)
    })?;
    let group = |key, sum: Sum| WorkGroup { key, totals: sum.into_totals() };
    let (groups, _hold) = table.into_inner().into_groups(query.group_by.len(), group)?;
    Ok(groups)
}

/// The days that may hold matching records, with the parts to read.
fn plan(shared: &Shared, query: &WorkQuery) -> Result<BTreeMap<Day, DayTables>> {
    let filter = &query.filter;
    let mut plan: BTreeMap<Day, DayTables> = BTreeMap::new();
    match &query.of {
        Worked::Traces => {
            for (day, _) in days_of(shared, filter)? {
                plan.entry(day).or_default().traces = true;
            }
        }
        Worked::Spans(asked) => {
            let kinds = Kinds::of(asked);
            if !kinds.ledger.is_empty() {
                for (day, bounds) in days_of_rows(shared, filter)? {
                    plan.entry(day).or_default().ledger = Some(bounds);
                }
            }
            if !kinds.others.is_empty() {
                for day in days_of_spans(shared, filter)? {
                    plan.entry(day).or_default().spans = true;
                }
            }
        }
        Worked::Events => {
            for day in shared.sound_days()?.into_iter().filter(|day| reaches_into(*day, filter)) {
                plan.entry(day).or_default().events = true;
            }
        }
    }
    Ok(plan)
}

/// Whether the filter's times overlap the day.
fn reaches_into(day: Day, filter: &TraceFilter) -> bool {
    filter.since.is_none_or(|since| day.plus(1).start() > since)
        && filter.until.is_none_or(|until| day.start() < until)
}

/// Days that may hold spans of the filter's times. A span is stored in the day of its start, except for
/// strays.
pub(crate) fn days_of_spans(shared: &Shared, filter: &TraceFilter) -> Result<Vec<Day>> {
    let failed = |fault: fault::Fault| fault.at("read store", &shared.folder.catalog());
    let mut days = Vec::new();
    for day in shared.sound_days()? {
        if reaches_into(day, filter) || shared.has_strays(day).map_err(failed)? {
            days.push(day);
        }
    }
    Ok(days)
}

fn add_sums(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &WorkQuery,
    parts: DayTables,
    table: &Table,
) -> fault::Result<()> {
    if parts.traces {
        traces::sums(shared, reader, query, table)?;
    }
    if let (Some(bounds), Worked::Spans(asked)) = (parts.ledger, &query.of) {
        ledger::sums(shared, reader, query, &Kinds::of(asked).ledger, &bounds, table)?;
    }
    if let (true, Worked::Spans(asked)) = (parts.spans, &query.of) {
        spans::sums(shared, reader, query, &Kinds::of(asked).others, table)?;
    }
    if parts.events {
        events::sums(reader, query, table)?;
    }
    Ok(())
}
