//! Ledger rows that a question is about, read one by one.

use quipu_core::{SpanId, TraceFilter, TraceId, UsageQuery};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use crate::codec::{CallRow, Figures, MARK_USAGE, find};
use crate::fault::{Fault, Result};
use crate::read::filter::{Asked, Condition, condition};
use crate::read::usage::{Groups, Keys, own_filters};
use crate::readers::DayReader;
use crate::shared::Shared;

/// That part of a filter which only a row's trace can answer.
pub(crate) fn trace_part(filter: &TraceFilter) -> TraceFilter {
    TraceFilter {
        since: None,
        until: None,
        model: None,
        agent: None,
        service: None,
        framework: None,
        ..filter.clone()
    }
}

/// What to select ledger rows `c` (with their trace `t`) from, when their trace must meet `of_trace`.
pub(crate) fn rows_of_traces(
    shared: &Shared,
    reader: &DayReader<'_>,
    of_trace: &TraceFilter,
) -> Result<Option<Condition>> {
    let Some(mut found) = condition(shared, reader, of_trace, Asked::Rows)? else {
        return Ok(None);
    };
    let few = found.from != "traces t" || of_trace.session.is_some() || of_trace.user.is_some();
    found.from = if few {
        format!("{} CROSS JOIN spans s ON s.tr = t.pk CROSS JOIN calls c ON c.pk = s.pk", found.from)
    } else {
        "calls c JOIN traces t ON t.pk = c.tr".into()
    };
    Ok(Some(found))
}

/// Adds the rows of a time (or of the filter's times) to their groups.
pub(crate) fn add(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &UsageQuery,
    time: Option<(i64, i64)>,
    groups: &mut Groups<'_>,
) -> Result<()> {
    let filter = &query.filter;
    let Some(mut from) = rows_of_traces(shared, reader, &trace_part(filter))? else {
        return Ok(());
    };
    from.sql.push_str(&format!(" AND c.marks & {MARK_USAGE} != 0"));
    let (since, until) = time.unzip();
    if let Some(since) = since.or(filter.since.map(quipu_core::Timestamp::nanos)) {
        from.and("c.time >= ?", since);
    }
    if let Some(until) = until.or(filter.until.map(quipu_core::Timestamp::nanos)) {
        from.and("c.time < ?", until);
    }
    for (column, kind, text) in own_filters(filter) {
        let Some(text) = text else { continue };
        let Some(id) = find(reader.conn, kind, text)? else { return Ok(()) };
        from.and(&format!("c.{column} = ?"), Value::Integer(id));
    }
    let columns: Vec<String> =
        CallRow::COLUMNS.split(", ").map(|column| format!("c.{}", column.trim())).collect();
    let sql =
        format!("SELECT {}, t.session, t.user FROM {} WHERE {}", columns.join(", "), from.from, from.sql);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut rows = look.query(params_from_iter(&from.args))?;
    // The figures do not depend on whose they are.
    let nobody = || Fault::Damaged("an id is zero");
    let trace = TraceId::from_bytes([1; 16]).map_err(|_| nobody())?;
    let span = SpanId::from_bytes([1; 8]).map_err(|_| nobody())?;
    while let Some(row) = rows.next()? {
        let call = CallRow::of_row(row, 0)?;
        let name = |id: Option<i64>| id.unwrap_or(0);
        let keys = Keys {
            time: call.time,
            provider: name(call.provider),
            model: name(call.model),
            agent: name(call.agent),
            service: name(call.service),
            framework: name(call.framework),
            convention: name(call.convention),
            session: name(row.get(15)?),
            user: name(row.get(16)?),
        };
        groups.add(&keys, Figures::of_usage(&call.bare_cost(trace, span)?));
    }
    Ok(())
}
