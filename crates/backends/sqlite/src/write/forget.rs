//! Removal of traces from their days, with their contribution to every sum.
//!
//! Freed space is overwritten with zeros. The words of full text are hidden at once, and the indexer removes
//! them later. Names (of users, sessions, spans) and resources are shared by records. They stay in the day's
//! lists, but in no answer, until the day is rewritten ([`crate::rewrite`]). The catalog notes that this is
//! due.

use std::collections::BTreeSet;

use quipu_core::TraceId;
use rusqlite::{Connection, OptionalExtension};

use crate::codec::{CallRow, Figures, MARK_COUNTS, MARK_INFERRED};
use crate::fault::Result;
use crate::past::Touched;
use crate::readers::DayReader;
use crate::write::tx::DayTx;

/// Tables with a row for each span, by the span's number. The spans themselves come last.
const OF_SPANS: [&str; 4] = [
    "DELETE FROM calls WHERE pk IN (SELECT pk FROM spans WHERE tr = ?1)",
    "DELETE FROM conflicts WHERE pk IN (SELECT pk FROM spans WHERE tr = ?1)",
    "DELETE FROM bodies WHERE pk IN (SELECT pk FROM spans WHERE tr = ?1)",
    "DELETE FROM spans WHERE tr = ?1",
];
/// Tables with data of a trace, by its number. A meeting's traces are found by the meeting.
const OF_TRACE: [&str; 5] = [
    "DELETE FROM meetings WHERE tr = ?1 AND meeting IN (SELECT meeting FROM spans WHERE tr = ?1 AND meeting IS NOT NULL \
     UNION SELECT moment FROM spans WHERE tr = ?1 AND moment IS NOT NULL)",
    "DELETE FROM latest_meetings WHERE tr = ?1 AND meeting IN (SELECT meeting FROM spans WHERE tr = ?1 \
     AND meeting IS NOT NULL UNION SELECT moment FROM spans WHERE tr = ?1 AND moment IS NOT NULL)",
    "DELETE FROM trace_dims WHERE tr = ?1",
    "DELETE FROM hidden WHERE tr = ?1",
    "DELETE FROM traces WHERE pk = ?1",
];
/// Tables with a trace's records other than spans, by its id.
const OF_ID: [&str; 3] = [
    "DELETE FROM event_bodies WHERE pk IN (SELECT pk FROM events WHERE trace = ?1)",
    "DELETE FROM events WHERE trace = ?1",
    "DELETE FROM exemplars WHERE trace = ?1",
];

/// Overwrites the texts of a trace, by its id, and of an event, by its number. The length stays, so each
/// stays in place.
const BLANK: [&str; 4] = [
    "UPDATE bodies SET z = zeroblob(length(z)) \
     WHERE pk IN (SELECT s.pk FROM spans s JOIN traces t ON t.pk = s.tr WHERE t.trace = ?1)",
    "UPDATE conflicts SET z = zeroblob(length(z)) \
     WHERE pk IN (SELECT s.pk FROM spans s JOIN traces t ON t.pk = s.tr WHERE t.trace = ?1)",
    "UPDATE spans SET error = substr(hex(zeroblob(length(CAST(error AS BLOB)))), 1, length(CAST(error AS BLOB))) \
     WHERE error IS NOT NULL AND tr = (SELECT pk FROM traces WHERE trace = ?1)",
    "UPDATE event_bodies SET z = zeroblob(length(z)) WHERE pk IN (SELECT pk FROM events WHERE trace = ?1)",
];
pub(crate) const BLANK_EVENT: &str = "UPDATE event_bodies SET z = zeroblob(length(z)) WHERE pk = ?1";

/// Records of some traces in a day.
#[derive(Debug, Default)]
pub(crate) struct TraceRecords {
    /// Traces with any records in the day.
    pub(crate) traces: Vec<TraceId>,
    /// Traces with spans or events in the day.
    pub(crate) known: BTreeSet<TraceId>,
}

