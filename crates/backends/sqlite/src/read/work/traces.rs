//! Totals of traces by group and step.

use quipu_core::{WorkKey, WorkQuery};
use rusqlite::params_from_iter;

use crate::fault::Result;
use crate::read::filter::{ConditionUse, condition};
use crate::read::work::Groups;
use crate::read::work::sums::{Table, key_columns};
use crate::readers::DayReader;
use crate::shared::Shared;

const fn column(by: WorkKey) -> &'static str {
    match by {
        WorkKey::Service => "t.service",
        WorkKey::Framework => "t.framework",
        WorkKey::Name => "t.name",
        WorkKey::Status => "t.status",
        WorkKey::Session => "t.session",
        WorkKey::User => "t.user",
        WorkKey::Step(_)
        | WorkKey::Agent
        | WorkKey::Model
        | WorkKey::Tool
        | WorkKey::Kind
        | WorkKey::Error => "NULL",
    }
}

/// Adds the sums of a day's traces.
pub(crate) fn sums(shared: &Shared, reader: &DayReader<'_>, query: &WorkQuery, table: &Table) -> Result<()> {
    let Some(mut traces) = condition(shared, reader, &query.filter, ConditionUse::Traces)? else {
        return Ok(());
    };
    if query.failed {
        // The plus prevents SQLite from using the status index instead of the time index.
        traces.sql.push_str(" AND +t.status = 2");
    }
    let sql = format!(
        "SELECT t.start, CASE WHEN t.status != 3 THEN t.dur END, t.status = 2, NULL, NULL, t.pk{} FROM {} WHERE {}",
        key_columns(&query.group_by, column),
        traces.from,
        traces.sql
    );
    let mut groups = Groups::new(reader.conn, query, table);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut rows = look.query(params_from_iter(&traces.args))?;
    while let Some(row) = rows.next()? {
        groups.add(row)?;
    }
    groups.flush()
}
