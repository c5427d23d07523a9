//! State of the days: which exist, the times that they cover, damage, and search lag.

mod answers;

use answers::CachedAnswer;
pub(crate) use answers::{Failure, RankedRow, Runs, ToolRuns, Values};

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quipu_core::locks::{Mutex, RwLock};
use quipu_core::{FacetField, Sort};
use std::sync::MutexGuard;

use crate::bounds::Bounds;
use crate::fault::Result;
use crate::folder::Day;
use crate::past::{Past, Touched};

/// Maximum number of tools for which a day's totals are cached.
pub(crate) const MOST_TOOLS: usize = 200;
/// Maximum number of values of a field for which a day's counts are cached.
pub(crate) const MOST_VALUES: usize = 200;

/// Cached values of a day, valid until its next commit.
#[derive(Debug, Default)]
struct DayCache {
    /// Number of commits.
    version: u64,
    bounds: Option<Bounds>,
    /// Number of spans, and whether there are other records.
    count: Option<(u64, bool)>,
    tools: Option<CachedAnswer<ToolRuns>>,
    values: HashMap<FacetField, CachedAnswer<Values>>,
    places: HashMap<Sort, CachedAnswer<Vec<RankedRow>>>,
    /// Time of the last query for one of the last three fields.
    asked: Option<Instant>,
}

/// Reason why a day is excluded from answers.
#[derive(Debug, Clone)]
struct Damage {
    why: String,
    /// Its file was unreadable when the store was opened. It may be intact.
    unread: bool,
}

/// State of one day.
#[derive(Debug, Default)]
pub(crate) struct DayState {
    known: Mutex<DayCache>,
    damage: Mutex<Option<Damage>>,
    /// Time of the last full check of the file after suspected damage; locked during the check.
    pub(crate) looked_through: Mutex<Option<Instant>>,
    /// Read-locked by queries that combine both files; write-locked during their exchange.
    pub(crate) files: RwLock<()>,
    /// The value of [`DayState::committed`].
    committed: AtomicI64,
    /// Last span in the full text index.
    pub(crate) indexed: AtomicI64,
    /// Replaced spans wait for the index.
    pub(crate) again: AtomicBool,
    behind_since: Mutex<Option<Instant>>,
    /// Cached sums of past hours.
    pub(crate) past: Past,
    /// Bytes of the cached answers of all days.
    answers: Arc<AtomicUsize>,
}

impl DayState {
    /// The bounds, read again after a commit.
    pub(crate) fn bounds(&self, keep: bool, load: impl FnOnce() -> Result<Bounds>) -> Result<Bounds> {
        let (version, known) = {
            let known = self.known.lock();
            (known.version, known.bounds)
        };
        if let Some(bounds) = known {
            return Ok(bounds);
        }
        let bounds = load()?;
        let mut current = self.known.lock();
        if keep && current.version == version {
            current.bounds = Some(bounds);
        }
        Ok(bounds)
    }

    /// The number of spans of the day, and whether it has other records; read again after a commit.
    pub(crate) fn count(
        &self,
        keep: bool,
        load: impl FnOnce() -> Result<(u64, bool)>,
    ) -> Result<(u64, bool)> {
        let (version, known) = {
            let known = self.known.lock();
            (known.version, known.count)
        };
        if let Some(count) = known {
            return Ok(count);
        }
        let count = load()?;
        let mut current = self.known.lock();
        if keep && current.version == version {
            current.count = Some(count);
        }
        Ok(count)
    }

    /// The runs of all tools on the whole day, read again after a commit. `load` returns `None` for more than
    /// [`MOST_TOOLS`]. They are cached if `version` is still current. `version` must be older than the
    /// reading connection, because the day's files may be exchanged in between.
    pub(crate) fn tools(
        &self,
        version: u64,
        load: impl FnOnce() -> Result<Option<ToolRuns>>,
    ) -> Result<Option<Arc<ToolRuns>>> {
        if let Some(tools) = &self.asked().tools {
            return Ok(Some(Arc::clone(&tools.answer)));
        }
        let Some(tools) = load()?.map(Arc::new) else { return Ok(None) };
        let mut current = self.known.lock();
        if current.version == version {
            current.tools = CachedAnswer::new(&tools, &self.answers);
        }
        Ok(Some(tools))
    }

