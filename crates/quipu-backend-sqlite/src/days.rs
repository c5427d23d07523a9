//! Which days there are, what times they cover, which of them are damaged, and how far search lags.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use compact_str::CompactString;
use parking_lot::{Mutex, MutexGuard, RwLock};
use quipu_core::{FacetField, Sort, Timestamp};
use rusqlite::Connection;

use crate::fault::Result;
use crate::folder::Day;
use crate::past::{Past, Touched};
use crate::read::tools::ToolRuns;
use crate::read::traces::Place;

/// A day with more tools than this is read each time.
const MOST_TOOLS: usize = 200;
/// And one with more values of a field.
const MOST_VALUES: usize = 200;

/// How many traces of a day have each value of a field.
pub(crate) type Values = Vec<(CompactString, u64)>;

/// Earliest and latest, both included.
type Range = Option<(i64, i64)>;

/// Times that a day's file covers. Traces and their calls may reach beyond the day itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bounds {
    pub(crate) traces: Range,
    pub(crate) calls: Range,
}

impl Bounds {
    /// Reads them: four index seeks.
    pub(crate) fn load(conn: &Connection) -> Result<Self> {
        let mut look = conn.prepare_cached(
            "SELECT (SELECT MIN(start) FROM traces), (SELECT MAX(start) FROM traces), \
             (SELECT MIN(time) FROM calls), (SELECT MAX(time) FROM calls)",
        )?;
        let bounds = look.query_row([], |row| {
            let range = |low: Option<i64>, high: Option<i64>| low.zip(high);
            Ok(Self { traces: range(row.get(0)?, row.get(1)?), calls: range(row.get(2)?, row.get(3)?) })
        })?;
        Ok(bounds)
    }
}

/// Whether a range has a moment in `since..until`.
pub(crate) fn meets(range: Range, since: Option<Timestamp>, until: Option<Timestamp>) -> bool {
    range.is_some_and(|(low, high)| {
        since.is_none_or(|since| high >= since.nanos()) && until.is_none_or(|until| low < until.nanos())
    })
}

/// What was read of a day and holds until the next commit on it.
#[derive(Debug, Default)]
struct Known {
    /// Counts the commits.
    version: u64,
    bounds: Option<Bounds>,
    /// Spans, and whether there is anything else.
    count: Option<(u64, bool)>,
    tools: Option<Arc<ToolRuns>>,
    values: HashMap<FacetField, Arc<Values>>,
    places: HashMap<Sort, Arc<Vec<Place>>>,
    /// When one of the last three was asked for.
    asked: Option<Instant>,
}

/// Why a day is left out of answers.
#[derive(Debug, Clone)]
struct Damage {
    why: String,
    /// Its file could not be read when the store was opened: it may be sound.
    unread: bool,
}

/// What is known of one day.
#[derive(Debug, Default)]
pub(crate) struct DayState {
    known: Mutex<Known>,
    damage: Mutex<Option<Damage>>,
    /// When the file was looked through last because it seemed damaged; held while that is done.
    pub(crate) looked_through: Mutex<Option<Instant>>,
    /// Held to read by who puts together what both files say, to write while they are exchanged.
    pub(crate) files: RwLock<()>,
    /// As [`DayState::committed`].
    committed: AtomicI64,
    /// Last span in the full text index.
    pub(crate) indexed: AtomicI64,
    /// Replaced spans wait for the index.
    pub(crate) again: AtomicBool,
    behind_since: Mutex<Option<Instant>>,
    /// Sums of past hours.
    pub(crate) past: Past,
}

impl DayState {
    /// The bounds, read again when something was committed since.
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

    /// How many spans the day has and whether it has anything else, read again when something was committed since.
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

