//! Queries for the spans of a trace.

use std::collections::BTreeMap;

use quipu_core::{
    AnswerMemory, Detail, Kind, MemoryHold, Node, Result, SpanConflict, SpanId, SpanPage, SpanQuery, SpanRow,
    Timestamp, TraceId,
};
use rusqlite::{Row, params_from_iter};

use crate::codec::{CallRow, NODE_COLUMNS, Names, TextOf, node_of, span_key, span_of_key, status_of};
use crate::fault;
use crate::folder::Day;
use crate::read::conflicts;
use crate::read::stored::each_in_order;
use crate::read::trace_rows::number_of;
use crate::readers::DayReader;
use crate::shared::Shared;

pub(super) const COLUMNS: &str = "s.pk, s.id, s.parent, s.name, s.kind, s.start, s.dur, s.status, s.agent, s.provider, s.model, s.tool, c.pk, \
     s.ttft, s.verdict";
pub(super) const COST_AT: usize = 15;
/// Condition of visible spans. A span made from another signal is hidden while its ledger row does not count.
/// An unsampled span is always hidden; its signal has an additional bit.
pub(super) const SHOWN: &str = "(s.signal = 0 OR (s.signal < 8 AND (c.pk IS NULL OR c.marks & 16 != 0)))";

fn select(condition: &str) -> String {
    let cost: Vec<String> =
        CallRow::COLUMNS.split(", ").map(|column| format!("c.{}", column.trim())).collect();
    format!(
        "SELECT {COLUMNS}, {} FROM spans s LEFT JOIN calls c ON c.pk = s.pk WHERE {condition}",
        cost.join(", ")
    )
}

pub(super) fn row_of(row: &Row<'_>, trace_id: TraceId, names: &Names<'_>) -> fault::Result<(i64, SpanRow)> {
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
        conflicts: Vec::new(),
        raw: None,
    };
    Ok((row.get(0)?, span))
}

/// The span with this number; `None` if there is none.
pub(crate) fn by_number(
    reader: &DayReader<'_>,
    trace_id: TraceId,
    number: i64,
    names: &Names<'_>,
) -> fault::Result<Option<SpanRow>> {
    let mut look = reader.conn.prepare_cached(&select("s.pk = ?1"))?;
    let mut found = look.query([number])?;
    let Some(row) = found.next()? else { return Ok(None) };
    Ok(Some(row_of(row, trace_id, names)?.1))
}

/// Rows of one day in order, and whether they end early because they fill a page.
#[derive(Default)]
struct DayRows {
    rows: Vec<SpanRow>,
    cut: bool,
    hold: MemoryHold,
}

fn rows_of(
    reader: &DayReader<'_>,
    trace_id: TraceId,
    detail: Detail,
    sql: &str,
    args: &[i64],
) -> fault::Result<DayRows> {
    let names = Names::new(reader.conn);
    let mut look = reader.conn.prepare_cached(sql)?;
    let mut found = look.query(params_from_iter(args))?;
    let memory = AnswerMemory::current();
    let mut hold = memory.hold(0)?;
    let (mut numbers, mut rows) = (Vec::new(), Vec::new());
    let has_conflicts = detail == Detail::Summary && conflicts::are_there(reader.conn)?;
    let mut cut = false;
    while let Some(row) = found.next()? {
        if hold.bytes() >= memory.page_bytes() && !rows.is_empty() {
            cut = true;
            break;
        }
        let (pk, mut span) = row_of(row, trace_id, &names)?;
        if has_conflicts {
            let found = conflicts::of_span(reader.conn, pk)?;
            span.conflicts = found.into_iter().map(SpanConflict::without_contents).collect();
        }
        hold.grow(span.bytes())?;
        numbers.push(pk);
        rows.push(span);
    }
    if detail == Detail::Full {
        let read = add_raw(reader, trace_id, &numbers, &mut rows, &mut hold)?;
        cut |= read < rows.len();
        rows.truncate(read);
    }
    Ok(DayRows { rows, cut, hold })
}

/// Fills in the spans as sent, row by row, until a page is full. Returns the number of rows with it.
fn add_raw(
    reader: &DayReader<'_>,
    trace_id: TraceId,
    numbers: &[i64],
    rows: &mut [SpanRow],
    hold: &mut MemoryHold,
) -> fault::Result<usize> {
    let most = AnswerMemory::current().page_bytes();
    let (mut read, mut bytes) = (0, 0);
    let mut places = numbers.iter().zip(rows);
    let has_conflicts = conflicts::are_there(reader.conn)?;
    each_in_order(reader, trace_id, numbers, |stored| {
        let before = bytes;
        bytes += stored.span.bytes();
        if let Some((pk, row)) = places.next() {
            row.raw = Some(stored.span);
            if has_conflicts {
                row.conflicts = conflicts::of_span(reader.conn, *pk)?;
                bytes += row.conflicts.iter().map(SpanConflict::bytes).sum::<usize>();
            }
        }
        read += 1;
        hold.grow(bytes - before)?;
        Ok(bytes < most)
    })?;
    Ok(read)
}

