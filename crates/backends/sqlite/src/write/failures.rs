//! Failures counted where they began: a failed span that another failed span lies below is an echo of it.

use rusqlite::{Connection, OptionalExtension};

use crate::codec::{SpanFacts, status_number};
use crate::fault::Result;
use crate::write::traces::TraceState;
use quipu_core::Status;

/// Counts the echoes of a trace anew.
const COUNT: &str = "SELECT COUNT(*) FROM spans s WHERE s.tr = ?1 AND s.status = 2 AND s.below = 1 AND (s.signal = 0 OR \
     (s.signal < 8 AND EXISTS (SELECT 1 FROM calls c WHERE c.pk = s.pk AND c.marks & 16 != 0)))";
const CLEAR: &str = "UPDATE spans SET below = 0 WHERE tr = ?1 AND below = 1";
const MARK: &str = "WITH RECURSIVE up(id) AS (\
     SELECT parent FROM spans WHERE tr = ?1 AND status = 2 AND signal = 0 AND parent IS NOT NULL AND parent != id \
     UNION SELECT s.parent FROM up JOIN spans s ON s.tr = ?1 AND s.id = up.id WHERE s.parent IS NOT NULL AND s.parent != s.id) \
     UPDATE spans SET below = 1 WHERE tr = ?1 AND id IN (SELECT id FROM up)";
const HAS_BELOW: &str = "SELECT 1 FROM spans INDEXED BY spans_below WHERE tr = ?1 AND parent = ?2 AND id != ?2 \
     AND (below = 1 OR (status = 2 AND signal = 0)) LIMIT 1";

impl TraceState {
    /// Updates the marks of failures after a span was added. The span may have failed, or connect two failed
    /// spans.
    pub(crate) fn place_failure(
        &mut self,
        conn: &Connection,
        span: &SpanFacts,
        parent: Option<i64>,
    ) -> Result<()> {
        // The errors include every failed span that was sent as a span.
        if self.picks.errors == 0 {
            return Ok(());
        }
        if conn.prepare_cached(HAS_BELOW)?.exists([self.pk, span.id])? {
            return self.mark_upwards(conn, Some(span.id), None);
        }
        if span.status == Status::Error && !span.made {
            return self.mark_upwards(conn, parent, Some(span.id));
        }
        Ok(())
    }

    /// Marks spans from this one to the root, up to one that is marked already. Each span is marked once.
    fn mark_upwards(&mut self, conn: &Connection, first: Option<i64>, below: Option<i64>) -> Result<()> {
        let (mut next, mut last) = (first, below);
        while let Some(id) = next.filter(|id| last != Some(*id)) {
            let mut look = conn.prepare_cached(
                "SELECT pk, parent, status, signal FROM spans WHERE tr = ?1 AND id = ?2 AND below = 0",
            )?;
            let found = look
                .query_row((self.pk, id), |row| {
                    Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?))
                })
                .optional()?;
            let Some((pk, parent, status, signal)) = found else { break };
            conn.prepare_cached("UPDATE spans SET below = 1 WHERE pk = ?1")?.execute([pk])?;
            if status == status_number(Status::Error) {
                // Whether one that was made from another signal is among the errors, its ledger row says.
                self.recount |= signal != 0;
                self.echoes += 1;
            }
            (next, last) = (parent, Some(id));
        }
        Ok(())
    }

    /// Marks all spans of the trace anew.
    pub(crate) fn recount(&mut self, conn: &Connection) -> Result<()> {
        conn.prepare_cached(CLEAR)?.execute([self.pk])?;
        conn.prepare_cached(MARK)?.execute([self.pk])?;
        self.echoes = conn.prepare_cached(COUNT)?.query_row([self.pk], |row| row.get(0))?;
        Ok(())
    }
}