    /// The runs of all tools on the whole day, read again when something was committed since. They are kept where that still is
    /// `version`, which must be older than the connection that reads them: the day's files may be exchanged in between.
    pub(crate) fn tools(
        &self,
        version: u64,
        load: impl FnOnce() -> Result<ToolRuns>,
    ) -> Result<Arc<ToolRuns>> {
        if let Some(tools) = self.asked().tools.clone() {
            return Ok(tools);
        }
        let tools = Arc::new(load()?);
        let mut current = self.known.lock();
        if tools.len() <= MOST_TOOLS && current.version == version {
            current.tools = Some(Arc::clone(&tools));
        }
        Ok(tools)
    }

    /// How many of all traces of the day have each value of a field, kept as [`DayState::tools`] are.
    pub(crate) fn values(
        &self,
        version: u64,
        field: FacetField,
        load: impl FnOnce() -> Result<Values>,
    ) -> Result<Arc<Values>> {
        if let Some(values) = self.asked().values.get(&field).cloned() {
            return Ok(values);
        }
        let values = Arc::new(load()?);
        let mut current = self.known.lock();
        if values.len() <= MOST_VALUES && current.version == version {
            current.values.insert(field, Arc::clone(&values));
        }
        Ok(values)
    }

    /// The first of all traces of the day in this order, kept as [`DayState::tools`] are.
    pub(crate) fn places(
        &self,
        version: u64,
        sort: Sort,
        load: impl FnOnce() -> Result<Vec<Place>>,
    ) -> Result<Arc<Vec<Place>>> {
        if let Some(places) = self.asked().places.get(&sort).cloned() {
            return Ok(places);
        }
        let places = Arc::new(load()?);
        let mut current = self.known.lock();
        if current.version == version {
            current.places.insert(sort, Arc::clone(&places));
        }
        Ok(places)
    }

