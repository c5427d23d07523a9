//! What several signals of one session come to: meetings, and spans that were made from other signals.

use quipu_core::{Status, TraceId};

use crate::codec::status_of;
use crate::fault::Result;
use crate::write::tx::DayTx;

impl DayTx<'_> {
    /// Notes that a trace has a span of a meeting.
    pub(crate) fn meet(&mut self, trace_id: TraceId, meeting: Option<i64>) -> Result<()> {
        if meeting.is_none() {
            return Ok(());
        }
        let state = self.state(trace_id)?;
        if state.met == meeting {
            return Ok(());
        }
        state.met = meeting;
        let trace = state.pk;
        self.file
            .conn
            .prepare_cached("INSERT INTO meetings(meeting, tr) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute((meeting, trace))?;
        Ok(())
    }

    /// Takes that back when no span of the trace is of that meeting any more.
    pub(crate) fn part(&mut self, trace_id: TraceId, meeting: Option<i64>) -> Result<()> {
        let state = self.state(trace_id)?;
        state.met = None;
        let trace = state.pk;
        self.file
            .conn
            .prepare_cached(
                "DELETE FROM meetings WHERE meeting = ?1 AND tr = ?2 \
                 AND NOT EXISTS (SELECT 1 FROM spans WHERE tr = ?2 AND meeting = ?1)",
            )?
            .execute((meeting, trace))?;
        Ok(())
    }

    /// Whether a span was made from another signal, and failed; `None` when it was sent as it is, and when sampling left it
    /// out, for then it is not shown whether it counts or not. A trace with no such
    /// span (`made` says how many) needs no look.
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
