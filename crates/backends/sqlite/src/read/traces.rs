//! Pages of traces, and single traces.

use std::collections::HashMap;
use std::sync::Arc;

use quipu_core::locks::Mutex;
use quipu_core::{AnswerMemory, Cursor, Result, Sort, TraceId, TracePage, TraceQuery, TraceRow};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};

use crate::bounds::{Bounds, meets};
use crate::codec::trace_id;
use crate::days::{DayState, RankedRow};
use crate::fault;
use crate::folder::Day;
use crate::read::filter::{Condition, ConditionUse, condition, means_all, meant_all};
use crate::read::rounds::in_rounds;
use crate::read::trace_rows::TracePart;
use crate::readers::DayReader;
use crate::shared::Shared;

/// Number of rows that are read between two checks of the page's capacity.
const READ_AT_A_TIME: usize = 256;

/// Number of traces tested by words per requested position, before all of a day are tested.
const TESTS_A_PLACE: usize = 8;

/// Maximum number of cached positions of a whole day: those of a page, and one more.
const MOST_PLACES: usize = 101;

/// The sort column, and whether the order is descending. A missing cost is zero.
const fn order(sort: Sort) -> (&'static str, bool) {
    match sort {
        Sort::Newest => ("t.start", true),
        Sort::Oldest => ("t.start", false),
        Sort::Longest => ("t.dur", true),
        Sort::Shortest => ("t.dur", false),
        Sort::Dearest => ("COALESCE(t.cost_nanos, 0)", true),
        Sort::Cheapest => ("COALESCE(t.cost_nanos, 0)", false),
        Sort::MostTokens => ("t.tokens", true),
        Sort::FewestTokens => ("t.tokens", false),
        Sort::MostCalls => ("llm_calls(t.figures)", true),
        Sort::FewestCalls => ("llm_calls(t.figures)", false),
        Sort::MostTools => ("t.tools", true),
        Sort::FewestTools => ("t.tools", false),
        Sort::MostErrors => ("t.errors", true),
        Sort::FewestErrors => ("t.errors", false),
    }
}

/// Days that may hold traces of the filter's times, newest first, with the times that they cover.
pub(crate) fn days_of(shared: &Shared, filter: &quipu_core::TraceFilter) -> Result<Vec<(Day, Bounds)>> {
    let mut days = Vec::new();
    for day in shared.sound_days()? {
        match shared.bounds(day)? {
            Some(bounds) if meets(bounds.traces, filter.since, filter.until) => days.push((day, bounds)),
            _ => {}
        }
    }
    Ok(days)
}

/// One page.
pub(crate) fn page(shared: &Shared, query: &TraceQuery) -> Result<TracePage> {
    let (_, descending) = order(query.sort);
    let limit = query.limit.max(1);
    let mut days = days_of(shared, &query.filter)?;
    let mut places: Vec<RankedRow> = Vec::new();
    let sorted = |places: &mut Vec<RankedRow>| {
        places.sort_unstable_by(|a, b| {
            let by_value = if descending { b.value.cmp(&a.value) } else { a.value.cmp(&b.value) };
            by_value.then(a.trace.cmp(&b.trace))
        });
        places.truncate(limit + 1);
    };
    if matches!(query.sort, Sort::Newest | Sort::Oldest) {
        let edge =
            |bounds: &Bounds| bounds.traces.map_or(0, |(low, high)| if descending { high } else { low });
        days.sort_by_key(
            |(_, bounds)| if descending { -i128::from(edge(bounds)) } else { i128::from(edge(bounds)) },
        );
        for (day, bounds) in days {
            let last = places.get(limit).map(|place| place.value);
            let beyond =
                last.is_some_and(|last| if descending { edge(&bounds) < last } else { edge(&bounds) > last });
            if beyond {
                break;
            }
            places.extend(
                shared.ask(day, |reader| places_in(shared, reader, query, limit + 1))?.unwrap_or_default(),
            );
            sorted(&mut places);
        }
    } else {
        let bounds: HashMap<Day, Bounds> = days.iter().copied().collect();
        let days: Vec<Day> = days.into_iter().map(|(day, _)| day).collect();
        let states = shared.days.before(&days);
        let first = Mutex::new(places);
        shared.ask_all(&days, |reader| {
            let times = bounds.get(&reader.day).and_then(|bounds| bounds.traces);
            let of_day = first_places(shared, reader, query, times, states.get(&reader.day))?;
            let mut first = first.lock();
            first.extend_from_slice(&of_day);
            sorted(&mut first);
            Ok(())
        })?;
        places = first.into_inner();
    }
    page_at(shared, places, limit)
}