    fn asked(&self) -> MutexGuard<'_, Known> {
        let mut known = self.known.lock();
        known.asked = Some(Instant::now());
        known
    }

    /// Lets go of answers that nobody asked for so long; the times that the day covers stay.
    pub(crate) fn trim(&self, age: Duration) {
        let mut known = self.known.lock();
        if known.asked.is_some_and(|asked| asked.elapsed() >= age) {
            let (version, bounds, count) = (known.version, known.bounds, known.count);
            *known = Known { version, bounds, count, ..Known::default() };
        }
        drop(known);
        self.past.trim(age);
    }

    /// Takes note of a commit.
    pub(crate) fn changed(&self, last_span: i64, replaced: bool, touched: &Touched) {
        let version = {
            let mut known = self.known.lock();
            *known = Known { version: known.version + 1, ..Known::default() };
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

    /// Takes note of the last span that a file has which was there before this process.
    pub(crate) fn found(&self, last_span: i64) {
        self.committed.fetch_max(last_span, Ordering::AcqRel);
    }

    /// How often something was committed.
    pub(crate) fn version(&self) -> u64 {
        self.known.lock().version
    }

    /// Takes note of progress of the index.
    pub(crate) fn indexed_to(&self, span: i64) {
        self.indexed.store(span, Ordering::Release);
        if self.lag_spans() == 0 {
            *self.behind_since.lock() = None;
        }
    }

    /// Takes note that the day has nothing new for an index that is at `upto`, whatever the counters said. `committed` is from
    /// before the day was read: what was committed since is not in what was read, and must still count as lagging.
    pub(crate) fn agreed(&self, upto: i64, committed: i64) {
        self.indexed_to(upto.max(committed));
    }

    /// The last span committed, where known.
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

    /// Why the day is left out of answers, if it is.
    pub(crate) fn damage(&self) -> Option<String> {
        self.damage.lock().as_ref().map(|damage| damage.why.clone())
    }

    /// Whether the day is left out only because its file could not be read.
    pub(crate) fn is_unread(&self) -> bool {
        self.damage.lock().as_ref().is_some_and(|damage| damage.unread)
    }

    /// Leaves the day out of answers until its file can be read.
    pub(crate) fn leave_unread(&self, why: String) {
        *self.damage.lock() = Some(Damage { why, unread: true });
    }

    /// Takes the day into answers again: its file can be read and is sound.
    pub(crate) fn is_sound(&self) {
        *self.damage.lock() = None;
    }

    /// Leaves the day out of answers from now on.
    pub(crate) fn quarantine(&self, why: String) {
        *self.damage.lock() = Some(Damage { why, unread: false });
    }
}

/// All days.
#[derive(Debug, Default)]
pub(crate) struct Days {
    all: RwLock<BTreeMap<Day, Arc<DayState>>>,
    /// Sums of past hours that all of them remember.
    sums: Arc<AtomicUsize>,
}

impl Days {
    /// The day's state, made when it is new.
    pub(crate) fn get_or_add(&self, day: Day) -> Arc<DayState> {
        if let Some(state) = self.all.read().get(&day) {
            return Arc::clone(state);
        }
        let add = || Arc::new(DayState { past: Past::sharing(&self.sums), ..DayState::default() });
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

    /// The states of days with the commits that they have seen, for whoever reads and keeps what was read: to be taken before a
    /// connection is.
    pub(crate) fn before(&self, days: &[Day]) -> HashMap<Day, (Arc<DayState>, u64)> {
        let all = self.all.read();
        let states = days.iter().filter_map(|day| Some((*day, Arc::clone(all.get(day)?))));
        states.map(|(day, state)| (day, (Arc::clone(&state), state.version()))).collect()
    }

    /// Lets go of answers that nobody asked for so long.
    pub(crate) fn trim(&self, age: Duration) {
        self.all.read().values().for_each(|state| state.trim(age));
    }

    /// Days whose files could not be read when the store was opened.
    pub(crate) fn unread(&self) -> Vec<Day> {
        self.all.read().iter().filter(|(_, state)| state.is_unread()).map(|(day, _)| *day).collect()
    }

    /// Damaged days with the reason.
    pub(crate) fn damaged(&self) -> Vec<(Day, String)> {
        self.all.read().iter().filter_map(|(day, state)| Some((*day, state.damage()?))).collect()
    }

    /// Spans and milliseconds that full text is behind.
    pub(crate) fn lag(&self) -> (u64, u64) {
        let days = self.all.read();
        (
            days.values().map(|day| day.lag_spans()).sum(),
            days.values().map(|day| day.lag_ms()).max().unwrap_or(0),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(state: &DayState, version: u64, value: &str) -> CompactString {
        let load = || Ok(vec![(value.into(), 1)]);
        state.values(version, FacetField::Model, load).unwrap()[0].0.clone()
    }

    #[test]
    fn what_was_read_of_files_from_before_a_change_is_not_kept() {
        let state = DayState::default();
        let before = state.version();
        // The connection was taken before the files were exchanged, and is asked after that.
        state.changed(1, false, &Touched::All);
        assert_eq!(ask(&state, before, "gone"), "gone");
        assert_eq!(ask(&state, state.version(), "there"), "there");
        assert_eq!(ask(&state, state.version(), "nobody reads this"), "there");
    }

    #[test]
    fn what_is_committed_while_the_index_looks_is_left_for_its_next_look() {
        let state = DayState::default();
        state.changed(7, false, &Touched::All);
        let seen = state.committed();
        state.changed(8, false, &Touched::All);
        // The index has the six that are left of seven, and did not see the eighth.
        state.agreed(6, seen);
        assert_eq!(state.lag_spans(), 1);
        state.agreed(6, state.committed());
        assert_eq!(state.lag_spans(), 0);
    }

    #[test]
    fn answers_that_nobody_asks_for_are_let_go_and_the_times_stay() {
        let days = Days::default();
        let state = days.get_or_add(Day(1));
        let bounds = Bounds { traces: Some((1, 2)), calls: None };
        state.bounds(true, || Ok(bounds)).unwrap();
        ask(&state, state.version(), "first");
        days.trim(Duration::from_secs(3_600));
        assert_eq!(ask(&state, state.version(), "second"), "first");
        days.trim(Duration::ZERO);
        assert_eq!(ask(&state, state.version(), "third"), "third");
        assert_eq!(state.bounds(true, || Ok(Bounds::default())).unwrap().traces, bounds.traces);
    }
}