impl TraceRecords {
    /// Finds them in a day.
    pub(crate) fn find(reader: &DayReader<'_>, traces: &BTreeSet<TraceId>) -> Result<Self> {
        let mut parts = Self::default();
        let mut records = reader.conn.prepare_cached(
            "SELECT 1 FROM traces WHERE trace = ?1 UNION ALL SELECT 1 FROM events WHERE trace = ?1 LIMIT 1",
        )?;
        let mut exemplars = reader.conn.prepare_cached("SELECT 1 FROM exemplars WHERE trace = ?1 LIMIT 1")?;
        for trace in traces {
            let known = records.exists([trace.as_bytes()])?;
            if known || exemplars.exists([trace.as_bytes()])? {
                parts.traces.push(*trace);
            }
            if known {
                parts.known.insert(*trace);
            }
        }
        Ok(parts)
    }
}

impl DayTx<'_> {
    /// Overwrites the texts of a trace's spans and events. All traces are overwritten before the first one is
    /// removed. SQLite zeroes removed rows, but not the old copies of remaining rows that it moves to another
    /// page.
    pub(crate) fn blank(&mut self, trace: TraceId) -> Result<()> {
        let conn = &self.file.conn;
        BLANK
            .iter()
            .try_for_each(|sql| Ok(conn.prepare_cached(sql)?.execute([trace.as_bytes()]).map(drop)?))
    }

    /// Removes a trace from the day.
    pub(crate) fn forget(&mut self, trace: TraceId) -> Result<()> {
        self.touched = Touched::All;
        let mut look = self.file.conn.prepare_cached("SELECT pk FROM traces WHERE trace = ?1")?;
        let pk: Option<i64> = look.query_row([trace.as_bytes()], |row| row.get(0)).optional()?;
        drop(look);
        if let Some(pk) = pk {
            self.take_back(pk)?;
            self.forget_spans(pk)?;
        }
        let conn = &self.file.conn;
        OF_ID
            .iter()
            .try_for_each(|sql| Ok(conn.prepare_cached(sql)?.execute([trace.as_bytes()]).map(drop)?))
    }

    /// Subtracts the counting ledger rows from the sums by hour.
    pub(super) fn take_back(&mut self, pk: i64) -> Result<()> {
        let columns = CallRow::COLUMNS.replace(", ", ", c.");
        let sql = format!(
            "SELECT c.{columns} FROM spans s JOIN calls c ON c.pk = s.pk WHERE s.tr = ?1 AND c.marks & {} != 0",
            MARK_COUNTS | MARK_INFERRED
        );
        let mut look = self.file.conn.prepare_cached(&sql)?;
        let mut rows = look.query([pk])?;
        while let Some(row) = rows.next()? {
            let call = CallRow::of_row(row, 0)?;
            let cost = call.bare_cost()?;
            self.rollups.count(&call, &cost, &Figures::of_usage(&cost), -1)?;
        }
        Ok(())
    }

    /// Removes the spans, with a note for the indexer for each, and the data derived from them.
    pub(super) fn forget_spans(&mut self, pk: i64) -> Result<()> {
        let conn = &self.file.conn;
        conn.prepare_cached("INSERT INTO reindex(pk) SELECT pk FROM spans WHERE tr = ?1")?.execute([pk])?;
        // The trace's data goes first, because its meetings are those of its spans.
        run(conn, &OF_TRACE, pk)?;
        run(conn, &OF_SPANS, pk)?;
        let spans = conn.changes();
        conn.prepare_cached("UPDATE removed SET spans = spans + ?1, last = ?2")?
            .execute((spans, self.file.next_span - 1))?;
        self.replaced = true;
        Ok(())
    }
}

fn run(conn: &Connection, statements: &[&str], pk: i64) -> Result<()> {
    statements.iter().try_for_each(|sql| Ok(conn.prepare_cached(sql)?.execute([pk]).map(drop)?))
}
