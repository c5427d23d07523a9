//! Moves parts of traces from one day to another.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use quipu_core::{Result, TraceId};
use rusqlite::OptionalExtension;

use crate::catalog::NOTE_STRAY;
use crate::fault;
use crate::folder::{Day, Part};
use crate::past::Touched;
use crate::write::conflicts::Carried;
use crate::write::plan::Share;
use crate::write::prepare::Prepared;
use crate::write::tx::DayTx;
use crate::write::writer::Writer;

/// The spans and ledger rows of some traces in `from`, to be moved to `home`.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) prepared: Prepared,
    /// Rejected versions of the spans.
    pub(crate) conflicts: Vec<Carried>,
    pub(crate) traces: Vec<TraceId>,
    pub(crate) from: Day,
    pub(crate) home: Day,
}

impl DayTx<'_> {
    /// Removes the spans of a trace from the day. Its events stay, because they are stored by their own time.
    fn leave(&mut self, trace: TraceId) -> fault::Result<()> {
        self.touched = Touched::All;
        let mut look = self.file.conn.prepare_cached("SELECT pk FROM traces WHERE trace = ?1")?;
        let pk: Option<i64> = look.query_row([trace.as_bytes()], |row| row.get(0)).optional()?;
        drop(look);
        let Some(pk) = pk else { return Ok(()) };
        self.take_back(pk)?;
        self.forget_spans(pk)
    }
}

impl Writer {
    /// Writes the parts to their home, and removes them from the other day after the commit.
    pub(super) fn move_parts(&mut self, gathered: &Gathered) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let Gathered { traces, from, home, .. } = gathered;
        let done = self.try_gather(gathered);
        self.planner.forget_homes(&shared, traces);
        shared.removals.fetch_add(1, Ordering::Release);
        let _ = self.notify.try_send(());
        let path = |day| shared.folder.file(Part::Data, day);
        done.map_err(|(day, fault)| fault.at("gather traces", &day.map_or(path(*home), |()| path(*from))))
    }

    /// Stores rejected versions next to their spans, in the days of their traces.
    pub(super) fn keep_conflicts(&mut self, carried: &[Carried]) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let traces: Vec<TraceId> = carried.iter().map(|(trace, ..)| *trace).collect();
        let days: BTreeSet<Day> = shared.days_of(&traces)?.into_values().flatten().collect();
        for day in days {
            let mut keep = || -> fault::Result<()> {
                let mut tx = DayTx::begin(self.take_file(day, 0)?, &shared, self.epoch)?;
                tx.keep_conflicts(carried)?;
                tx.write(&[])?;
                tx.commit()?.close(&shared, day);
                Ok(())
            };
            keep().map_err(|fault| fault.at("write conflicts", &shared.folder.file(Part::Data, day)))?;
        }
        Ok(())
    }

    fn try_gather(&mut self, gathered: &Gathered) -> std::result::Result<(), (Option<()>, fault::Fault)> {
        let shared = Arc::clone(&self.shared);
        let Gathered { prepared, conflicts, traces, from, home } = gathered;
        self.planner.note_homes(traces, *home).map_err(|fault| (None, fault))?;
        traces.iter().for_each(|trace| shared.will_hold(*trace, *home));
        let share = Share {
            spans: (0..prepared.batch.spans.len()).collect(),
            costs: (0..prepared.batch.costs.len()).collect(),
            ..Share::default()
        };
        let mut arrive = || -> fault::Result<()> {
            let mut tx = DayTx::begin(self.take_file(*home, prepared.batch.len())?, &shared, self.epoch)?;
            tx.write(&[(prepared, &share)])?;
            tx.keep_conflicts(conflicts)?;
            tx.commit()?.close(&shared, *home);
            Ok(())
        };
        arrive().map_err(|fault| (None, fault))?;
        let mut leave = || -> fault::Result<()> {
            let mut tx = DayTx::begin(self.take_file(*from, 0)?, &shared, self.epoch)?;
            traces.iter().try_for_each(|trace| tx.leave(*trace))?;
            tx.write(&[])?;
            tx.commit()?.close(&shared, *from);
            Ok(())
        };
        leave().map_err(|fault| (Some(()), fault))
    }
}

impl super::plan::Planner {
    /// Notes the home of traces with spans of other days.
    fn note_homes(&mut self, traces: &[TraceId], home: Day) -> fault::Result<()> {
        let tx = self.catalog.transaction()?;
        for trace in traces {
            tx.prepare_cached(NOTE_STRAY)?.execute((trace.as_bytes(), home.0))?;
        }
        Ok(tx.commit()?)
    }
}
