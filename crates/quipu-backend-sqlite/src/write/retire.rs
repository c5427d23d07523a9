//! The moment in which a day's new file takes the place of the old one, and holds.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use quipu_core::{Hold, Result, TraceId};
use rusqlite::Connection;

use crate::days::DayState;
use crate::fault::{self, Fault};
use crate::folder::{Day, Folder, Part};
use crate::past::Touched;
use crate::retire::beside;
use crate::schema;
use crate::write::writer::Writer;

/// What a connection for writing has of it otherwise.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long, in steps, those are waited for who read a day that is written anew.
const STEPS: usize = 100;
const STEP: Duration = Duration::from_millis(20);

/// A day that is to be another.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) day: Day,
    /// What is left of it; `None` when nothing is.
    pub(crate) file: Option<PathBuf>,
    /// The day, and how often it and the holds had changed, when it was read.
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

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exchanged {
    /// It is done.
    Done,
    /// The day or the holds have changed: it has to be read again.
    Late,
    /// Somebody is in the way, for a moment.
    Busy,
}

/// Moves what is in a file's write-ahead log into it, as far as nobody reads it, and waits for nobody; whether all of it is moved.
fn is_moved(conn: &Connection) -> fault::Result<bool> {
    conn.busy_timeout(Duration::ZERO)?;
    let busy: bool = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    conn.busy_timeout(PATIENCE)?;
    Ok(!busy)
}

impl Writer {
    /// Exchanges a day, or removes it.
    pub(super) fn exchange(&mut self, exchange: &Exchange) -> Result<Exchanged> {
        let path = self.shared.folder.file(Part::Data, exchange.day);
        let done = self.try_exchange(exchange).map_err(|fault| fault.at("thin a day", &path))?;
        if done == Exchanged::Done {
            let noted = self.planner.note_clean(exchange.day);
            noted.map_err(|fault| fault.at("thin a day", &self.shared.folder.catalog()))?;
            // What was remembered of its traces holds no more.
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
        // Opening it moves what a crash may have left in its log into the file.
        let was_open = self.files.contains(day);
        let open = self.take_file(*day, 0)?;
        let last_span = open.next_span - 1;
        shared.readers.forget(*day, Some(Part::Data));
        if !is_moved(&open.conn)? {
            // Somebody reads it: whoever asked comes again, and this thread writes what others wait for.
            if was_open {
                self.files.push(*day, open);
            }
            return Ok(Exchanged::Busy);
        }
        drop(open);
        if let Some(log) = beside::filled_log(file) {
            beside::remove(file);
            let what = "the new file is not whole without it";
            return Err(Fault::Io(std::io::Error::other(format!("{}: {what}", log.display()))));
        }
        let [_, log, index] = Folder::with_companions(&path);
        if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Ok(Exchanged::Busy);
        }
        shared.readers.exchange(*day, || {
            // The log of the old file must never be taken for one of the new.
            for beside in [log, index] {
                match std::fs::remove_file(&beside) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Fault::from(error));
                    }
                    _ => {}
                }
            }
            // Before the exchange, so that a crash leaves no index of what is gone.
            shared.folder.remove(Part::Text, *day)?;
            Ok(std::fs::rename(file, &path)?)
        })?;
        state.indexed_to(0);
        state.changed(last_span, true, &Touched::All);
        Ok(Exchanged::Done)
    }

    /// Gives a day that has outgrown its small pages a file with larger ones. A reader in the way is not waited for, and what fails here
    /// changes nothing.
    pub(super) fn enlarge(&mut self, day: Day) {
        match self.try_enlarge(day) {
            Ok(Exchanged::Done) => {}
            Ok(_) => tracing::debug!(%day, "a day keeps its small pages for now"),
            Err(fault) => {
                let error = fault.at("enlarge a day", &self.shared.folder.file(Part::Data, day));
                tracing::warn!(%day, %error, "a day keeps its small pages");
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

    /// Writes a day anew while nothing else is written: it can be no other when the files are exchanged. Who reads it is waited for.
    pub(super) fn renew(&mut self, day: Day) -> Result<Exchanged> {
        let Some(exchange) = crate::retire::anew(&self.shared, day, false)? else {
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

    /// Removes both files of a day, and what is known of it.
    pub(super) fn remove_day(&mut self, day: Day) -> fault::Result<()> {
        self.files.pop(&day);
        self.planner.forget(&self.shared, day)?;
        self.shared.days.remove(day);
        self.shared.readers.forget(day, None);
        self.shared.folder.remove(Part::Text, day)?;
        Ok(self.shared.folder.remove(Part::Data, day)?)
    }

    /// Holds traces, and releases others.
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
        // Nothing that would be called while it is busy: it gives up at once.
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
