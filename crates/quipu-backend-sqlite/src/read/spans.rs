//! Spans of a trace.

use std::collections::{BTreeMap, HashMap};

use quipu_core::{Detail, Kind, Node, Result, SpanId, SpanPage, SpanQuery, SpanRow, Timestamp, TraceId};
use rusqlite::{Row, params_from_iter};

use crate::codec::{CallRow, NODE_COLUMNS, Names, TextOf, node_of, span_key, span_of_key, status_of};
use crate::fault;
use crate::folder::Day;
use crate::read::stored::each_span;
use crate::read::trace_rows::number_of;
use crate::readers::DayReader;
use crate::shared::Shared;

const COLUMNS: &str = "s.pk, s.id, s.parent, s.name, s.kind, s.start, s.dur, s.status, s.agent, s.provider, s.model, s.tool, c.pk, \
     s.ttft, s.verdict";
const COST_AT: usize = 15;
/// A span that was made from another signal is left out while its ledger row does not count; one that sampling left out is
/// always (its signal has a bit more).
const SHOWN: &str = "(s.signal = 0 OR (s.signal < 8 AND (c.pk IS NULL OR c.marks & 16 != 0)))";

fn select(condition: &str) -> String {
    let cost: Vec<String> =
        CallRow::COLUMNS.split(", ").map(|column| format!("c.{}", column.trim())).collect();
    format!(
        "SELECT {COLUMNS}, {} FROM spans s LEFT JOIN calls c ON c.pk = s.pk WHERE {condition}",
        cost.join(", ")
    )
}

fn row_of(row: &Row<'_>, trace_id: TraceId, names: &Names<'_>) -> fault::Result<(i64, SpanRow)> {
    let text = |at: usize| names.text(row.get(at)?);
    let span_id = span_of_key(row.get(1)?)?;
    let has_cost = row.get::<_, Option<i64>>(12)?.is_some();
    let cost = match has_cost {
        true => Some(CallRow::of_row(row, COST_AT)?.cost(trace_id, span_id, names)?),
        false => None,
    };
    let span = SpanRow {
        span_id,
        parent_id: row.get::<_, Option<i64>>(2)?.map(span_of_key).transpose()?,
        name: text(3)?.unwrap_or_default(),
        kind: Kind::from_number(row.get(4)?),
        start: Timestamp::from_nanos(row.get(5)?),
        duration: row.get(6)?,
        status: status_of(row.get(7)?),
        agent: text(8)?,
        provider: text(9)?,
        model: text(10)?,
        tool: text(11)?,
        first_token: row.get(13)?,
        triggered: row.get(14)?,
        cost,
        raw: None,
    };
    Ok((row.get(0)?, span))
}

fn rows_of(
    reader: &DayReader<'_>,
    trace_id: TraceId,
    detail: Detail,
    sql: &str,
    args: &[i64],
) -> fault::Result<Vec<SpanRow>> {
    let names = Names::new(reader.conn);
    let mut look = reader.conn.prepare_cached(sql)?;
    let mut found = look.query(params_from_iter(args))?;
    let (mut numbers, mut spans) = (Vec::new(), Vec::new());
    while let Some(row) = found.next()? {
        let (pk, span) = row_of(row, trace_id, &names)?;
        numbers.push(pk);
        spans.push(span);
    }
    if detail == Detail::Full {
        add_raw(reader, trace_id, &numbers, &mut spans)?;
    }
    Ok(spans)
}

