//! Sums over spans that the ledger does not count.

use quipu_core::{FacetField, Kind, Timestamp, TraceFilter, WorkKey, WorkQuery};
use rusqlite::params_from_iter;

use crate::fault::Result;
use crate::read::filter::{Condition, ConditionUse, condition};
use crate::read::own::Own;
use crate::read::usage_rows::trace_part;
use crate::read::work::sums::{Table, key_columns};
use crate::read::work::{Groups, is_in_ledger, list};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Fields that a span `s` with its origin `o` answers.
const OWN: Own = Own {
    columns: &[
        (FacetField::Model, "s.model"),
        (FacetField::Agent, "s.agent"),
        (FacetField::Service, "o.service"),
        (FacetField::Framework, "o.framework"),
        (FacetField::Tool, "s.tool"),
    ],
};

/// Condition of a visible span without a call or tool run. It was sent and sampled, or was made from another
/// signal and has a counting ledger row `c`. Spans whose row is a call or tool run are summed in the ledger.
const IS_ONE: &str =
    " AND COALESCE(c.marks & 6, 0) = 0 AND (s.signal = 0 OR (s.signal < 8 AND c.marks & 16 != 0))";

/// Kinds that the index of spans by kind omits, because they are frequent or in the ledger.
const UNINDEXED: [Kind; 6] = [Kind::Other, Kind::Task, Kind::Llm, Kind::Embedding, Kind::Rerank, Kind::Tool];

const fn column(by: WorkKey) -> &'static str {
    match by {
        WorkKey::Service => "NULLIF(o.service, 0)",
        WorkKey::Framework => "NULLIF(o.framework, 0)",
        WorkKey::Agent => "s.agent",
        WorkKey::Model => "s.model",
        WorkKey::Tool => "s.tool",
        WorkKey::Kind => "s.kind",
        WorkKey::Name => "s.name",
        WorkKey::Status => "s.status",
        WorkKey::Error => "CASE WHEN s.status = 2 THEN substr(s.error, 1, 200) END",
        WorkKey::Session => "t.session",
        WorkKey::User => "t.user",
        WorkKey::Step(_) => "NULL",
    }
}

/// Adds the sums of a day's spans of these kinds, none of which is in the ledger.
pub(crate) fn sums(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &WorkQuery,
    kinds: &[Kind],
    table: &Table,
) -> Result<()> {
    let Some(rows) = rows(shared, reader, query, kinds)? else {
        return Ok(());
    };
    let sql = format!(
        "SELECT s.start, s.dur, s.status = 2, s.ttft, s.verdict, s.tr{} FROM {} WHERE {}",
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

/// The rows `s` of a query.
pub(crate) fn rows(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &WorkQuery,
    kinds: &[Kind],
) -> Result<Option<Condition>> {
    let filter = &query.filter;
    let Some(own) = OWN.all(reader.conn, filter)? else { return Ok(None) };
    let Some(mut rows) = found_by(shared, reader, query, kinds, &own)? else {
        return Ok(None);
    };
    rows.sql.push_str(&format!(" AND s.kind IN ({})", list(kinds)));
    if kinds.iter().all(|kind| !UNINDEXED.contains(kind)) {
        let bits: u64 = UNINDEXED.iter().map(|kind| 1 << *kind as u64).sum();
        // Written exactly as in the index, because SQLite matches expressions textually.
        rows.sql.push_str(&format!(" AND (1 << s.kind) & {bits} = 0"));
    }
    if query.failed {
        rows.sql.push_str(" AND s.status = 2");
        if query.is_of_origins() {
            rows.sql.push_str(" AND s.below = 0");
        }
    }
    if let Some(since) =
        filter.since.map(Timestamp::nanos).filter(|since| *since > reader.day.start().nanos())
    {
        rows.and("s.start >= ?", since);
    }
    if let Some(until) = filter.until {
        rows.and("s.start < ?", until.nanos());
    }
    rows.sql.push_str(IS_ONE);
    rows.sql.push_str(&own);
    Ok(Some(rows))
}

/// The tables of the spans: from few traces, by failure, by kind, or all of the day.
fn found_by(
    shared: &Shared,
    reader: &DayReader<'_>,
    query: &WorkQuery,
    kinds: &[Kind],
    own: &str,
) -> Result<Option<Condition>> {
    let of_trace = TraceFilter { tool: None, ..trace_part(&query.filter, OWN) };
    let asks = |keys: &[WorkKey]| query.group_by.iter().any(|by| keys.contains(by));
    let index = if query.failed {
        "INDEXED BY spans_failed"
    } else if kinds.iter().all(|kind| !UNINDEXED.contains(kind)) {
        "INDEXED BY spans_work"
    } else {
        "NOT INDEXED"
    };
    let mut rows = Condition::of(&format!("spans s {index}"));
    let mut with_traces = asks(&[WorkKey::Session, WorkKey::User]);
    if of_trace.needs_trace() {
        let Some(found) = condition(shared, reader, &of_trace, ConditionUse::Rows)? else { return Ok(None) };
        let few = found.from != "traces t" || of_trace.session.is_some() || of_trace.user.is_some();
        with_traces = !few;
        let from = if few { format!("{} CROSS JOIN spans s ON s.tr = t.pk", found.from) } else { rows.from };
        rows = Condition { from, ..found };
    }
    if with_traces {
        rows.from.push_str(" CROSS JOIN traces t ON t.pk = s.tr");
    }
    if own.contains("o.") || asks(&[WorkKey::Service, WorkKey::Framework]) {
        rows.from.push_str(" CROSS JOIN origins o ON o.id = s.origin");
    }
    rows.from.push_str(" LEFT JOIN calls c ON c.pk = s.pk");
    debug_assert!(kinds.iter().all(|kind| !is_in_ledger(*kind)), "the ledger has the totals of its kinds");
    Ok(Some(rows))
}
