//! Pages of ledger rows in storage order: by day, newest first. Within a day they come by number, or by time
//! if the filter has a part of the day.

use quipu_core::{
    CostRow, CostScan, CostScanCursor, CostScanPage, Result, ScanCursor, ScannedCost, SpanId, TraceFilter,
    TraceId,
};
use rusqlite::{Row, params_from_iter};

use crate::bounds::Bounds;
use crate::codec::{CallRow, Names, TextOf, span_of_key, trace_id};
use crate::fault;
use crate::folder::Day;
use crate::read::filter::Condition;
use crate::read::page::{Room, keep_days};
use crate::read::trace_rows::number_of;
use crate::read::usage::days_of_rows;
use crate::read::usage_rows::{OF_CALLS, call_columns, trace_part, usage_rows};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Position of the columns after those of the ledger row.
const AT: usize = 15;

/// One page.
pub(crate) fn page(shared: &Shared, scan: &CostScan) -> Result<CostScanPage> {
    let mut room = Room::of(scan.limit)?;
    let mut rows = Vec::new();
    for (day, bounds) in days(shared, scan)? {
        let found = shared.ask(day, |reader| in_day(shared, reader, scan, &bounds, &mut room))?;
        let Some((mut found, next)) = found else { continue };
        rows.append(&mut found);
        if room.is_full() && next.is_some() {
            return Ok(CostScanPage { rows, next });
        }
    }
    Ok(CostScanPage { rows, next: None })
}

/// Days that may have matching rows after the cursor, newest first.
fn days(shared: &Shared, scan: &CostScan) -> Result<Vec<(Day, Bounds)>> {
    let mut days = days_of_rows(shared, &scan.filter)?;
    let cursor = scan.cursor.map(|cursor| cursor.row);
    keep_days(shared, &mut days, |(day, _)| *day, scan.trace_id, cursor)?;
    Ok(days)
}

/// Order of the rows of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Number,
    Time,
}

/// The order of a day's rows. A day that was begun keeps its order, although its times may grow meanwhile.
fn order(cursor: Option<CostScanCursor>, remaining: &TraceFilter) -> Order {
    let by_time = match cursor {
        Some(cursor) => cursor.time.is_some(),
        None => remaining.since.is_some() || remaining.until.is_some(),
    };
    if by_time { Order::Time } else { Order::Number }
}

/// The filter without times that all rows of the day meet.
fn remaining(filter: &TraceFilter, bounds: &Bounds) -> TraceFilter {
    let (low, high) = bounds.calls.unwrap_or((i64::MIN, i64::MAX));
    TraceFilter {
        since: filter.since.filter(|since| since.nanos() > low),
        until: filter.until.filter(|until| until.nanos() <= high),
        ..filter.clone()
    }
}

/// The condition on ledger rows `c`, with their trace `t` and span `s` if they are requested.
fn condition(
    shared: &Shared,
    reader: &DayReader<'_>,
    scan: &CostScan,
    filter: &TraceFilter,
) -> fault::Result<Option<Condition>> {
    let Some(mut all) = usage_rows(shared, reader, filter, None)? else { return Ok(None) };
    let asks_trace = scan.facts.owner || scan.facts.span || trace_part(filter, OF_CALLS).needs_trace();
    if let Some(trace) = scan.trace_id {
        let Some(number) = number_of(reader.conn, trace)? else { return Ok(None) };
        all.from = "traces t CROSS JOIN spans s ON s.tr = t.pk CROSS JOIN calls c ON c.pk = s.pk".into();
        all.and("t.pk = ?", number);
    } else if all.from.starts_with("calls c ") {
        let trace = if asks_trace { " CROSS JOIN traces t ON t.pk = c.tr" } else { "" };
        let span = if scan.facts.span { " CROSS JOIN spans s ON s.pk = c.pk" } else { "" };
        all.from = format!("calls c{trace}{span}");
    }
    Ok(Some(all))
}

type DayRows = (Vec<ScannedCost>, Option<CostScanCursor>);

/// The rows of a day that fit, and the position of the last one.
fn in_day(
    shared: &Shared,
    reader: &DayReader<'_>,
    scan: &CostScan,
    bounds: &Bounds,
    room: &mut Room,
) -> fault::Result<DayRows> {
    let cursor = scan.cursor.filter(|cursor| cursor.row.day == reader.day.0);
    let filter = remaining(&scan.filter, bounds);
    let order = order(cursor, &filter);
    let Some(mut condition) = condition(shared, reader, scan, &filter)? else {
        return Ok((Vec::new(), None));
    };
    match (order, cursor) {
        (Order::Number, Some(cursor)) => condition.and("c.pk > ?", cursor.row.number),
        (Order::Time, Some(CostScanCursor { row, time: Some(time) })) => {
            // The first comparison finds the place in the index.
            condition.and("c.time >= ?", time.nanos());
            condition.and("(c.time, c.pk) > (?", time.nanos());
            condition.sql.push_str(", ?)");
            condition.args.push(row.number.into());
        }
        _ => {}
    }
    let has = |table: &str| condition.from.contains(table);
    let of_trace = if has("traces t") { "t.trace, t.session, t.user" } else { "NULL, NULL, NULL" };
    let of_span = if has("spans s") { "s.id" } else { "NULL" };
    let sql = format!(
        "SELECT {}, c.pk, {of_trace}, {of_span} FROM {} WHERE {} ORDER BY {} LIMIT {}",
        call_columns(),
        condition.from,
        condition.sql,
        if order == Order::Time { "c.time, c.pk" } else { "c.pk" },
        room.rows()
    );
    let names = Names::new(reader.conn);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&condition.args))?;
    let (mut rows, mut last) = (Vec::new(), None);
    while let Some(row) = found.next()? {
        let one = scanned(row, reader.day, scan, &names)?;
        let time = Some(one.row.cost.time).filter(|_| order == Order::Time);
        last = Some(CostScanCursor { row: one.at, time });
        let bytes = size_of::<ScanCursor>() + one.row.bytes();
        room.take(bytes)?;
        rows.push(one);
        if room.is_full() {
            break;
        }
    }
    Ok((rows, last))
}

fn scanned(row: &Row<'_>, day: Day, scan: &CostScan, names: &Names<'_>) -> fault::Result<ScannedCost> {
    let trace = match scan.facts.owner {
        true => trace_id(row, AT + 1)?,
        false => TraceId::LOWEST,
    };
    let span = match scan.facts.span {
        true => span_of_key(row.get(AT + 4)?)?,
        false => SpanId::LOWEST,
    };
    let text = |at: usize| if scan.facts.owner { names.text(row.get(at)?) } else { Ok(None) };
    let found = CostRow {
        cost: CallRow::of_row(row, 0)?.cost(trace, span, names)?,
        session: text(AT + 2)?,
        user: text(AT + 3)?,
    };
    Ok(ScannedCost { row: found, at: ScanCursor { day: day.0, number: row.get(AT)? } })
}