fn add_raw(
    reader: &DayReader<'_>,
    trace_id: TraceId,
    numbers: &[i64],
    spans: &mut [SpanRow],
) -> fault::Result<()> {
    let mut places: HashMap<SpanId, usize> = HashMap::with_capacity(spans.len());
    places.extend(spans.iter().enumerate().map(|(at, span)| (span.span_id, at)));
    // In portions: a statement takes a bounded number of values.
    for some in numbers.chunks(500) {
        let list: Vec<String> = some.iter().map(i64::to_string).collect();
        let condition = format!("s.pk IN ({})", list.join(", "));
        each_span(reader.conn, reader.dictionaries, trace_id, (&condition, &[]), |stored| {
            if let Some(span) = places.get(&stored.span.span_id).and_then(|at| spans.get_mut(*at)) {
                span.raw = Some(stored.span);
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// One page of a trace's spans.
pub(crate) fn page(shared: &Shared, query: &SpanQuery) -> Result<SpanPage> {
    let limit = query.limit.max(1);
    let days = shared.sound_days()?;
    let found = shared.ask_all(&days, |reader| {
        let Some(trace) = number_of(reader.conn, query.trace_id)? else {
            return Ok(Vec::new());
        };
        let mut args = vec![trace];
        let mut condition = format!("s.tr = ?1 AND {SHOWN}");
        if let Some((start, span)) = query.after {
            condition.push_str(" AND (s.start, s.id) > (?2, ?3)");
            args.extend([start.nanos(), span_key(span)]);
        }
        let sql = select(&format!("{condition} ORDER BY s.start, s.id LIMIT {}", limit + 1));
        rows_of(reader, query.trace_id, query.detail, &sql, &args)
    })?;
    let mut rows: Vec<SpanRow> = found.into_iter().flat_map(|(_, rows)| rows).collect();
    rows.sort_by_key(|span| (span.start, span.span_id));
    rows.dedup_by_key(|span| span.span_id);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| (last.start, last.span_id));
    Ok(SpanPage { rows, next })
}

/// One span in full.
pub(crate) fn one(shared: &Shared, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>> {
    let days = shared.sound_days()?;
    let found = shared.ask_all(&days, |reader| {
        let Some(trace) = number_of(reader.conn, trace_id)? else {
            return Ok(Vec::new());
        };
        let sql = select("s.tr = ?1 AND s.id = ?2");
        rows_of(reader, trace_id, Detail::Full, &sql, &[trace, span_key(span_id)])
    })?;
    Ok(found.into_iter().flat_map(|(_, rows)| rows).next())
}

/// What the count needs to know of these traces' spans. Each trace is looked for in its home; where that is not known, in
/// the days around the time of one of its spans, which is where it would have been put.
pub(crate) fn nodes(shared: &Shared, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
    let there = shared.sound_days()?;
    let mut wanted: BTreeMap<Day, Vec<usize>> = BTreeMap::new();
    for (at, (trace, time)) in traces.iter().enumerate() {
        let home =
            shared.known_home(*trace).map_err(|fault| fault.at("read store", &shared.folder.catalog()))?;
        let day = Day::of(*time);
        let near = [day.plus(-1), day, day.plus(1)];
        let homes = home.map(|home| vec![home.day]).unwrap_or_else(|| near.to_vec());
        for day in homes.into_iter().filter(|day| there.contains(day)) {
            wanted.entry(day).or_default().push(at);
        }
    }
    let mut lists = vec![Vec::new(); traces.len()];
    let days: Vec<Day> = wanted.keys().copied().collect();
    let found = shared.ask_all(&days, |reader| {
        let names = Names::new(reader.conn);
        let places = wanted.get(&reader.day).map(Vec::as_slice).unwrap_or_default();
        places
            .iter()
            .map(|at| Ok((*at, nodes_in(reader, traces[*at].0, &names)?)))
            .collect::<fault::Result<Vec<_>>>()
    })?;
    for (at, nodes) in found.into_iter().flat_map(|(_, found)| found) {
        lists[at].extend(nodes);
    }
    Ok(lists)
}

fn nodes_in(reader: &DayReader<'_>, trace: TraceId, names: &Names<'_>) -> fault::Result<Vec<Node>> {
    let Some(trace) = number_of(reader.conn, trace)? else {
        return Ok(Vec::new());
    };
    let sql = format!("SELECT {NODE_COLUMNS} FROM spans s JOIN origins o ON o.id = s.origin WHERE s.tr = ?1");
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut rows = look.query([trace])?;
    let mut nodes = Vec::new();
    while let Some(row) = rows.next()? {
        nodes.push(node_of(row, names)?);
    }
    Ok(nodes)
}
