//! Sums over calls and tool runs, from their ledger rows.

use quipu_core::{FacetField, Kind, Timestamp, TraceFilter, WorkKey, WorkQuery};
use rusqlite::params_from_iter;

use crate::bounds::Bounds;
use crate::codec::{MARK_CALL, MARK_COUNTS, MARK_FAILED, MARK_TOOL};
use crate::fault::Result;
use crate::read::filter::Condition;
use crate::read::own::Own;
use crate::read::usage_rows::{OF_CALLS, rows_of_traces, trace_part};
use crate::read::work::sums::{Table, key_columns};
use crate::read::work::{Groups, list};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Fields that a row `c` answers.
const OWN: Own = Own {
    columns: &[
        (FacetField::Model, "c.model"),
        (FacetField::Agent, "c.agent"),
        (FacetField::Service, "c.service"),
        (FacetField::Framework, "c.framework"),
        (FacetField::Tool, "c.tool"),
    ],
};
/// The same without the tool, which is then the trace's.
const OWN_BUT_TOOL: Own = OF_CALLS;
/// The same without the model, which is then the trace's.
const OWN_BUT_MODEL: Own = Own {
    columns: &[
        (FacetField::Agent, "c.agent"),
        (FacetField::Service, "c.service"),
        (FacetField::Framework, "c.framework"),
        (FacetField::Tool, "c.tool"),
    ],
};

/// Fields that a row answers if these fields apply to its trace.
const fn own_but(of_trace: &[FacetField]) -> Own {
    match of_trace {
        [FacetField::Tool] => OWN_BUT_TOOL,
        [FacetField::Model] => OWN_BUT_MODEL,
        _ => OWN,
    }
}

const fn column(by: WorkKey) -> &'static str {
    match by {
        WorkKey::Service => "c.service",
        WorkKey::Framework => "c.framework",
        WorkKey::Agent => "c.agent",
        WorkKey::Model => "c.model",
        WorkKey::Tool => "c.tool",
        WorkKey::Kind => "c.kind",
        WorkKey::Name => "s.name",
        WorkKey::Status => "s.status",
        WorkKey::Error => "CASE WHEN c.marks & 8 != 0 THEN substr(s.error, 1, 200) END",
        WorkKey::Session => "t.session",
        WorkKey::User => "t.user",
        WorkKey::Step(_) => "NULL",
    }
}

/// Adds the sums of a day's calls and tool runs of these kinds.
pub(crate) fn sums(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &WorkQuery,
    kinds: &[Kind],
    bounds: &Bounds,
    table: &Table,
) -> Result<()> {
    let Some(rows) = rows(shared, reader, query, kinds, bounds, &[])? else {
        return Ok(());
    };
    let verdict = if rows.from.contains("spans s") { "s.ttft, s.verdict" } else { "NULL, NULL" };
    let sql = format!(
        "SELECT c.time, c.dur, c.marks & {MARK_FAILED} != 0, {verdict}, c.tr{} FROM {} WHERE {}",
        key_columns(&query.group_by, column),
        rows.from,
        rows.sql
    );
    let mut groups = Groups::new(reader.conn, query, table);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&rows.args))?;
    while let Some(row) = found.next()? {
        groups.add(row)?;
    }
    groups.flush()
}

/// The rows `c` of a query; the fields `of_trace` of its filter (none, the model or the tool) apply to the
/// trace.
pub(crate) fn rows(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &WorkQuery,
    kinds: &[Kind],
    bounds: &Bounds,
    of_trace: &[FacetField],
) -> Result<Option<Condition>> {
    let (filter, own) = (&query.filter, own_but(of_trace));
    let Some(mut rows) = found_by(shared, reader, query, kinds, of_trace)? else {
        return Ok(None);
    };
    rows.sql.push_str(&format!(" AND c.marks & {} != 0", MARK_CALL | MARK_TOOL));
    rows.sql.push_str(&format!(" AND c.kind IN ({})", list(kinds)));
    if query.failed {
        let failed = MARK_FAILED | MARK_COUNTS;
        rows.sql.push_str(&format!(" AND (c.marks & {failed}) = {failed}"));
        if query.is_of_origins() {
            rows.sql.push_str(" AND NOT EXISTS (SELECT 1 FROM spans b WHERE b.pk = c.pk AND b.below = 1)");
        }
    }
    // A whole day is read in its storage order.
    let (low, high) = bounds.calls.unwrap_or((i64::MIN, i64::MAX));
    if let Some(since) = filter.since.map(Timestamp::nanos).filter(|since| *since > low) {
        rows.and("c.time >= ?", since);
    }
    if let Some(until) = filter.until.map(Timestamp::nanos).filter(|until| *until <= high) {
        rows.and("c.time < ?", until);
    }
    let Some(own) = own.all(reader.conn, filter)? else { return Ok(None) };
    rows.sql.push_str(&own);
    Ok(Some(rows))
}

/// The tables of the rows; traces and spans are joined only if the query needs them.
fn found_by(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &WorkQuery,
    kinds: &[Kind],
    fields: &[FacetField],
) -> Result<Option<Condition>> {
    let filter = &query.filter;
    let of = |field, text: &Option<String>| text.clone().filter(|_| fields.contains(&field));
    let of_trace = TraceFilter {
        tool: of(FacetField::Tool, &filter.tool),
        model: of(FacetField::Model, &filter.model),
        ..trace_part(filter, own_but(fields))
    };
    let asks = |keys: &[WorkKey]| query.group_by.iter().any(|by| keys.contains(by));
    let plain = || Condition::of("calls c");
    let mut rows = if of_trace.needs_trace() || of_trace.model.is_some() {
        let Some(rows) = rows_of_traces(shared, reader, &of_trace)? else { return Ok(None) };
        rows
    } else {
        plain()
    };
    if query.failed && rows.from.starts_with("calls c") {
        rows.from = rows.from.replacen("calls c", "calls c INDEXED BY calls_failed", 1);
    }
    if !rows.from.contains("traces t") && asks(&[WorkKey::Session, WorkKey::User]) {
        rows.from.push_str(" CROSS JOIN traces t ON t.pk = c.tr");
    }
    let asks_spans = asks(&[WorkKey::Name, WorkKey::Status, WorkKey::Error]);
    if !rows.from.contains("spans s") && (asks_spans || says_more(reader, kinds)?) {
        rows.from.push_str(" CROSS JOIN spans s ON s.pk = c.pk");
    }
    Ok(Some(rows))
}

/// Whether spans of these kinds have a time to the first token, or a guardrail's verdict.
fn says_more(reader: &DayReader<'_>, kinds: &[Kind]) -> Result<bool> {
    let sql = "SELECT 1 FROM spans INDEXED BY spans_more WHERE kind = ?1 AND (1 << kind) & 432 != 0 \
         AND (ttft IS NOT NULL OR verdict IS NOT NULL) LIMIT 1";
    let mut look = reader.conn.prepare_cached(sql)?;
    for kind in kinds {
        if look.exists([*kind as i64])? {
            return Ok(true);
        }
    }
    Ok(false)
}
