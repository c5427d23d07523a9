//! Facets: the number of traces with each value of a field.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{AnswerMemory, Facet, FacetField, Result, TraceFilter};
use rusqlite::params_from_iter;

use crate::bounds::Bounds;
use crate::codec::{Names, TextOf, trace_status_of};
use crate::days::Values;
use crate::fault;
use crate::folder::Day;
use crate::read::filter::{Asked, condition, means_all, meant_all};
use crate::read::terms::{Said, said};
use crate::read::traces::days_of;
use crate::readers::DayReader;
use crate::shared::Shared;

/// Memory of a value's count, without the value.
const VALUE: usize = 64;

/// The values, most frequent first, then by name.
pub(crate) fn list(
    shared: &Shared,
    field: FacetField,
    filter: &TraceFilter,
    limit: usize,
) -> Result<Vec<Facet>> {
    let days: Vec<(Day, Bounds)> = days_of(shared, filter)?;
    let bounds: HashMap<Day, Bounds> = days.iter().copied().collect();
    let days: Vec<Day> = days.into_iter().map(|(day, _)| day).collect();
    let mut counts: HashMap<CompactString, u64> = HashMap::new();
    let states = shared.days.before(&days);
    let found = shared.ask_all(&days, |reader| {
        let times = bounds.get(&reader.day).and_then(|bounds| bounds.traces);
        let all = !shared.read_only && means_all(filter, times);
        if let Some((state, version)) = states.get(&reader.day).filter(|_| all) {
            let every = TraceFilter::default();
            let values = state.values(*version, field, || counts_in(shared, reader, field, &every))?;
            if meant_all(shared, reader.day, filter)? {
                return Ok(values);
            }
        }
        counts_in(shared, reader, field, &timeless_where_whole(filter, times)).map(Arc::new)
    })?;
    let mut hold = AnswerMemory::current().hold(0)?;
    for (value, traces) in found.iter().flat_map(|(_, values)| values.iter()) {
        match counts.get_mut(value) {
            Some(known) => *known += traces,
            None => {
                hold.grow(VALUE + value.len())?;
                counts.insert(value.clone(), *traces);
            }
        }
    }
    let mut facets: Vec<Facet> = counts.into_iter().map(|(value, traces)| Facet { value, traces }).collect();
    facets.sort_by(|a, b| (Reverse(a.traces), &a.value).cmp(&(Reverse(b.traces), &b.value)));
    facets.truncate(limit);
    Ok(facets)
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

fn counts_in(
    shared: &Shared,
    reader: &DayReader<'_>,
    field: FacetField,
    filter: &TraceFilter,
) -> fault::Result<Values> {
    let Some(condition) = condition(shared, reader, filter, Asked::Traces)? else {
        return Ok(Vec::new());
    };
    let (from, given) = (&condition.from, &condition.sql);
    let sql = match said(field) {
        Said::Column(column, _) => {
            format!("SELECT {column}, COUNT(*) FROM {from} WHERE {given} AND {column} IS NOT NULL GROUP BY 1")
        }
        Said::Status => format!("SELECT t.status, COUNT(*) FROM {from} WHERE {given} GROUP BY 1"),
        Said::Names(kind) if given == "1" => format!(
            "SELECT dim, COUNT(*) FROM trace_dims WHERE dim IN (SELECT id FROM dims WHERE kind = {}) GROUP BY 1",
            kind as i64
        ),
        Said::Names(kind) => format!(
            // The plus prevents SQLite from looking up each name of the kind in each trace.
            "SELECT n.dim, COUNT(*) FROM {from} CROSS JOIN trace_dims n ON n.tr = t.pk \
             WHERE {given} AND +n.dim IN (SELECT id FROM dims WHERE kind = {}) GROUP BY 1",
            kind as i64
        ),
    };
    let names = Names::new(reader.conn);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&condition.args))?;
    let mut counts: Values = Vec::new();
    let mut hold = AnswerMemory::current().hold(0)?;
    while let Some(row) = found.next()? {
        let value = match field {
            FacetField::Status => Some(trace_status_of(row.get(0)?).as_str().into()),
            _ => names.text(row.get(0)?)?,
        };
        let Some(value) = value else { continue };
        hold.grow(VALUE + value.len())?;
        counts.push((value, row.get(1)?));
    }
    Ok(counts)
}
