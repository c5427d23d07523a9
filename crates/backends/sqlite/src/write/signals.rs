//! Meetings of a session's signals, and spans made from other signals.

use quipu_core::{Status, TraceId};

use crate::codec::status_of;
use crate::fault::Result;
use crate::write::tx::DayTx;

/// Most rows of the table of the latest meetings: 20 pages. With more of them, a transaction changes more
/// pages; with fewer, they move to the large table more often.
const MOST_LATEST: i64 = 8_192;

impl DayTx<'_> {
    /// Notes that a trace has a span of these meetings.
    pub(crate) fn meet(&mut self, trace_id: TraceId, meetings: [Option<i64>; 2]) -> Result<()> {
        for (at, meeting) in meetings.into_iter().enumerate() {
            let Some(meeting) = meeting else { continue };
            let state = self.state(trace_id)?;
            if state.met[at].replace(meeting) == Some(meeting) {
                continue;
            }
            let trace = state.pk;
            self.shared.will_meet(meeting, self.file.day);
            self.met.push((meeting, trace));
        }
        Ok(())
    }

    /// Inserts the noted meetings in the order of their keys. The keys are hashes, so other orders read and
    /// change a page for almost each row.
    pub(crate) fn note_meetings(&mut self) -> Result<()> {
        if self.met.is_empty() {
            return Ok(());
        }
        let conn = &self.file.conn;
        let mut insert = conn.prepare_cached(
            "INSERT INTO latest_meetings(meeting, tr) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?;
        self.met.sort_unstable();
        for pair in self.met.drain(..) {
            insert.execute(pair)?;
        }
        let mut count = conn.prepare_cached("SELECT COUNT(*) FROM latest_meetings")?;
        if count.query_row([], |row| row.get::<_, i64>(0))? > MOST_LATEST {
            conn.execute_batch(
                "INSERT INTO meetings SELECT meeting, tr FROM latest_meetings WHERE true ORDER BY meeting, tr \
                 ON CONFLICT DO NOTHING; DELETE FROM latest_meetings",
            )?;
        }
        Ok(())
    }

    /// Removes that note if no span of the trace is of that meeting any more.
    pub(crate) fn part(&mut self, trace_id: TraceId, meeting: i64) -> Result<()> {
        self.note_meetings()?;
        let state = self.state(trace_id)?;
        state.met = [None; 2];
        let trace = state.pk;
        for table in ["meetings", "latest_meetings"] {
            let sql = format!(
                "DELETE FROM {table} WHERE meeting = ?1 AND tr = ?2 \
                 AND NOT EXISTS (SELECT 1 FROM spans WHERE tr = ?2 AND (meeting = ?1 OR moment = ?1))"
            );
            self.file.conn.prepare_cached(&sql)?.execute((meeting, trace))?;
        }
        Ok(())
    }

    /// Whether a span was made from another signal, and failed. `None` for a span that was sent itself. Also
    /// `None` for an unsampled span, which is hidden whether it counts or not. A trace without such spans
    /// (`made` is their number) needs no look-up.
    pub(crate) fn made(&self, made: i64, pk: i64) -> Result<Option<bool>> {
        if made == 0 {
            return Ok(None);
        }
        let mut look = self
            .file
            .conn
            .prepare_cached("SELECT signal BETWEEN 1 AND 7, status FROM spans WHERE pk = ?1")?;
        let (made, status) = look.query_row([pk], |row| Ok((row.get::<_, bool>(0)?, row.get(1)?)))?;
        Ok(made.then(|| status_of(status) == Status::Error))
    }
}
