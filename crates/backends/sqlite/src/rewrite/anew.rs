//! Planned exchange of a day's file, and the new file with all live rows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use quipu_core::Result;

use crate::days::DayState;
use crate::fault;
use crate::folder::{Day, Folder, Part};
use crate::rewrite::beside;
use crate::rewrite::decide::Decision;
use crate::rewrite::leave::write_anew;
use crate::schema::{self, Access, DAY};
use crate::shared::Shared;

/// Page cache of the old file, in KiB.
pub(crate) const CACHE_KIB: u32 = 1_024;

/// A planned exchange of a day's file.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) day: Day,
    /// The new file; `None` if no records remain.
    pub(crate) file: Option<PathBuf>,
    /// The day, with the numbers of its changes and of changes of holds when it was read.
    pub(crate) state: Arc<DayState>,
    pub(crate) version: u64,
    pub(crate) holds: u64,
}

impl Exchange {
    /// Removes the new file.
    pub(crate) fn give_up(&self) {
        if let Some(path) = &self.file {
            beside::remove(path);
        }
    }
}

/// Writes a new file with all live rows of a day, to replace the day's file; `None` if the day is missing or
/// damaged.
pub(crate) fn anew(shared: &Shared, day: Day, yields: bool) -> Result<Option<Exchange>> {
    let path = shared.folder.file(Part::Data, day);
    try_anew(shared, day, yields).map_err(|fault| fault.at("rewrite a day", &path))
}

fn try_anew(shared: &Shared, day: Day, yields: bool) -> fault::Result<Option<Exchange>> {
    let Some(state) = shared.days.get(day).filter(|state| state.damage().is_none()) else {
        return Ok(None);
    };
    // Taken before anything is read, so the exchange detects later writes.
    let (version, holds) = (state.version(), shared.holds.load(Ordering::Acquire));
    let path = shared.folder.file(Part::Data, day);
    let conn = schema::open(&DAY, &path, Access::Read { cache_kib: CACHE_KIB })?;
    let snapshot = conn.unchecked_transaction()?;
    let decision = Decision::keep(&conn)?;
    let file = decision.leaves.then(|| shared.folder.beside(day));
    if let Some(file) = &file {
        write_anew(shared, &conn, &decision, file, yields)?;
    }
    drop(snapshot);
    drop(conn);
    if file.is_some() {
        fold_before(shared, &path);
    }
    Ok(Some(Exchange { day, file, state: Arc::clone(&state), version, holds }))
}

/// Moves the old file's log into it here, so the writer thread has nothing left to move.
pub(crate) fn fold_before(shared: &Shared, path: &Path) {
    let log = &Folder::with_companions(path)[1];
    if std::fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        let access = Access::Write { cache_kib: CACHE_KIB, durability: shared.config.durability };
        // After an error here, the exchange does this work.
        let _ = schema::open(&DAY, path, access).map(|conn| schema::fold(&conn));
    }
}