/// One page of a trace's spans.
pub(crate) fn page(shared: &Shared, query: &SpanQuery) -> Result<SpanPage> {
    let limit = query.limit.max(1);
    let days = shared.days_that_may_hold(query.trace_id)?;
    let found = shared.ask_all(&days, |reader| {
        let Some(trace) = number_of(reader.conn, query.trace_id)? else {
            return Ok(DayRows::default());
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
    // Rows after the position at which one day ended early belong to the next page.
    let place = |span: &SpanRow| (span.start, span.span_id);
    let ends = found.iter().filter(|(_, day)| day.cut).filter_map(|(_, day)| day.rows.last().map(place));
    let end = ends.min();
    let mut hold = AnswerMemory::current().hold(0)?;
    let mut rows = Vec::new();
    for (_, mut day) in found {
        rows.append(&mut day.rows);
        hold.append(day.hold);
    }
    rows.sort_by_key(place);
    rows.retain(|span| end.is_none_or(|end| place(span) <= end));
    rows.dedup_by_key(|span| span.span_id);
    let more = end.is_some() || rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| (last.start, last.span_id));
    hold.set(rows.iter().map(SpanRow::bytes).sum())?;
    Ok(SpanPage { rows, next, hold })
}

/// One span in full.
pub(crate) fn one(shared: &Shared, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>> {
    let days = shared.days_that_may_hold(trace_id)?;
    let found = shared.ask_all(&days, |reader| {
        let Some(trace) = number_of(reader.conn, trace_id)? else {
            return Ok(Vec::new());
        };
        let sql = select("s.tr = ?1 AND s.id = ?2");
        Ok(rows_of(reader, trace_id, Detail::Full, &sql, &[trace, span_key(span_id)])?.rows)
    })?;
    Ok(found.into_iter().flat_map(|(_, rows)| rows).next())
}

/// The ledger's nodes of these traces' spans, from every day with some of them.
pub(crate) fn nodes(shared: &Shared, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
    let mut wanted: BTreeMap<Day, Vec<usize>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for (at, (trace, _)) in traces.iter().enumerate() {
        match shared.homes.lock().get(trace).filter(|home| !home.split) {
            Some(home) => wanted.entry(home.day).or_default().push(at),
            None => unknown.push(*trace),
        }
    }
    let found = shared.days_of(&unknown)?;
    for (at, (trace, _)) in traces.iter().enumerate() {
        for day in found.get(trace).into_iter().flatten() {
            wanted.entry(*day).or_default().push(at);
        }
    }
    let mut lists = vec![Vec::new(); traces.len()];
    let there = shared.sound_days()?;
    let days: Vec<Day> = wanted.keys().copied().filter(|day| there.contains(day)).collect();
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

/// The number of stored spans of each trace.
pub(crate) fn counts(shared: &Shared, traces: &[TraceId]) -> Result<Vec<u64>> {
    let mut wanted: BTreeMap<Day, Vec<usize>> = BTreeMap::new();
    let days = shared.days_of(traces)?;
    for (at, trace) in traces.iter().enumerate() {
        for day in days.get(trace).into_iter().flatten() {
            wanted.entry(*day).or_default().push(at);
        }
    }
    let days: Vec<Day> = wanted.keys().copied().collect();
    let found = shared.ask_all(&days, |reader| {
        let mut look = reader.conn.prepare_cached("SELECT COUNT(*) FROM spans WHERE tr = ?1")?;
        let mut counts = Vec::new();
        for at in wanted.get(&reader.day).into_iter().flatten() {
            let trace = number_of(reader.conn, traces[*at])?;
            let count = trace.map_or(Ok(0), |trace| look.query_row([trace], |row| row.get::<_, i64>(0)))?;
            counts.push((*at, u64::try_from(count).unwrap_or_default()));
        }
        Ok(counts)
    })?;
    let mut counts = vec![0_u64; traces.len()];
    found.into_iter().flat_map(|(_, found)| found).for_each(|(at, count)| counts[at] += count);
    Ok(counts)
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