/// The page of these positions, of which the one beyond `limit` tells that there are more.
fn page_at(shared: &Shared, mut places: Vec<RankedRow>, limit: usize) -> Result<TracePage> {
    let more = places.len() > limit;
    places.truncate(limit);
    let next = |place: &RankedRow| Cursor { value: place.value, trace_id: place.trace };
    let (mut rows, mut hold) = (Vec::new(), AnswerMemory::current().hold(0)?);
    for some in places.chunks(READ_AT_A_TIME) {
        rows.extend(self::rows(shared, some)?);
        hold.set(rows.iter().map(TraceRow::bytes).sum())?;
        if rows_that_fit(rows.iter().map(TraceRow::bytes)) < rows.len() {
            break;
        }
    }
    let fit = rows_that_fit(rows.iter().map(TraceRow::bytes));
    if fit < rows.len() {
        rows.truncate(fit);
        let last = rows.last().and_then(|row| places.iter().find(|place| place.trace == row.trace_id));
        return Ok(TracePage { next: last.map(next), rows });
    }
    Ok(TracePage { rows, next: places.last().filter(|_| more).map(next) })
}

/// The number of these rows that fit into a page; at least one.
pub(crate) fn rows_that_fit(bytes: impl Iterator<Item = usize>) -> usize {
    let most = AnswerMemory::current().page_bytes();
    let (mut rows, mut all) = (0, 0_usize);
    for bytes in bytes {
        all = all.saturating_add(bytes);
        if rows > 0 && all > most {
            break;
        }
        rows += 1;
    }
    rows
}

/// A day's positions in an order other than time, which requires reading all of its traces. For a whole day,
/// the first page is cached.
fn first_places(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &TraceQuery,
    times: Option<(i64, i64)>,
    state: Option<&(Arc<DayState>, u64)>,
) -> fault::Result<Arc<Vec<RankedRow>>> {
    let limit = query.limit.max(1) + 1;
    let known = limit <= MOST_PLACES && query.cursor.is_none() && means_all(&query.filter, times);
    if let Some((state, version)) = state.filter(|_| known && !shared.read_only) {
        let every = TraceQuery { sort: query.sort, ..TraceQuery::default() };
        let places = state.places(*version, query.sort, || places_in(shared, reader, &every, MOST_PLACES))?;
        if meant_all(shared, reader.day, &query.filter)? {
            return Ok(places);
        }
    }
    places_in(shared, reader, query, limit).map(Arc::new)
}

/// A day's first positions.
pub(super) fn places_in(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &TraceQuery,
    limit: usize,
) -> fault::Result<Vec<RankedRow>> {
    let found = match query.sort {
        // Traces by time are read in order, and a page is full before all were read.
        Sort::Newest | Sort::Oldest => {
            in_rounds(shared, reader, &query.filter, ConditionUse::Traces, |condition| {
                places_by(reader, query, condition, limit)
            })?
        }
        _ => condition(shared, reader, &query.filter, ConditionUse::Traces)?
            .map(|condition| places_by_figure(reader, query, condition, limit))
            .transpose()?,
    };
    Ok(found.unwrap_or_default())
}

/// Positions in an order other than time. If traces are tested by words, only the first traces in the order
/// are tested at first.
fn places_by_figure(
    reader: &DayReader<'_>,
    query: &TraceQuery,
    condition: Condition,
    limit: usize,
) -> fault::Result<Vec<RankedRow>> {
    let bound = if condition.tested { figure_at(reader, query, limit * TESTS_A_PLACE)? } else { None };
    if let Some(bound) = bound {
        let (figure, descending) = order(query.sort);
        let mut first = condition.clone();
        first.and(&format!("{figure} {} ?", if descending { ">=" } else { "<=" }), bound);
        let places = places_by(reader, query, first, limit)?;
        if places.len() >= limit {
            return Ok(places);
        }
    }
    places_by(reader, query, condition, limit)
}

