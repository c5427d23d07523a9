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
    let mut look = conn.prepare_cached("SELECT z FROM conflicts WHERE pk = ?1 ORDER BY n")?;
    let mut rows = look.query([pk])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(postcard::from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
    }
    Ok(found)
}
