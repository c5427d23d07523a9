//! State shared by the writer, the indexer and the readers.

mod digests;
mod presence;
mod proof;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use lru::LruCache;
use quipu_core::locks::Mutex;
use quipu_core::{Conflicts, Health, Meeting, Result, TraceId};
use rusqlite::Connection;

use crate::bounds::Bounds;
use crate::catalog;
use crate::codec::{Dictionaries, Dictionary};
use crate::config::Config;
use crate::days::Days;
use crate::digest::Digests;
use crate::fault::{self, Fault};
use crate::folder::{Day, Folder, Part};
use crate::listed;
use crate::readers::{DayReader, Readers};
use crate::trips::Trips;
use crate::words::Tokenizer;
use presence::Presence;

pub(crate) use proof::Proof;

/// Number of days from which two threads answer faster than one.
const DAYS_WORTH_A_THREAD: usize = 4;

/// The store's state in memory.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) folder: Folder,
    pub(crate) read_only: bool,
    pub(crate) days: Days,
    pub(crate) dictionaries: Arc<Dictionaries>,
    pub(crate) readers: Readers,
    /// The error of the last write, until one succeeds.
    pub(crate) trouble: Mutex<Option<String>>,
    /// Batches that wait for the writer.
    pub(crate) waiting: AtomicUsize,
    /// The store is closing.
    pub(crate) stopping: AtomicBool,
    pub(crate) tokenizer: Tokenizer,
    /// Home days of recently written traces.
    pub(crate) homes: Mutex<Homes>,
    /// Filters of the traces of each day.
    pub(crate) presence: Mutex<Presence>,
    /// Whether the catalog may list meetings with spans of other days.
    pub(crate) has_stray_meetings: AtomicBool,
    /// Digests of closed days.
    pub(crate) digests: Digests,
    /// Number of removals of traces.
    pub(crate) removals: AtomicU64,
    /// Rejected versions of spans since they were last returned.
    pub(crate) conflicts: Mutex<Conflicts>,
    /// Number of changes of holds.
    pub(crate) holds: AtomicU64,
    /// Locked during a retention run.
    pub(crate) retiring: tokio::sync::Mutex<Unexpired>,
    catalog: Mutex<Option<Connection>>,
    /// Limit on the pages of a day's file; 0 for none. Simulates a full disk.
    pub(crate) page_limit: AtomicU32,
    pub(crate) trips: Trips,
}

/// Days without expired records, with a hash of the state of file, holds and rules.
#[derive(Debug, Default)]
pub(crate) struct Unexpired(pub(crate) HashMap<Day, u64>);

/// The home day of a trace, which stores all of its spans.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Home {
    pub(crate) day: Day,
    /// The catalog lists the trace as having spans of other days.
    pub(crate) stray: bool,
    /// Other days store spans of it too. Stores of earlier builds can hold such traces until they are
    /// repaired.
    pub(crate) split: bool,
}

/// Cache of home days with LRU eviction.
pub(crate) type Homes = LruCache<TraceId, Home, std::hash::RandomState>;

impl Shared {
    pub(crate) fn new(
        config: Config,
        folder: Folder,
        read_only: bool,
        days: Days,
        dictionary: Arc<Dictionary>,
    ) -> Self {
        let readers = Readers::new(folder.clone(), config.read_connections, config.read_cache_kib);
        // A cache created with a bound allocates all of it at once.
        let presence = Presence::new(config.known_traces);
        let mut homes = LruCache::unbounded_with_hasher(std::hash::RandomState::new());
        homes.resize(NonZeroUsize::new(config.known_traces).unwrap_or(NonZeroUsize::MIN));
        Self {
            config,
            folder,
            read_only,
            days,
            dictionaries: Arc::new(Dictionaries::new(dictionary)),
            readers,
            trouble: Mutex::default(),
            waiting: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            tokenizer: Tokenizer::default(),
            homes: Mutex::new(homes),
            presence: Mutex::new(presence),
            has_stray_meetings: AtomicBool::new(true),
            digests: Digests::default(),
            removals: AtomicU64::new(0),
            conflicts: Mutex::default(),
            holds: AtomicU64::new(0),
            retiring: tokio::sync::Mutex::default(),
            catalog: Mutex::default(),
            page_limit: AtomicU32::new(0),
            trips: Trips::default(),
        }
    }

