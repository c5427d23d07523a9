//! Pages of the single calls, tool runs and other spans of work.

use std::collections::BTreeMap;

use quipu_core::locks::Mutex;
use quipu_core::{
    AnswerMemory, Result, SpanId, Timestamp, TraceId, WorkKey, WorkQuery, WorkRow, WorkRowCursor,
    WorkRowField, WorkRowPage, WorkRowQuery, WorkRowState, Worked,
};
use rusqlite::{Row, params_from_iter};

use crate::codec::{CallRow, DimKind, Names, TextOf, find, span_of_key, trace_id};
use crate::fault;
use crate::folder::Day;
use crate::read::filter::Condition;
use crate::read::spans;
use crate::read::usage_rows::call_columns;
use crate::read::work::{Kinds, ledger, plan};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Memory of a row of an answer: the span, its ledger row and its names.
const ROW: usize = 3_072;

/// A span of the page, with its location.
#[derive(Debug, Clone, Copy)]
struct SpanLocation {
    at: WorkRowCursor,
    day: Day,
    pk: i64,
}

/// The first spans in an order, and the number of all.
struct First<'q> {
    query: &'q WorkRowQuery,
    places: Vec<SpanLocation>,
    total: u64,
}

impl First<'_> {
    /// Adds places, and drops those beyond the page and its successor.
    fn add(&mut self, places: &mut Vec<SpanLocation>) {
        self.places.append(places);
        let sort = self.query.sort;
        self.places.sort_unstable_by_key(|place| place.at.rank(sort));
        self.places.truncate(most(self.query));
    }
}

/// Rows of a page, and one that tells whether there is another page.
fn most(query: &WorkRowQuery) -> usize {
    query.limit.max(1).saturating_add(1)
}

/// One page. Every matching row is visited, because the page tells their number. Only the page is in memory.
pub(crate) fn page(shared: &Shared, query: &WorkRowQuery) -> Result<WorkRowPage> {
    let work = WorkQuery {
        of: Worked::Spans(query.kinds.clone()),
        filter: query.filter.clone(),
        failed: query.state == Some(WorkRowState::Failed),
        group_by: vec![WorkKey::Name, WorkKey::Session],
    };
    let _hold = AnswerMemory::current().hold(most(query).saturating_mul(ROW))?;
    let plan = plan(shared, &work)?;
    let days: Vec<Day> = plan.keys().rev().copied().collect();
    let first = Mutex::new(First { query, places: Vec::new(), total: 0 });
    shared.ask_all(&days, |reader| {
        let parts = plan.get(&reader.day).copied().unwrap_or_default();
        let kinds = Kinds::of(&query.kinds);
        if let Some(bounds) = parts.ledger {
            let rows = ledger::rows(shared, reader, &work, &kinds.ledger, &bounds, &query.of_trace)?;
            visit(reader, query, rows, Table::Ledger, &first)?;
        }
        // Spans outside the ledger have no values of a ledger row.
        let of_ledger = !query.own.is_empty() || query.state.is_some_and(WorkRowState::is_of_cost);
        if parts.spans && !of_ledger {
            let rows = super::spans::rows(shared, reader, &work, &kinds.others)?;
            visit(reader, query, rows, Table::Spans, &first)?;
        }
        Ok(())
    })?;
    let First { mut places, total, .. } = first.into_inner();
    let more = places.len() >= most(query);
    places.truncate(query.limit.max(1));
    let next = places.last().filter(|_| more).map(|place| place.at);
    Ok(WorkRowPage { rows: filled(shared, &places)?, total, next })
}

/// The table that has the facts of the rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Ledger,
    Spans,
}

impl Table {
    /// Start, duration, failure and error of a row, its number, and the ids.
    const fn columns(self) -> &'static str {
        match self {
            Self::Ledger => {
                "c.time, c.dur, c.marks & 8 != 0, CASE WHEN c.marks & 8 != 0 THEN substr(s.error, 1, 200) END, \
                 c.pk, t.trace, s.id, s.verdict"
            }
            Self::Spans => {
                "s.start, s.dur, s.status = 2, CASE WHEN s.status = 2 THEN substr(s.error, 1, 200) END, s.pk, \
                 t.trace, s.id, s.verdict"
            }
        }
    }
}

/// Number of the first column of the ledger row.
const CALL_AT: usize = 8;

/// Counts the rows and keeps the first ones after the cursor.
fn visit(
    reader: &DayReader<'_>,
    query: &WorkRowQuery,
    rows: Option<Condition>,
    table: Table,
    first: &Mutex<First<'_>>,
) -> fault::Result<()> {
    let Some(mut rows) = rows else { return Ok(()) };
    if !own(reader, query, &mut rows)? {
        return Ok(());
    }
    let with_call = table == Table::Ledger
        && (query.sort.asks_cost() || query.state.is_some_and(WorkRowState::is_of_cost));
    let call = if with_call { format!(", {}", call_columns()) } else { String::new() };
    let sql = format!("SELECT {}{call} FROM {} WHERE {}", table.columns(), rows.from, rows.sql);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&rows.args))?;
    let after = query.cursor.map(|cursor| cursor.rank(query.sort));
    let (mut places, mut total) = (Vec::new(), 0);
    while let Some(row) = found.next()? {
        let Some(at) = place(query, row, with_call)? else { continue };
        total += 1;
        if after.is_none_or(|after| at.rank(query.sort) > after) {
            places.push(SpanLocation { at, day: reader.day, pk: row.get(4)? });
        }
        if places.len() >= most(query).max(1_024) {
            first.lock().add(&mut places);
        }
    }
    let mut first = first.lock();
    first.add(&mut places);
    first.total += total;
    Ok(())
}

