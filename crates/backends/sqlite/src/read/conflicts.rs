//! Rejected versions of spans.

use quipu_core::SpanConflict;
use rusqlite::Connection;

use crate::fault::Result;

/// Whether a day has rejected versions.
pub(crate) fn are_there(conn: &Connection) -> Result<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM conflicts LIMIT 1")?.exists([])?)
}

/// The rejected versions of the span with this number, in the order of their arrival.
pub(crate) fn of_span(conn: &Connection, pk: i64) -> Result<Vec<SpanConflict>> {
    Ok(numbered(conn, pk)?.into_iter().map(|(_, version)| version).collect())
}

/// The same versions with their numbers, which ascend.
pub(crate) fn numbered(conn: &Connection, pk: i64) -> Result<Vec<(i64, SpanConflict)>> {
    let mut look = conn.prepare_cached("SELECT n, z FROM conflicts WHERE pk = ?1 ORDER BY n")?;
    let mut rows = look.query([pk])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let z = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        found.push((row.get(0)?, postcard::from_bytes(z)?));
    }
    Ok(found)
}