    /// Whether the catalog lists a trace with this home day as having spans of other days.
    pub(crate) fn is_stray(&self, trace: TraceId, home: Day) -> fault::Result<bool> {
        self.with_catalog(|conn| {
            let mut look = conn.prepare_cached("SELECT 1 FROM strays WHERE trace = ?1 AND day = ?2")?;
            Ok(look.exists((trace.as_bytes(), home.0))?)
        })
    }

    /// Home days of traces in each of these meetings that have spans of other days.
    pub(crate) fn stray_homes(
        &self,
        meetings: impl IntoIterator<Item = Meeting>,
    ) -> fault::Result<Vec<Vec<Day>>> {
        if !self.has_stray_meetings.load(Ordering::Acquire) {
            return Ok(meetings.into_iter().map(|_| Vec::new()).collect());
        }
        self.with_catalog(|conn| {
            // One snapshot for all look-ups.
            let read = conn.unchecked_transaction()?;
            let mut look = read.prepare_cached("SELECT day FROM stray_meetings WHERE meeting = ?1")?;
            let mut homes = Vec::new();
            for meeting in meetings {
                let days = look.query_map([meeting.number()], |row| Ok(Day(row.get(0)?)))?;
                homes.push(days.collect::<rusqlite::Result<_>>()?);
            }
            Ok(homes)
        })
    }

    /// Whether traces with this home day have spans of other days.
    pub(crate) fn has_strays(&self, day: Day) -> fault::Result<bool> {
        self.with_catalog(|conn| {
            Ok(conn.prepare_cached("SELECT 1 FROM strays WHERE day = ?1 LIMIT 1")?.exists([day.0])?)
        })
    }

    pub(crate) fn with_catalog<T>(
        &self,
        ask: impl FnOnce(&Connection) -> fault::Result<T>,
    ) -> fault::Result<T> {
        let mut catalog = self.catalog.lock();
        let conn = match catalog.take() {
            Some(conn) => conn,
            None => catalog::open_to_read(&self.folder)?,
        };
        ask(catalog.insert(conn))
    }

    /// Closes the catalog.
    pub(crate) fn close_catalog(&self) {
        self.catalog.lock().take();
    }

    /// The state for health checks.
    pub(crate) fn health(&self) -> Health {
        if let Some(trouble) = self.trouble.lock().clone() {
            return Health::Down(trouble);
        }
        self.look_for_files();
        let damaged = self.days.damaged();
        match damaged.first() {
            None => self.lost_days(),
            Some((day, why)) => Health::Degraded(format!(
                "{} of the days cannot be read and is omitted from answers; the first is {day}: {why}",
                damaged.len()
            )),
        }
    }

    /// Finds days whose files were removed or emptied while the store is open.
    fn look_for_files(&self) {
        for day in self.days.sound() {
            let Some(why) = listed::why_missing(&self.folder, day) else { continue };
            self.note_missing(day, why);
        }
    }

    /// Excludes a day from answers because its file is missing, unless the day itself was removed. A removed
    /// day is no longer listed.
    fn note_missing(&self, day: Day, why: &str) {
        let is_listed = self.with_catalog(|catalog| listed::has(catalog, day));
        let still = || listed::why_missing(&self.folder, day).is_some();
        if !matches!(is_listed, Ok(true)) || !still() {
            return;
        }
        if self.days.get(day).is_some_and(|state| state.damage().is_none()) {
            self.leave_out(day, why);
        }
    }

    /// Excludes a day from answers.
    pub(crate) fn leave_out(&self, day: Day, why: &str) {
        let path = self.folder.file(Part::Data, day);
        tracing::error!(%day, file = %path.display(), "{why}: the day is omitted from answers");
        self.days.get_or_add(day).quarantine(format!("{}: {why}", path.display()));
    }

    /// Days that lost their files and were created again since. Health reports them until the store is
    /// repaired.
    fn lost_days(&self) -> Health {
        let lost = self.with_catalog(|catalog| {
            Ok(listed::all(catalog)?.into_iter().find_map(|(day, lost)| lost.map(|_| day)))
        });
        match lost {
            Ok(Some(day)) => Health::Degraded(format!(
                "the file of day {day} was missing, so a new one was created; `quipu check store` reports \
                 details"
            )),
            Ok(None) => Health::Ready,
            Err(fault) => Health::Degraded(fault.at("read store", &self.folder.catalog()).to_string()),
        }
    }

    /// Readable days, newest first. A store open for reading looks for new ones.
    pub(crate) fn sound_days(&self) -> Result<Vec<Day>> {
        if self.read_only {
            let there = self.folder.days()?;
            for day in self.days.newest_first() {
                if there.contains(&day) {
                    continue;
                }
                self.readers.forget(day, None);
                match listed::why_missing(&self.folder, day) {
                    Some(why) if self.is_listed(day) => self.note_missing(day, why),
                    _ => self.days.remove(day),
                }
            }
            there.iter().for_each(|day| drop(self.days.get_or_add(*day)));
        }
        Ok(self.days.sound())
    }

