//! Removal of the records of a user or session from a day, including the name itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use quipu_core::{Owner, Result, TraceId};

use crate::fault::{self, Fault};
use crate::folder::{Day, Part};
use crate::past::Touched;
use crate::read::owned::DayOwned;
use crate::readers::{DayReader, Words};
use crate::write::forget::BLANK_EVENT;
use crate::write::tx::DayTx;
use crate::write::writer::Writer;

/// Removal of an event, and of a series.
const OF_EVENT: [&str; 2] = ["DELETE FROM event_bodies WHERE pk = ?1", "DELETE FROM events WHERE pk = ?1"];
const OF_SERIES: [&str; 3] = [
    "DELETE FROM points WHERE series = ?1",
    "DELETE FROM exemplars WHERE series = ?1",
    "DELETE FROM series WHERE id = ?1",
];
/// Removal of a resource without references, and of the origins that referred to it.
const OF_SOURCE: [&str; 2] = [
    "DELETE FROM origins WHERE resource = ?1 AND NOT EXISTS (SELECT 1 FROM spans WHERE origin = origins.id)",
    "DELETE FROM sources WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM origins WHERE resource = ?1) \
     AND NOT EXISTS (SELECT 1 FROM events WHERE resource = ?1) AND NOT EXISTS (SELECT 1 FROM series WHERE resource = ?1)",
];
/// Removal of the name, if no row refers to it.
const OF_NAME: &str = "DELETE FROM dims WHERE id = ?1 \
     AND NOT EXISTS (SELECT 1 FROM traces WHERE user = ?1 OR session = ?1) \
     AND NOT EXISTS (SELECT 1 FROM spans WHERE user = ?1 OR session = ?1) \
     AND NOT EXISTS (SELECT 1 FROM events WHERE session = ?1)";

/// A part of an erasure.
#[derive(Debug)]
pub(crate) enum Removal {
    /// Records of a day, including the name.
    Records(Owner, Day, Box<DayOwned>),
    /// The catalog's data of the owner's traces.
    Homes(BTreeSet<TraceId>),
}

impl DayTx<'_> {
    fn forget_owned(&mut self, owned: &DayOwned) -> fault::Result<()> {
        // Another name may get their number.
        self.touched = Touched::All;
        owned.traces.iter().try_for_each(|trace| self.blank(*trace))?;
        for event in &owned.events {
            self.file.conn.prepare_cached(BLANK_EVENT)?.execute([event])?;
        }
        owned.traces.iter().try_for_each(|trace| self.forget(*trace))?;
        let conn = &self.file.conn;
        let run = |statements: &[&str], number: &i64| -> fault::Result<()> {
            statements.iter().try_for_each(|sql| Ok(conn.prepare_cached(sql)?.execute([number]).map(drop)?))
        };
        owned.events.iter().try_for_each(|event| run(&OF_EVENT, event))?;
        owned.series.iter().try_for_each(|series| run(&OF_SERIES, series))?;
        owned.sources.iter().try_for_each(|source| run(&OF_SOURCE, source))?;
        if let Some(dim) = &owned.dim {
            run(&[OF_NAME], dim)?;
            // Names arrive in any order. As the index grew, some were moved to other pages.
            conn.execute_batch("REINDEX dims")?;
        }
        Ok(())
    }
}

impl Writer {
    /// Removes a part of the records found. A day that is missing or damaged by now is left unchanged.
    pub(super) fn forget_owned(&mut self, what: Removal) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let (owner, day, records) = match what {
            Removal::Records(owner, day, records) => (owner, day, records),
            Removal::Homes(traces) => {
                let failed = |fault: Fault| fault.at("forget", &shared.folder.catalog());
                return self.planner.forget_traces(&shared, &traces).map_err(failed);
            }
        };
        if shared.days.get(day).is_none_or(|state| state.damage().is_some()) {
            return Ok(());
        }
        let done = self.forget_owned_in(&owner, day, *records);
        shared.removals.fetch_add(1, Ordering::Release);
        let _ = self.notify.try_send(());
        done.map_err(|fault| fault.at("forget", &shared.folder.file(Part::Data, day)))
    }

    fn forget_owned_in(&mut self, owner: &Owner, day: Day, records: DayOwned) -> fault::Result<()> {
        let shared = Arc::clone(&self.shared);
        self.planner.note_unclean(day)?;
        let file = self.take_file(day, 0)?;
        file.conn.pragma_update(None, "secure_delete", "ON")?;
        let mut tx = DayTx::begin(file, &shared, self.epoch)?;
        let reader = DayReader {
            day,
            conn: &tx.file.conn,
            words: &Words::default(),
            dictionaries: &shared.dictionaries,
        };
        let records = records.still(&reader, owner)?;
        tx.forget_owned(&records)?;
        tx.write(&[])?;
        // The file's cached names and resources are dropped with it. The log must not keep the removed
        // records.
        tx.commit()?.close(&shared, day);
        Ok(())
    }
}