    /// The number of the day's traces for each value of a field, cached as in [`DayState::tools`]. `load`
    /// returns `None` for more than [`MOST_VALUES`].
    pub(crate) fn values(
        &self,
        version: u64,
        field: FacetField,
        load: impl FnOnce() -> Result<Option<Values>>,
    ) -> Result<Option<Arc<Values>>> {
        if let Some(values) = self.asked().values.get(&field) {
            return Ok(Some(Arc::clone(&values.answer)));
        }
        let Some(values) = load()?.map(Arc::new) else { return Ok(None) };
        let mut current = self.known.lock();
        if current.version == version
            && let Some(kept) = CachedAnswer::new(&values, &self.answers)
        {
            current.values.insert(field, kept);
        }
        Ok(Some(values))
    }

    /// The first of the day's traces in this order, cached as in [`DayState::tools`].
    pub(crate) fn places(
        &self,
        version: u64,
        sort: Sort,
        load: impl FnOnce() -> Result<Vec<RankedRow>>,
    ) -> Result<Arc<Vec<RankedRow>>> {
        if let Some(places) = self.asked().places.get(&sort) {
            return Ok(Arc::clone(&places.answer));
        }
        let places = Arc::new(load()?);
        let mut current = self.known.lock();
        if current.version == version
            && let Some(kept) = CachedAnswer::new(&places, &self.answers)
        {
            current.places.insert(sort, kept);
        }
        Ok(places)
    }

