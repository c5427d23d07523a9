//! Check of a file's structure by SQLite.

use rusqlite::Connection;

use crate::fault::Result;

pub(crate) const QUICK: &str = "PRAGMA quick_check(1)";
/// Also compares indices with their tables.
pub(crate) const INTEGRITY: &str = "PRAGMA integrity_check(1)";

/// The first finding of such a check.
pub(crate) fn structure(conn: &Connection, pragma: &str) -> Result<Option<String>> {
    let told: String = conn.query_row(pragma, [], |row| row.get(0))?;
    Ok((told != "ok").then_some(told))
}
