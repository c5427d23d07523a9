//! One transaction on one day: all records of a group of batches for that day, or nothing.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Instant;

use quipu_core::{Conflicts, TraceId};

use crate::codec::{header, plain};
use crate::fault::{Fault, Result};
use crate::past::{Touched, hour_of};
use crate::rollups::Rollups;
use crate::shared::Shared;
use crate::write::day::DayFile;
use crate::write::plan::Share;
use crate::write::prepare::Prepared;
use crate::write::traces::TraceState;

/// An open transaction.
pub(crate) struct DayTx<'s> {
    pub(crate) file: DayFile,
    pub(crate) shared: &'s Shared,
    /// Number of this opening of the store.
    pub(crate) epoch: u64,
    pub(crate) rollups: Rollups,
    /// Spans of this batch, by trace and id.
    pub(crate) fresh: HashMap<(i64, i64), i64>,
    /// Whether a stored span was replaced.
    pub(crate) replaced: bool,
    /// Rejected versions.
    pub(crate) conflicts: Conflicts,
    /// Whether bodies are written without the dictionary.
    plain: bool,
    /// The hours in which the sums of calls change.
    pub(crate) touched: Touched,
    traces: HashMap<TraceId, TraceState>,
    /// Meetings of traces that are not in the table yet.
    pub(crate) met: Vec<(i64, i64)>,
}

impl<'s> DayTx<'s> {
    /// Begins the transaction.
    pub(crate) fn begin(mut file: DayFile, shared: &'s Shared, epoch: u64) -> Result<Self> {
        file.begin(shared)?;
        let touched = Touched::none(file.state.past.watched());
        Ok(DayTx {
            file,
            shared,
            epoch,
            rollups: Rollups::default(),
            fresh: HashMap::new(),
            replaced: false,
            conflicts: Conflicts::default(),
            plain: false,
            touched,
            traces: HashMap::new(),
            met: Vec::new(),
        })
    }

    /// Writes all shares and the resulting sums. Only the commit remains.
    pub(crate) fn write(&mut self, shares: &[(&Prepared, &Share)]) -> Result<()> {
        shares.iter().try_for_each(|(prepared, share)| self.apply(prepared, share))?;
        self.note_meetings()?;
        for (trace, mut state) in std::mem::take(&mut self.traces) {
            state.settle(&self.file.conn)?;
            if state.renamed() {
                self.touch_calls(state.pk)?;
            }
            state.save(&self.file.conn, trace)?;
        }
        std::mem::take(&mut self.rollups).save(&self.file.conn)
    }

    /// Ends the transaction. Its writes are durable when this returns. A drop instead rolls back everything,
    /// including the file's caches.
    pub(crate) fn commit(mut self) -> Result<DayFile> {
        self.file.commit()?;
        if self.conflicts.versions > 0 {
            self.shared.conflicts.lock().append(&mut self.conflicts);
        }
        self.file.used = Instant::now();
        self.file.state.changed(self.file.next_span - 1, self.replaced, &self.touched);
        Ok(self.file)
    }

    /// Notes that the calls of a trace have another user, session, project, revision or branch.
    fn touch_calls(&mut self, trace: i64) -> Result<()> {
        let Touched::Hours(_) = self.touched else { return Ok(()) };
        let mut look = self.file.conn.prepare_cached(
            "SELECT MIN(c.time), MAX(c.time) FROM spans s CROSS JOIN calls c ON c.pk = s.pk WHERE s.tr = ?1",
        )?;
        let times: (Option<i64>, Option<i64>) =
            look.query_row([trace], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if let (Some(first), Some(last)) = times {
            self.touched.hours(hour_of(first), hour_of(last));
        }
        Ok(())
    }

    fn apply(&mut self, prepared: &Prepared, share: &Share) -> Result<()> {
        self.file.grows(share.len());
        if !(share.spans.is_empty() && share.events.is_empty()) {
            let dictionary = &prepared.records.dictionary;
            self.plain = self.file.stays_plain(dictionary, share.body_bytes(&prepared.records));
            if !self.plain {
                self.file.keep_dictionary(dictionary)?;
            }
        }
        self.fresh.clear();
        share.spans.iter().try_for_each(|at| self.put_span(prepared, *at))?;
        share.costs.iter().try_for_each(|at| self.put_cost(&prepared.batch.costs[*at]))?;
        share.events.iter().try_for_each(|at| self.put_event(prepared, *at))?;
        share.points.iter().try_for_each(|at| self.put_point(prepared, *at))
    }

    /// A packed body in the form for this file.
    pub(crate) fn body<'b>(&self, packed: &'b [u8]) -> Result<Cow<'b, [u8]>> {
        if !self.plain || header(packed)?.dictionary.is_none() {
            return Ok(Cow::Borrowed(packed));
        }
        let missing = |_| Err(Fault::Damaged("a dictionary is missing"));
        Ok(Cow::Owned(plain(&self.shared.dictionaries.unpack(packed, missing)?)))
    }

    /// The number of a trace in the day.
    pub(crate) fn known_trace(&mut self, trace: TraceId) -> Result<Option<i64>> {
        if let Some(state) = self.traces.get(&trace) {
            return Ok(Some(state.pk));
        }
        let Some(state) = TraceState::load(&self.file.conn, trace)? else {
            return Ok(None);
        };
        let pk = state.pk;
        self.traces.insert(trace, state);
        Ok(Some(pk))
    }

    /// The number of a trace. A new trace gets a number.
    pub(crate) fn trace_or_new(&mut self, trace: TraceId) -> Result<i64> {
        if let Some(pk) = self.known_trace(trace)? {
            return Ok(pk);
        }
        let pk = self.file.next_trace;
        self.file.next_trace += 1;
        self.traces.insert(trace, TraceState { pk, is_new: true, ..TraceState::default() });
        Ok(pk)
    }

    /// The state of a trace that was looked up before.
    pub(crate) fn state(&mut self, trace: TraceId) -> Result<&mut TraceState> {
        self.traces.get_mut(&trace).ok_or(Fault::Damaged("a trace was not looked up"))
    }

    /// The state of a trace, and the file that it is in.
    pub(crate) fn state_in_file(&mut self, trace: TraceId) -> Result<(&mut TraceState, &DayFile)> {
        let state = self.traces.get_mut(&trace).ok_or(Fault::Damaged("a trace was not looked up"))?;
        Ok((state, &self.file))
    }
}