    fn asked(&self) -> MutexGuard<'_, DayCache> {
        let mut known = self.known.lock();
        known.asked = Some(Instant::now());
        known
    }

    /// Evicts answers without a query for this long. The times that the day covers stay.
    pub(crate) fn trim(&self, age: Duration) {
        let mut known = self.known.lock();
        if known.asked.is_some_and(|asked| asked.elapsed() >= age) {
            let (version, bounds, count) = (known.version, known.bounds, known.count);
            *known = DayCache { version, bounds, count, ..DayCache::default() };
        }
        drop(known);
        self.past.trim(age);
    }

    /// Updates the state after a commit.
    pub(crate) fn changed(&self, last_span: i64, replaced: bool, touched: &Touched) {
        let version = {
            let mut known = self.known.lock();
            *known = DayCache { version: known.version + 1, ..DayCache::default() };
            known.version
        };
        self.past.changed(version, touched);
        self.committed.store(last_span, Ordering::Release);
        if replaced {
            self.again.store(true, Ordering::Release);
        }
        if self.lag_spans() > 0 {
            self.behind_since.lock().get_or_insert_with(Instant::now);
        }
    }

    /// Notes the last span of a file from before this process.
    pub(crate) fn found(&self, last_span: i64) {
        self.committed.fetch_max(last_span, Ordering::AcqRel);
    }

    /// The number of commits.
    pub(crate) fn version(&self) -> u64 {
        self.known.lock().version
    }

    /// Notes progress of the index.
    pub(crate) fn indexed_to(&self, span: i64) {
        self.indexed.store(span, Ordering::Release);
        if self.lag_spans() == 0 {
            *self.behind_since.lock() = None;
        }
    }

    /// Notes that the day has no new spans for an index at `upto`, regardless of the counters. `committed`
    /// must be from before the day was read, because later commits are not in the result and must still count
    /// as lag.
    pub(crate) fn agreed(&self, upto: i64, committed: i64) {
        self.indexed_to(upto.max(committed));
    }

    /// The last committed span, if known.
    pub(crate) fn committed(&self) -> i64 {
        self.committed.load(Ordering::Acquire)
    }

    pub(crate) fn lag_spans(&self) -> u64 {
        let lag = self.committed() - self.indexed.load(Ordering::Acquire);
        u64::try_from(lag).unwrap_or(0)
    }

    pub(crate) fn lag_ms(&self) -> u64 {
        let since = *self.behind_since.lock();
        since.map_or(0, |since| u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// The reason why the day is excluded from answers, if it is.
    pub(crate) fn damage(&self) -> Option<String> {
        self.damage.lock().as_ref().map(|damage| damage.why.clone())
    }

    /// Whether the day is excluded only because its file was unreadable.
    pub(crate) fn is_unread(&self) -> bool {
        self.damage.lock().as_ref().is_some_and(|damage| damage.unread)
    }

    /// Excludes the day from answers until its file is readable.
    pub(crate) fn leave_unread(&self, why: String) {
        *self.damage.lock() = Some(Damage { why, unread: true });
    }

    /// Includes the day in answers again, because its file is readable and intact.
    pub(crate) fn is_sound(&self) {
        *self.damage.lock() = None;
    }

    /// Excludes the day from answers.
    pub(crate) fn quarantine(&self, why: String) {
        *self.damage.lock() = Some(Damage { why, unread: false });
    }
}

/// All days.
#[derive(Debug, Default)]
pub(crate) struct Days {
    all: RwLock<BTreeMap<Day, Arc<DayState>>>,
    /// Number of cached sums of past hours of all days.
    sums: Arc<AtomicUsize>,
    /// Bytes of the cached answers of all days.
    answers: Arc<AtomicUsize>,
}

impl Days {
    /// The day's state, created if it is new.
    pub(crate) fn get_or_add(&self, day: Day) -> Arc<DayState> {
        if let Some(state) = self.all.read().get(&day) {
            return Arc::clone(state);
        }
        let add = || {
            let (past, answers) = (Past::sharing(&self.sums), Arc::clone(&self.answers));
            Arc::new(DayState { past, answers, ..DayState::default() })
        };
        Arc::clone(self.all.write().entry(day).or_insert_with(add))
    }

    pub(crate) fn get(&self, day: Day) -> Option<Arc<DayState>> {
        self.all.read().get(&day).cloned()
    }

    pub(crate) fn remove(&self, day: Day) {
        self.all.write().remove(&day);
    }

    /// All days, newest first.
    pub(crate) fn newest_first(&self) -> Vec<Day> {
        self.all.read().keys().rev().copied().collect()
    }

    /// Days without damage, newest first.
    pub(crate) fn sound(&self) -> Vec<Day> {
        self.all
            .read()
            .iter()
            .rev()
            .filter(|(_, state)| state.damage().is_none())
            .map(|(day, _)| *day)
            .collect()
    }

    /// The states of days with their commit counts, for a reader that caches its results. It must be called
    /// before a connection is taken.
    pub(crate) fn before(&self, days: &[Day]) -> HashMap<Day, (Arc<DayState>, u64)> {
        let all = self.all.read();
        let states = days.iter().filter_map(|day| Some((*day, Arc::clone(all.get(day)?))));
        states.map(|(day, state)| (day, (Arc::clone(&state), state.version()))).collect()
    }

    /// Evicts answers without a query for this long.
    pub(crate) fn trim(&self, age: Duration) {
        self.all.read().values().for_each(|state| state.trim(age));
    }

    /// Days whose files were unreadable when the store was opened.
    pub(crate) fn unread(&self) -> Vec<Day> {
        self.all.read().iter().filter(|(_, state)| state.is_unread()).map(|(day, _)| *day).collect()
    }

    /// Damaged days with the reason.
    pub(crate) fn damaged(&self) -> Vec<(Day, String)> {
        self.all.read().iter().filter_map(|(day, state)| Some((*day, state.damage()?))).collect()
    }

    /// Lag of the full text index, in spans and milliseconds.
    pub(crate) fn lag(&self) -> (u64, u64) {
        let days = self.all.read();
        (
            days.values().map(|day| day.lag_spans()).sum(),
            days.values().map(|day| day.lag_ms()).max().unwrap_or(0),
        )
    }
}

#[cfg(test)]
mod tests;
