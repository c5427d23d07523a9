//! Indexer thread: updates full text, closes idle connections, and starts the training of dictionaries.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use crate::config::Durability;
use crate::fault::{Fault, Result};
use crate::folder::{Day, Part};
use crate::schema::{self, Access, TEXT};
use crate::search::source::{STEP, Trouble, changed, each_text};
use crate::search::text::TextMaker;
use crate::search::train::Trainer;
use crate::shared::Shared;

/// Number of steps on one day before the next day's turn.
const STEPS_A_DAY: usize = 2;
/// Bytes of words that SQLite collects before it writes a segment; enough for a transaction.
const GATHER_BYTES: u32 = 4 << 20;
/// Number of spans from which on an index is optimised.
const WORTH_TIDYING: i64 = 500;
/// Pages written by one step of that.
const MERGE_PAGES: i64 = 500;
/// Interval of checks without news.
const TICK: Duration = Duration::from_secs(5);
/// Idle time after which a connection is closed.
const IDLE: Duration = Duration::from_secs(30);

/// Time without a query after which the cache of a day is dropped.
const UNASKED: Duration = Duration::from_secs(300);

/// State of the thread.
pub(crate) struct Indexer {
    shared: Arc<Shared>,
    /// The last written index.
    open: Option<(Day, Connection)>,
    trainer: Trainer,
    maker: TextMaker,
    /// The last span of each day's index at its last optimisation.
    tidied: HashMap<Day, i64>,
}