/// The sort value of the trace at position `place`, counted from the query's cursor.
fn figure_at(reader: &DayReader<'_>, query: &TraceQuery, place: usize) -> fault::Result<Option<i64>> {
    let (figure, descending) = order(query.sort);
    let (beyond, direction) = if descending { ("<=", "DESC") } else { (">=", "ASC") };
    let sql = format!(
        "SELECT {figure} FROM traces t WHERE ?1 IS NULL OR {figure} {beyond} ?1 ORDER BY 1 {direction} LIMIT 1 OFFSET {place}"
    );
    let mut look = reader.conn.prepare_cached(&sql)?;
    Ok(look.query_row([query.cursor.map(|cursor| cursor.value)], |row| row.get(0)).optional()?)
}

fn places_by(
    reader: &DayReader<'_>,
    query: &TraceQuery,
    mut condition: Condition,
    limit: usize,
) -> fault::Result<Vec<RankedRow>> {
    let (figure, descending) = order(query.sort);
    let (at_most, beyond, direction) = if descending { ("<=", "<", "DESC") } else { (">=", ">", "ASC") };
    if let Some(cursor) = query.cursor {
        condition.and(&format!("{figure} {at_most} ?"), cursor.value);
        condition.and(&format!("({figure} {beyond} ?"), cursor.value);
        condition.sql.push_str(" OR t.trace > ?)");
        condition.args.push(Value::Blob(cursor.trace_id.as_bytes().to_vec()));
    }
    let sql = format!(
        "SELECT {figure}, t.trace, t.pk FROM {} WHERE {} ORDER BY 1 {direction}, 2 LIMIT {limit}",
        condition.from, condition.sql
    );
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&condition.args))?;
    let mut places = Vec::new();
    while let Some(row) = found.next()? {
        places.push(RankedRow {
            value: row.get(0)?,
            trace: trace_id(row, 1)?,
            day: reader.day,
            pk: row.get(2)?,
        });
    }
    Ok(places)
}

/// The rows at these positions, in their order. Parts of one trace become one row.
fn rows(shared: &Shared, places: &[RankedRow]) -> Result<Vec<TraceRow>> {
    let mut by_day: HashMap<Day, Vec<RankedRow>> = HashMap::new();
    places.iter().for_each(|place| by_day.entry(place.day).or_default().push(*place));
    let mut parts: HashMap<TraceId, TracePart> = HashMap::with_capacity(places.len());
    let mut hold = AnswerMemory::current().hold(0)?;
    for (day, places) in by_day {
        shared.ask(day, |reader| {
            for place in places {
                let Some(part) = TracePart::load(reader.conn, place.trace, place.pk)? else { continue };
                hold.grow(part.bytes())?;
                match parts.get_mut(&place.trace) {
                    Some(known) => known.merge(part),
                    None => drop(parts.insert(place.trace, part)),
                }
            }
            Ok(())
        })?;
    }
    Ok(places.iter().filter_map(|place| parts.remove(&place.trace)).map(TracePart::into_row).collect())
}

/// One trace's summary.
pub(crate) fn one(shared: &Shared, trace: TraceId) -> Result<Option<TraceRow>> {
    let days = shared.days_that_may_hold(trace)?;
    let hold = Mutex::new(AnswerMemory::current().hold(0)?);
    let found = shared.ask_all(&days, |reader| {
        let part = TracePart::find(reader.conn, trace)?;
        hold.lock().grow(part.as_ref().map_or(0, TracePart::bytes))?;
        Ok(part)
    })?;
    let parts = found.into_iter().filter_map(|(_, part)| part);
    let whole = parts.reduce(|mut whole, part| {
        whole.merge(part);
        whole
    });
    Ok(whole.map(TracePart::into_row))
}
