//! Exchange of a day's file by a new one, and holds.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use quipu_core::{Hold, Result, TraceId};
use rusqlite::Connection;

use crate::fault::{self, Fault};
use crate::folder::{Day, Folder, Part};
use crate::past::Touched;
use crate::rewrite::{Exchange, anew, beside};
use crate::schema;
use crate::write::writer::Writer;

/// The busy timeout of a writing connection at other times.
const PATIENCE: Duration = Duration::from_secs(5);
/// Limit of the wait for readers of a day that is rewritten, in steps.
const STEPS: usize = 100;
const STEP: Duration = Duration::from_millis(20);

/// Result of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exchanged {
    /// It is done.
    Done,
    /// The day or the holds have changed. The day must be read again.
    Late,
    /// A reader blocks the exchange for a moment.
    Busy,
}

/// Moves a file's write-ahead log into it as far as readers permit, without waiting. Returns whether all of
/// it was moved.
fn is_moved(conn: &Connection) -> fault::Result<bool> {
    conn.busy_timeout(Duration::ZERO)?;
    let busy: bool = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    conn.busy_timeout(PATIENCE)?;
    Ok(!busy)
}

impl Writer {
    /// Exchanges a day's file, or removes the day.
    pub(super) fn exchange(&mut self, exchange: &Exchange) -> Result<Exchanged> {
        let path = self.shared.folder.file(Part::Data, exchange.day);
        let done = self.try_exchange(exchange).map_err(|fault| fault.at("thin a day", &path))?;
        if done == Exchanged::Done {
            let noted = self.planner.note_clean(exchange.day);
            noted.map_err(|fault| fault.at("thin a day", &self.shared.folder.catalog()))?;
            // Cached data of its traces is invalid.
            self.shared.removals.fetch_add(1, Ordering::Release);
            let _ = self.notify.try_send(());
        }
        Ok(done)
    }