impl Indexer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let (trainer, maker) = (Trainer::default(), TextMaker::default());
        Self { shared, open: None, trainer, maker, tidied: HashMap::new() }
    }

    /// Runs until the writer ends or the store closes.
    pub(crate) fn run(mut self, news: &Receiver<()>) {
        self.look_around();
        loop {
            self.trainer.look(&self.shared);
            while self.shared.config.search && !self.stopping() && self.one_round() {}
            if self.stopping() {
                break;
            }
            self.shared.readers.trim(IDLE);
            self.shared.days.trim(UNASKED);
            match news.recv_timeout(TICK) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => self.close(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.close();
        self.trainer.finish();
    }

    /// Closes the open index, with its write-ahead log moved into the file.
    fn close(&mut self) {
        let Some((day, conn)) = self.open.take() else { return };
        if let Err(fault) = self.tidy(day, &conn) {
            let path = self.shared.folder.file(Part::Text, day);
            tracing::debug!(error = %fault.at("index", &path), "cannot merge the segments of an index");
        }
        self.shared.readers.forget(day, Some(Part::Text));
        schema::fold(&conn);
    }

    /// Merges the segments of an index that is up to date and has grown by half, and releases free pages. A
    /// word is then stored once, and not once per segment.
    fn tidy(&mut self, day: Day, conn: &Connection) -> Result<()> {
        let Some(state) = self.shared.days.get(day).filter(|state| state.lag_spans() == 0) else {
            return Ok(());
        };
        let upto = state.indexed.load(Ordering::Acquire);
        let last = self.tidied.get(&day).copied().unwrap_or(0);
        if upto < last + last / 2 + WORTH_TIDYING {
            return Ok(());
        }
        let mut merge = conn.prepare("INSERT INTO words(words, rank) VALUES ('merge', ?1)")?;
        // A negative number starts the merge of all segments, a positive one continues it.
        let mut pages = -MERGE_PAGES;
        while !self.stopping() {
            let before = conn.total_changes();
            merge.execute([pages])?;
            pages = MERGE_PAGES;
            if conn.total_changes() - before < 2 {
                self.tidied.insert(day, upto);
                break;
            }
        }
        // The pragma releases one page per returned row.
        let mut vacuum = conn.prepare("PRAGMA incremental_vacuum")?;
        let mut pages = vacuum.query([])?;
        while pages.next()?.is_some() {}
        Ok(())
    }

    fn stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::Acquire)
    }

    /// Reads the progress of each day.
    fn look_around(&self) {
        for day in self.shared.days.sound() {
            let Some(state) = self.shared.days.get(day) else { continue };
            let last = self.shared.ask(day, |reader| {
                Ok(reader.conn.query_row("SELECT COALESCE(MAX(pk), 0) FROM spans", [], |row| row.get(0))?)
            });
            if let Ok(Some(last)) = last {
                state.found(last);
            }
            let upto = self.shared.folder.file(Part::Text, day).exists().then(|| {
                self.shared.readers.with(Part::Text, day, |text| {
                    Ok(text.query_row("SELECT upto FROM state", [], |row| row.get(0))?)
                })
            });
            if let Some(Ok(upto)) = upto {
                state.indexed_to(upto);
            }
            state.again.store(true, Ordering::Release);
            self.shared.readers.forget(day, None);
        }
    }

    /// Runs a step on each lagging day, newest first. `false` if there was nothing to do.
    fn one_round(&mut self) -> bool {
        let mut worked = false;
        for day in self.shared.days.sound() {
            let Some(state) = self.shared.days.get(day) else { continue };
            if self.stopping() || (state.lag_spans() == 0 && !state.again.swap(false, Ordering::AcqRel)) {
                continue;
            }
            let began = Instant::now();
            match self.steps(day) {
                Ok(more) => worked |= more,
                Err(trouble) => worked |= self.failed(day, trouble),
            }
            self.trainer.look(&self.shared);
            if self.shared.waiting.load(Ordering::Relaxed) > 0 {
                // Search may lag, but writes must not.
                std::thread::sleep(began.elapsed());
            }
        }
        worked
    }

    /// Logs an error, and removes a damaged index, so it is rebuilt from the day. `true` if there is an index
    /// to rebuild.
    fn failed(&mut self, day: Day, trouble: Trouble) -> bool {
        self.open = None;
        if let Some(state) = self.shared.days.get(day) {
            state.again.store(true, Ordering::Release);
        }
        let damaged = match trouble {
            Trouble::Day(error) => {
                tracing::warn!(%day, %error, "a day cannot be read for its full text");
                false
            }
            Trouble::Text(fault) => {
                let path = self.shared.folder.file(Part::Text, day);
                let damaged = fault.kind() == quipu_core::ErrorKind::Damaged;
                tracing::warn!(%day, error = %fault.at("index", &path), "full text of a day cannot be written");
                damaged
            }
        };
        if damaged {
            self.remove(day);
        }
        std::thread::sleep(Duration::from_millis(200));
        damaged
    }

    fn remove(&self, day: Day) {
        self.shared.readers.forget(day, Some(Part::Text));
        if let Err(error) = self.shared.folder.remove(Part::Text, day) {
            tracing::warn!(%day, %error, "a damaged full text index cannot be removed");
        }
        if let Some(state) = self.shared.days.get(day) {
            state.indexed_to(0);
        }
    }

    fn text(&mut self, day: Day) -> Result<&Connection> {
        let path = self.shared.folder.file(Part::Text, day);
        let known = self.open.as_ref().is_some_and(|(open, _)| *open == day) && path.exists();
        if !known {
            self.close();
            let config = &self.shared.config;
            // It is built from durable data, and can be rebuilt.
            let access = Access::Write { cache_kib: config.write_cache_kib, durability: Durability::Os };
            let page_bytes = self.shared.readers.with(Part::Data, day, |data| {
                Ok(data.query_row("PRAGMA page_size", [], |row| row.get(0))?)
            })?;
            let conn = schema::open_sized(&TEXT, &path, access, page_bytes)?;
            // Nothing is written if the value is unchanged. Otherwise the row would change with each opening.
            conn.execute(
                "INSERT INTO words(words, rank) SELECT 'hashsize', ?1 WHERE NOT EXISTS (SELECT 1 FROM words_config WHERE k = 'hashsize' AND v = ?1)",
                [GATHER_BYTES],
            )?;
            self.open = Some((day, conn));
        }
        self.open.as_ref().map(|(_, conn)| conn).ok_or(Fault::Damaged("no index is open"))
    }

    /// Runs several steps on a day with much lag, because each change of the day costs an open and a close.
    fn steps(&mut self, day: Day) -> Result<bool, Trouble> {
        let mut worked = false;
        for _ in 0..STEPS_A_DAY {
            let more = self.step(day)?;
            worked |= more;
            let lags = self.shared.days.get(day).is_some_and(|state| state.lag_spans() > 0);
            if !more || !lags || self.stopping() {
                break;
            }
        }
        Ok(worked)
    }

    /// Indexes some spans of a day; `true` if it made progress.
    fn step(&mut self, day: Day) -> Result<bool, Trouble> {
        let shared = Arc::clone(&self.shared);
        let Some(state) = shared.days.get(day) else { return Ok(false) };
        let _same_files = state.files.read();
        if !shared.days.get(day).is_some_and(|known| Arc::ptr_eq(&known, &state)) {
            return Ok(false);
        }
        self.text(day)?;
        let Self { open: Some((_, text)), maker, .. } = self else { return Ok(false) };
        let committed = state.committed();
        let (upto, again): (i64, i64) =
            text.query_row("SELECT upto, again FROM state", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        // The list of replaced and removed spans is read before the new spans. A span replaced in between is
        // on the list the next time. In the reverse order, its entry would be skipped as that of a new span,
        // although its old text was read already.
        let Some(changed) = changed(&shared, day, upto, again)? else { return Ok(false) };
        let tx = text.unchecked_transaction()?;
        let (mut last, mut whole) = (upto, true);
        {
            let mut add = tx.prepare_cached("INSERT INTO words(rowid, text) VALUES (?1, ?2)")?;
            let mut drop = tx.prepare_cached("DELETE FROM words WHERE rowid = ?1")?;
            for pk in &changed.spans {
                drop.execute([pk])?;
                whole &= each_text(&shared, maker, day, "s.pk = ?1 AND ?2 = 0", [*pk, 0], |pk, words| {
                    Ok(words.map_or(Ok(0), |words| add.execute((pk, words))).map(|_| ())?)
                })?;
            }
            let later = "s.pk > ?1 ORDER BY s.pk LIMIT ?2";
            whole &= each_text(&shared, maker, day, later, [upto, STEP], |pk, words| {
                last = pk;
                Ok(words.map_or(Ok(0), |words| add.execute((pk, words))).map(|_| ())?)
            })?;
        }
        if !whole {
            return Ok(false);
        }
        if last == upto && changed.last == again {
            state.agreed(upto, committed);
            return Ok(false);
        }
        tx.execute("UPDATE state SET upto = ?1, again = ?2", [last, changed.last])?;
        tx.commit()?;
        state.indexed_to(last);
        state.again.fetch_or(changed.more, Ordering::AcqRel);
        Ok(true)
    }
}
