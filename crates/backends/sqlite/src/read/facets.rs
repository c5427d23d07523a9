//! Facets: the number of traces with each value of a field.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use quipu_core::locks::Mutex;
use quipu_core::{AnswerMemory, Facet, FacetField, Result, TraceFilter};
use rusqlite::params_from_iter;

use crate::bounds::Bounds;
use crate::codec::{Names, TextOf, trace_status_of};
use crate::days::{DayState, MOST_VALUES, Values};
use crate::fault;
use crate::folder::Day;
use crate::read::counts::Counts;
use crate::read::filter::{ConditionUse, condition, means_all, meant_all};
use crate::read::terms::{FieldStorage, said};
use crate::read::traces::days_of;
use crate::readers::DayReader;
use crate::shared::Shared;

/// Maximum number of a day's values in memory before they are added to those of all days.
const IN_HAND: usize = 8_192;
/// Memory of such a value, and the step in bytes by which it is reserved.
const VALUE: usize = 40;
const STEP: usize = 16 << 10;

/// The values, most frequent first, then by name. If the values of all days exceed the memory of the answer,
/// some of the rarest are left out; the counts of the others are exact.
pub(crate) fn list(
    shared: &Shared,
    field: FacetField,
    filter: &TraceFilter,
    limit: usize,
) -> Result<Vec<Facet>> {
    let days: Vec<(Day, Bounds)> = days_of(shared, filter)?;
    let bounds: HashMap<Day, Bounds> = days.iter().copied().collect();
    let days: Vec<Day> = days.into_iter().map(|(day, _)| day).collect();
    let counts = Mutex::new(Counts::new()?);
    let states = shared.days.before(&days);
    let add = || {
        shared.ask_all(&days, |reader| {
            let times = bounds.get(&reader.day).and_then(|bounds| bounds.traces);
            let state = states.get(&reader.day).filter(|_| !shared.read_only && means_all(filter, times));
            add_day(shared, reader, field, (filter, times), state, &counts)
        })
    };
    add()?;
    if counts.lock().is_estimated() {
        counts.lock().recount();
        add()?;
    }
    let counts = counts.into_inner().into_counts();
    let mut facets: Vec<Facet> = counts.map(|(value, traces)| Facet { value, traces }).collect();
    facets.sort_by(|a, b| (Reverse(a.traces), &a.value).cmp(&(Reverse(b.traces), &b.value)));
    facets.truncate(limit);
    Ok(facets)
}

/// Adds the counts of one day. `state` is the day's cache, if the filter means the whole day.
fn add_day(
    shared: &Shared,
    reader: &DayReader<'_>,
    field: FacetField,
    (filter, times): (&TraceFilter, Option<(i64, i64)>),
    state: Option<&(Arc<DayState>, u64)>,
    counts: &Mutex<Counts>,
) -> fault::Result<()> {
    if let Some((state, version)) = state
        && let Some(values) = state.values(*version, field, || few_in(shared, reader, field))?
        && meant_all(shared, reader.day, filter)?
    {
        let mut counts = counts.lock();
        return Ok(values.iter().try_for_each(|(value, traces)| counts.add(value, *traces))?);
    }
    each_in(shared, reader, field, (&timeless_where_whole(filter, times), IN_HAND), |some| {
        let mut counts = counts.lock();
        some.iter().try_for_each(|(value, traces)| counts.add(value, *traces))?;
        Ok(true)
    })
}

/// The values of a whole day; `None` if there are too many to cache.
fn few_in(shared: &Shared, reader: &DayReader<'_>, field: FacetField) -> fault::Result<Option<Values>> {
    let mut few = Some(Values::new());
    each_in(shared, reader, field, (&TraceFilter::default(), MOST_VALUES + 1), |some| {
        few = few.take().filter(|few| few.is_empty() && some.len() <= MOST_VALUES).map(|_| some);
        Ok(few.is_some())
    })?;
    Ok(few)
}

/// The filter without time limits that contain the whole day, because these need no check.
fn timeless_where_whole(filter: &TraceFilter, times: Option<(i64, i64)>) -> TraceFilter {
    let (low, high) = times.unwrap_or((i64::MIN, i64::MAX));
    TraceFilter {
        since: filter.since.filter(|since| since.nanos() > low),
        until: filter.until.filter(|until| until.nanos() <= high),
        ..filter.clone()
    }
}

/// Visits the values of a day with their counts, in parts, until `take` returns `false`. A part has at most
/// `in_hand` values. A value may occur in several parts.
fn each_in(
    shared: &Shared,
    reader: &DayReader<'_>,
    field: FacetField,
    (filter, in_hand): (&TraceFilter, usize),
    mut take: impl FnMut(Values) -> fault::Result<bool>,
) -> fault::Result<()> {
    let Some(condition) = condition(shared, reader, filter, ConditionUse::Traces)? else {
        return Ok(());
    };
    let (from, given) = (&condition.from, &condition.sql);
    // Not grouped by SQLite, which would sort all rows in memory.
    let sql = match said(field) {
        FieldStorage::Column(column, _) => {
            format!("SELECT {column} FROM {from} WHERE {given} AND {column} IS NOT NULL")
        }
        FieldStorage::Status => format!("SELECT t.status FROM {from} WHERE {given}"),
        FieldStorage::Names(kind) if given == "1" => format!(
            "SELECT n.dim FROM dims d CROSS JOIN trace_dims n ON n.dim = d.id WHERE d.kind = {}",
            kind as i64
        ),
        FieldStorage::Names(kind) => format!(
            // The plus prevents SQLite from looking up each name of the kind in each trace.
            "SELECT n.dim FROM {from} CROSS JOIN trace_dims n ON n.tr = t.pk \
             WHERE {given} AND +n.dim IN (SELECT id FROM dims WHERE kind = {})",
            kind as i64
        ),
    };
    let names = Names::new(reader.conn);
    let mut named = |numbers: &mut HashMap<i64, u64>| {
        let mut values = Values::with_capacity(numbers.len());
        for (number, traces) in numbers.drain() {
            let value = match field {
                FacetField::Status => Some(trace_status_of(number).as_str().into()),
                _ => names.text(Some(number))?,
            };
            values.extend(value.map(|value| (value, traces)));
        }
        take(values)
    };
    let mut hold = AnswerMemory::current().hold(0)?;
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&condition.args))?;
    let mut numbers: HashMap<i64, u64> = HashMap::new();
    while let Some(row) = found.next()? {
        *numbers.entry(row.get(0)?).or_default() += 1;
        hold.set((numbers.len() * VALUE).next_multiple_of(STEP))?;
        if numbers.len() >= in_hand && !named(&mut numbers)? {
            return Ok(());
        }
    }
    named(&mut numbers).map(drop)
}
