//! Ledger rows that a question is about, read one by one.

use std::collections::HashMap;

use quipu_core::{Billing, GroupBy, SpanId, TraceFilter, TraceId, UsageQuery};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use crate::codec::{CallRow, DimKind, Figures, MARK_USAGE, find};
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
    let Some(from) = usage_rows(shared, reader, &query.filter, time)? else {
        return Ok(());
    };
    let tags = match query.group_by.contains(&GroupBy::Tag) {
        true => Some(tags_of(reader)?),
        false => None,
    };
    let sql = format!(
        "SELECT {}, t.session, t.user, t.project, t.revision, t.branch, t.pk FROM {} WHERE {}",
        call_columns(),
        from.from,
        from.sql
    );
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut rows = look.query(params_from_iter(&from.args))?;
    // The figures do not depend on whose they are.
    let nobody = || Fault::Damaged("an id is zero");
    let trace = TraceId::from_bytes([1; 16]).map_err(|_| nobody())?;
    let span = SpanId::from_bytes([1; 8]).map_err(|_| nobody())?;
    while let Some(row) = rows.next()? {
        let call = CallRow::of_row(row, 0)?;
        let name = |id: Option<i64>| id.unwrap_or(0);
        let mut keys = Keys {
            time: call.time,
            provider: name(call.provider),
            model: name(call.model),
            agent: name(call.agent),
            service: name(call.service),
            framework: name(call.framework),
            convention: name(call.convention),
            session: name(row.get(15)?),
            user: name(row.get(16)?),
            tool: name(call.tool),
            tag: 0,
            labels: [name(row.get(17)?), name(row.get(18)?), name(row.get(19)?)],
            billing: Billing::default(),
        };
        let cost = call.bare_cost(trace, span)?;
        keys.billing = cost.billing;
        let figures = Figures::of_usage(&cost);
        let Some(tags) = tags.as_ref().and_then(|tags| tags.get(&row.get::<_, i64>(20).ok()?)) else {
            groups.add(&keys, figures);
            continue;
        };
        for tag in tags {
            groups.add(&Keys { tag: *tag, ..keys }, figures.clone());
        }
    }
    Ok(())
}

/// The rows that add to usage of a time, or of the filter's times; `None` when there can be none.
pub(crate) fn usage_rows(
    shared: &Shared,
    reader: &DayReader<'_>,
    filter: &TraceFilter,
    time: Option<(i64, i64)>,
) -> Result<Option<Condition>> {
    let Some(mut from) = rows_of_traces(shared, reader, &trace_part(filter))? else {
        return Ok(None);
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
        let Some(id) = find(reader.conn, kind, text)? else { return Ok(None) };
        from.and(&format!("c.{column} = ?"), Value::Integer(id));
    }
    Ok(Some(from))
}

/// The columns of a ledger row `c`.
pub(crate) fn call_columns() -> String {
    let columns: Vec<String> =
        CallRow::COLUMNS.split(", ").map(|column| format!("c.{}", column.trim())).collect();
    columns.join(", ")
}

/// The tags of a day's traces that have some.
fn tags_of(reader: &DayReader<'_>) -> Result<HashMap<i64, Vec<i64>>> {
    let mut look = reader.conn.prepare_cached(
        "SELECT n.tr, n.dim FROM dims d CROSS JOIN trace_dims n ON n.dim = d.id WHERE d.kind = ?1",
    )?;
    let mut rows = look.query([DimKind::Tag as i64])?;
    let mut tags: HashMap<i64, Vec<i64>> = HashMap::new();
    while let Some(row) = rows.next()? {
        tags.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(tags)
}