/// Position of a row; `None` if it does not match.
fn place(query: &WorkRowQuery, row: &Row<'_>, with_call: bool) -> fault::Result<Option<WorkRowCursor>> {
    let (duration, failed): (Option<i64>, bool) = (row.get(1)?, row.get(2)?);
    let (trace, span): (TraceId, SpanId) = (trace_id(row, 5)?, span_of_key(row.get(6)?)?);
    let cost = match with_call {
        true => Some(CallRow::of_row(row, CALL_AT)?.bare_cost()?),
        false => None,
    };
    let fits = match query.state {
        None | Some(WorkRowState::Failed) => true,
        Some(WorkRowState::Running) => duration.is_none(),
        Some(WorkRowState::Triggered) => row.get::<_, Option<bool>>(7)? == Some(true),
        Some(state) => cost.as_ref().is_some_and(|cost| state.fits_cost(cost)),
    };
    if !fits || !query.errors.is_empty() && !has_error(query, row.get(3)?) {
        return Ok(None);
    }
    Ok(Some(WorkRowCursor {
        figure: query.sort.figure(failed, duration, cost.as_ref()),
        time: Timestamp::from_nanos(row.get(0)?),
        trace_id: trace,
        span_id: span,
    }))
}

fn has_error(query: &WorkRowQuery, error: Option<String>) -> bool {
    let error = error.unwrap_or_default();
    query.errors.contains(&error)
}

/// Adds the conditions of the ledger row; `false` if no row can match.
fn own(reader: &DayReader<'_>, query: &WorkRowQuery, rows: &mut Condition) -> fault::Result<bool> {
    for (field, wanted) in &query.own {
        let (column, kind) = match field {
            WorkRowField::Provider => ("c.provider", DimKind::Provider),
            WorkRowField::Within => ("c.tool", DimKind::Tool),
            WorkRowField::Convention => ("c.convention", DimKind::Convention),
        };
        match wanted {
            None => rows.sql.push_str(&format!(" AND COALESCE({column}, 0) = 0")),
            Some(text) => {
                let Some(id) = find(reader.conn, kind, text)? else { return Ok(false) };
                rows.sql.push_str(&format!(" AND {column} = {id}"));
            }
        }
    }
    Ok(true)
}

/// The rows at these places, in their order.
fn filled(shared: &Shared, places: &[SpanLocation]) -> Result<Vec<WorkRow>> {
    let mut by_day: BTreeMap<Day, Vec<usize>> = BTreeMap::new();
    for (at, place) in places.iter().enumerate() {
        by_day.entry(place.day).or_default().push(at);
    }
    let days: Vec<Day> = by_day.keys().copied().collect();
    let found = shared.ask_all(&days, |reader| {
        let names = Names::new(reader.conn);
        let wanted = by_day.get(&reader.day).map(Vec::as_slice).unwrap_or_default();
        let row = |at: &usize| Ok(one(reader, &places[*at], &names)?.map(|row| (*at, row)));
        wanted.iter().map(row).collect::<fault::Result<Vec<_>>>()
    })?;
    let mut rows: Vec<(usize, WorkRow)> = found.into_iter().flat_map(|(_, rows)| rows).flatten().collect();
    rows.sort_by_key(|(at, _)| *at);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// The row at a place; `None` if it was removed meanwhile.
fn one(reader: &DayReader<'_>, place: &SpanLocation, names: &Names<'_>) -> fault::Result<Option<WorkRow>> {
    let Some(span) = spans::by_number(reader, place.at.trace_id, place.pk, names)? else { return Ok(None) };
    let sql = "SELECT NULLIF(o.service, 0), NULLIF(o.framework, 0), t.session, t.user, substr(s.error, 1, 200) \
         FROM spans s JOIN traces t ON t.pk = s.tr JOIN origins o ON o.id = s.origin WHERE s.pk = ?1";
    let mut look = reader.conn.prepare_cached(sql)?;
    let mut found = look.query([place.pk])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let text = |at: usize| names.text(row.get(at)?);
    let one = WorkRow {
        trace_id: place.at.trace_id,
        span,
        service: text(0)?,
        framework: text(1)?,
        session: text(2)?,
        user: text(3)?,
        error: None,
    };
    let error: Option<String> = row.get(4)?;
    Ok(Some(WorkRow { error: error.filter(|_| one.failed()), ..one }))
}