    /// Queries one day. A damaged day is excluded and returns `None`, and so does a removed one.
    pub(crate) fn ask<T>(
        &self,
        day: Day,
        ask: impl FnOnce(&DayReader<'_>) -> fault::Result<T>,
    ) -> Result<Option<T>> {
        let answer = self.readers.with_words(Part::Data, day, |conn, words| {
            ask(&DayReader { day, conn, words, dictionaries: &self.dictionaries })
        });
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(fault) => self.failed(day, fault).map(|()| None),
        }
    }

    fn is_listed(&self, day: Day) -> bool {
        self.with_catalog(|catalog| listed::has(catalog, day)).unwrap_or(true)
    }

    fn failed(&self, day: Day, fault: Fault) -> Result<()> {
        let path = self.folder.file(Part::Data, day);
        if matches!(fault, Fault::Unborn) {
            return Ok(());
        }
        if let Some(why) = listed::why_missing(&self.folder, day) {
            if self.is_listed(day) {
                self.note_missing(day, why);
            } else if !path.exists() {
                self.days.remove(day);
            }
            return Ok(());
        }
        let broken = matches!(&fault, Fault::Sql(_)) && fault.kind() == quipu_core::ErrorKind::Damaged;
        let error = fault.at("read store", &path);
        if !broken {
            return Err(error);
        }
        self.suspect(day, &error)
    }

    /// Queries several days, with two threads if that is faster. Answers are in the order of `days`.
    pub(crate) fn ask_all<T: Send>(
        &self,
        days: &[Day],
        ask: impl Fn(&DayReader<'_>) -> fault::Result<T> + Sync,
    ) -> Result<Vec<(Day, T)>> {
        let next = AtomicUsize::new(0);
        let work = || -> Result<Vec<(usize, Day, T)>> {
            let mut answers = Vec::new();
            while let Some((at, day)) = {
                let at = next.fetch_add(1, Ordering::Relaxed);
                days.get(at).map(|day| (at, *day))
            } {
                if let Some(answer) = self.ask(day, &ask)? {
                    answers.push((at, day, answer));
                }
            }
            Ok(answers)
        };
        let mut answers = if days.len() < DAYS_WORTH_A_THREAD {
            work()?
        } else {
            let memory = quipu_core::AnswerMemory::current();
            std::thread::scope(|scope| {
                let other = scope.spawn(|| memory.enter(work));
                let mut mine = work()?;
                match other.join() {
                    Ok(theirs) => mine.append(&mut theirs?),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
                Ok::<_, quipu_core::Error>(mine)
            })?
        };
        answers.sort_by_key(|(at, ..)| *at);
        Ok(answers.into_iter().map(|(_, day, answer)| (day, answer)).collect())
    }

    /// Number of spans of a day, and whether it has other records; `None` for an unreadable day.
    pub(crate) fn count(&self, day: Day) -> Result<Option<(u64, bool)>> {
        let Some(state) = self.days.get(day) else {
            return Ok(None);
        };
        let count = state.count(!self.read_only, || {
            self.readers.with(Part::Data, day, |conn| {
                let mut look = conn.prepare_cached(
                    "SELECT (SELECT MAX(last, COALESCE((SELECT MAX(pk) FROM spans), 0)) - spans FROM removed), \
                     EXISTS(SELECT 1 FROM events) OR EXISTS(SELECT 1 FROM points)",
                )?;
                Ok(look.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
            })
        });
        match count {
            Ok(count) => Ok(Some(count)),
            Err(fault) => self.failed(day, fault).map(|()| None),
        }
    }

    /// Times that a day covers; `None` for an unreadable day.
    pub(crate) fn bounds(&self, day: Day) -> Result<Option<Bounds>> {
        let Some(state) = self.days.get(day) else {
            return Ok(None);
        };
        if let Some(digest) = self.read_only.then(|| self.digests.get(&self.folder, day)).flatten() {
            return Ok(Some(digest.bounds));
        }
        let keep = !self.read_only;
        let bounds = state.bounds(keep, || self.readers.with(Part::Data, day, Bounds::load));
        match bounds {
            Ok(bounds) => Ok(Some(bounds)),
            Err(fault) => self.failed(day, fault).map(|()| None),
        }
    }
}
