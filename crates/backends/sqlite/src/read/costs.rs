//! Pages of ledger rows that add to usage.

use quipu_core::{AnswerMemory, CostCursor, CostPage, CostQuery, CostRow, MemoryHold, Result, TraceFilter};
use rusqlite::params_from_iter;

use crate::bounds::Bounds;
use crate::codec::{CallRow, Names, TextOf, span_key, span_of_key, trace_id};
use crate::fault;
use crate::read::filter::Condition;
use crate::read::usage::days_of_rows;
use crate::read::usage_rows::{call_columns, usage_rows};
use crate::readers::DayReader;
use crate::shared::Shared;

const fn place(row: &CostRow) -> CostCursor {
    CostCursor { time: row.cost.time, trace_id: row.cost.trace_id, span_id: row.cost.span_id }
}

/// One page. Rows of different days may interleave. So the days are visited by their earliest rows, until no
/// remaining day can have a row on the page.
pub(crate) fn page(shared: &Shared, query: &CostQuery) -> Result<CostPage> {
    let limit = query.limit.max(1);
    let from = query.cursor.map(|cursor| cursor.time);
    let times = TraceFilter { since: query.filter.since.max(from), ..query.filter.clone() };
    let mut days = days_of_rows(shared, &times)?;
    let first = |bounds: &Bounds| bounds.calls.map_or(0, |(low, _)| low);
    days.sort_by_key(|(_, bounds)| first(bounds));
    let (mut rows, mut hold) = (Vec::<CostRow>::new(), AnswerMemory::current().hold(0)?);
    for (day, bounds) in days {
        if rows.get(limit).is_some_and(|last| last.cost.time.nanos() < first(&bounds)) {
            break;
        }
        let found = shared.ask(day, |reader| rows_in(shared, reader, &times, query, &mut hold))?;
        rows.extend(found.unwrap_or_default());
        rows.sort_by_key(place);
        rows.truncate(limit + 1);
        hold.set(rows.iter().map(CostRow::bytes).sum())?;
    }
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(place);
    Ok(CostPage { rows, next })
}

fn rows_in(
    shared: &Shared,
    reader: &DayReader<'_>,
    filter: &TraceFilter,
    query: &CostQuery,
    hold: &mut MemoryHold,
) -> fault::Result<Vec<CostRow>> {
    let Some(mut rows) = usage_rows(shared, reader, filter, None)? else {
        return Ok(Vec::new());
    };
    with_spans(&mut rows);
    if let Some(cursor) = query.cursor {
        rows.and("(c.time, t.trace, s.id) > (?", cursor.time.nanos());
        rows.sql.push_str(", ?, ?)");
        rows.args.push(cursor.trace_id.as_bytes().to_vec().into());
        rows.args.push(span_key(cursor.span_id).into());
    }
    let sql = format!(
        "SELECT {}, t.trace, s.id, t.session, t.user FROM {} WHERE {} ORDER BY c.time, t.trace, s.id LIMIT {}",
        call_columns(),
        rows.from,
        rows.sql,
        query.limit.max(1).saturating_add(1)
    );
    let names = Names::new(reader.conn);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&rows.args))?;
    let mut costs = Vec::new();
    while let Some(row) = found.next()? {
        let (trace, span) = (trace_id(row, 15)?, span_of_key(row.get(16)?)?);
        let cost = CostRow {
            cost: CallRow::of_row(row, 0)?.cost(trace, span, &names)?,
            session: names.text(row.get(17)?)?,
            user: names.text(row.get(18)?)?,
        };
        hold.grow(cost.bytes())?;
        costs.push(cost);
    }
    Ok(costs)
}

/// Joins the spans `s` if they are missing. The rows are then found by time, so they stay the outer table.
fn with_spans(rows: &mut Condition) {
    if rows.from.starts_with("calls c ") {
        rows.from = "calls c CROSS JOIN traces t ON t.pk = c.tr CROSS JOIN spans s ON s.pk = c.pk".into();
    }
}