    fn try_exchange(&mut self, exchange: &Exchange) -> fault::Result<Exchanged> {
        let Exchange { day, file, state, version, holds } = exchange;
        let shared = Arc::clone(&self.shared);
        let same = shared.days.get(*day).is_some_and(|known| Arc::ptr_eq(&known, state));
        if !same || state.version() != *version || shared.holds.load(Ordering::Acquire) != *holds {
            return Ok(Exchanged::Late);
        }
        let Some(_no_indexer) = state.files.try_write() else { return Ok(Exchanged::Busy) };
        let Some(file) = file else {
            self.remove_day(*day)?;
            return Ok(Exchanged::Done);
        };
        let path = shared.folder.file(Part::Data, *day);
        // Its opening moves the remains of a crash from its log into the file.
        let was_open = self.files.contains(day);
        let open = self.take_file(*day, 0)?;
        let last_span = open.next_span - 1;
        shared.readers.forget(*day, Some(Part::Data));
        if !is_moved(&open.conn)? {
            // A reader has it open. The caller retries, and this thread continues with other requests.
            if was_open {
                self.files.push(*day, open);
            }
            return Ok(Exchanged::Busy);
        }
        drop(open);
        if let Some(log) = beside::filled_log(file) {
            beside::remove(file);
            let what = "the new file is incomplete without it";
            return Err(Fault::Io(std::io::Error::other(format!("{}: {what}", log.display()))));
        }
        let [_, log, index] = Folder::with_companions(&path);
        if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Ok(Exchanged::Busy);
        }
        shared.readers.exchange(*day, || {
            // The log of the old file must never be used as a log of the new one.
            for beside in [log, index] {
                match std::fs::remove_file(&beside) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Fault::from(error));
                    }
                    _ => {}
                }
            }
            // Removed before the exchange, so a crash leaves no index of removed records.
            shared.folder.remove(Part::Text, *day)?;
            Ok(std::fs::rename(file, &path)?)
        })?;
        state.indexed_to(0);
        state.changed(last_span, true, &Touched::All);
        Ok(Exchanged::Done)
    }

    /// Replaces the file of a day that has outgrown its small pages. It does not wait for readers, and an
    /// error changes nothing.
    pub(super) fn enlarge(&mut self, day: Day) {
        match self.try_enlarge(day) {
            Ok(Exchanged::Done) => {}
            Ok(_) => tracing::debug!(%day, "cannot enlarge the pages of a day now"),
            Err(fault) => {
                let error = fault.at("enlarge a day", &self.shared.folder.file(Part::Data, day));
                tracing::warn!(%day, %error, "cannot enlarge the pages of a day");
            }
        }
    }

    fn try_enlarge(&mut self, day: Day) -> fault::Result<Exchanged> {
        let shared = Arc::clone(&self.shared);
        let Some(state) = shared.days.get(day) else { return Ok(Exchanged::Late) };
        let new = schema::making(&shared.folder.file(Part::Data, day));
        schema::clear_away(&new)?;
        let open = self.take_file(day, 0)?;
        let written = open.enlarge_into(&new);
        self.files.push(day, open);
        let (version, holds) = (state.version(), shared.holds.load(Ordering::Acquire));
        let exchange = Exchange { day, file: Some(new.clone()), state, version, holds };
        let done = written.and_then(|()| self.try_exchange(&exchange));
        if !matches!(done, Ok(Exchanged::Done)) {
            schema::clear_away(&new)?;
        }
        done
    }

    /// Rewrites a day while nothing else is written, so it cannot change before the exchange. It waits for
    /// readers.
    pub(super) fn renew(&mut self, day: Day) -> Result<Exchanged> {
        let Some(exchange) = anew(&self.shared, day, false)? else {
            return Ok(Exchanged::Done);
        };
        for _ in 0..STEPS {
            match self.exchange(&exchange)? {
                Exchanged::Busy => std::thread::sleep(STEP),
                done => return Ok(done),
            }
        }
        exchange.give_up();
        Ok(Exchanged::Busy)
    }

    /// Removes both files of a day, and its data in memory.
    pub(super) fn remove_day(&mut self, day: Day) -> fault::Result<()> {
        self.files.pop(&day);
        self.planner.forget(&self.shared, day)?;
        self.shared.days.remove(day);
        self.shared.readers.forget(day, None);
        self.shared.folder.remove(Part::Text, day)?;
        Ok(self.shared.folder.remove(Part::Data, day)?)
    }

    /// Adds and releases holds.
    pub(super) fn hold(&mut self, holds: &[Hold], released: &[TraceId]) -> Result<u64> {
        let done = self.planner.hold(holds, released);
        let changed = done.map_err(|fault| fault.at("hold traces", &self.shared.folder.catalog()))?;
        if changed > 0 {
            self.shared.holds.fetch_add(1, Ordering::Release);
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Access, DAY};

    #[test]
    fn nobody_who_reads_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.db");
        let access = Access::Write { cache_kib: 256, durability: crate::Durability::default() };
        let mut conn = schema::open(&DAY, &path, access).unwrap();
        let reader = schema::open(&DAY, &path, Access::Read { cache_kib: 256 }).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM removed").unwrap();
        conn.execute("INSERT INTO dims(kind, text) VALUES (0, 'new')", []).unwrap();
        // A busy handler that is never called, because the attempt ends at once.
        static CALLED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        conn.busy_handler(Some(|_| {
            CALLED.fetch_add(1, Ordering::Relaxed);
            false
        }))
        .unwrap();
        assert!(!is_moved(&conn).unwrap());
        assert_eq!(CALLED.load(Ordering::Relaxed), 0);
        let patience: i64 = conn.query_row("PRAGMA busy_timeout", [], |row| row.get(0)).unwrap();
        assert_eq!(u128::try_from(patience).unwrap(), PATIENCE.as_millis());
        drop(reader);
        assert!(is_moved(&conn).unwrap());
        let [_, log, _] = Folder::with_companions(&path);
        assert_eq!(std::fs::metadata(log).unwrap().len(), 0);
    }
}
