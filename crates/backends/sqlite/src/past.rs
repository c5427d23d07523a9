//! Cached sums over past hours of a day without a rollup, valid until a commit changes one of these hours.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quipu_core::locks::Mutex;
use quipu_core::{Timestamp, UsageQuery};

use crate::codec::Figures;

/// Maximum number of cached groups of one answer. A larger answer is computed each time.
pub(crate) const MOST_GROUPS: usize = 5_000;
/// Maximum number of cached groups of all days together, half a KiB each with overhead.
const MOST_OF_ALL: usize = 30_000;
/// Maximum number of cached answers of one day.
const MOST_RUNS: usize = 8;
/// Maximum number of hours noted for one commit. Beyond it, the commit counts as changing all hours.
const MOST_HOURS: usize = 1_000;

/// Sums by the ids of names.
pub(crate) type Sums = HashMap<Vec<i64>, Figures>;

/// Hours since the epoch, half-open.
pub(crate) type Hours = (i64, i64);

/// The hour of a time, counted from the epoch.
pub(crate) const fn hour_of(nanos: i64) -> i64 {
    nanos.div_euclid(Timestamp::HOUR)
}

/// The hours in which a transaction changes the sums of calls, for any name.
#[derive(Debug)]
pub(crate) enum Touched {
    /// Possibly all hours.
    All,
    /// These hours.
    Hours(BTreeSet<i64>),
}

impl Touched {
    /// No changes yet; without a cache, the hours are not tracked.
    pub(crate) fn none(watched: bool) -> Self {
        if watched { Self::Hours(BTreeSet::new()) } else { Self::All }
    }

    /// Notes a new, changed or removed call at this time.
    pub(crate) fn call(&mut self, time: i64) {
        self.hours(hour_of(time), hour_of(time));
    }

    /// Notes renamed calls between these hours, both included.
    pub(crate) fn hours(&mut self, first: i64, last: i64) {
        let Self::Hours(hours) = self else { return };
        let many =
            usize::try_from(last.saturating_sub(first)).map_or(first < last, |more| more >= MOST_HOURS);
        if !many {
            hours.extend(first..=last);
        }
        if many || hours.len() > MOST_HOURS {
            *self = Self::All;
        }
    }
}

/// A reservation of a limit that the caches of all days share, released on drop.
#[derive(Debug)]
pub(crate) struct Room {
    taken: Arc<AtomicUsize>,
    amount: usize,
}

impl Room {
    /// Reserves `amount` of `most`; `None` if less is left.
    pub(crate) fn take(taken: &Arc<AtomicUsize>, amount: usize, most: usize) -> Option<Self> {
        let more = |taken: usize| taken.checked_add(amount).filter(|taken| *taken <= most);
        taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Self { taken: Arc::clone(taken), amount })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.amount, Ordering::AcqRel);
    }
}

/// One cached answer.
#[derive(Debug)]
struct Run {
    /// The query without its times.
    query: UsageQuery,
    hours: Hours,
    /// `None` if there are too many groups.
    sums: Option<(Arc<Sums>, Room)>,
}

/// Result of a cache look-up.
#[derive(Debug, Clone)]
pub(crate) enum Remembered {
    /// The cached sums.
    Sums(Arc<Sums>),
    /// The answer has too many groups to cache.
    TooMany,
    /// Not cached.
    No,
}

#[derive(Debug, Default)]
struct PastCache {
    /// The last commit with unknown changes, and the time of the last commit.
    any: u64,
    last: Option<Instant>,
    /// The last change of each hour.
    hours: BTreeMap<i64, (u64, Instant)>,
    runs: Vec<Run>,
    /// Time of the last query. Without one, the changes of commits are not tracked.
    asked: Option<Instant>,
}

/// Cached sums of one day.
#[derive(Debug, Default)]
pub(crate) struct Past {
    known: Mutex<PastCache>,
    /// Number of cached groups of all days.
    taken: Arc<AtomicUsize>,
}

impl Past {
    /// The cache of one of several days with a common limit.
    pub(crate) fn sharing(taken: &Arc<AtomicUsize>) -> Self {
        Self { known: Mutex::default(), taken: Arc::clone(taken) }
    }

    /// Whether sums are cached, so a new transaction must track its changes.
    pub(crate) fn watched(&self) -> bool {
        self.known.lock().asked.is_some()
    }

    /// Notes the changes of the day's commit `version`.
    pub(crate) fn changed(&self, version: u64, touched: &Touched) {
        let now = Instant::now();
        let mut known = self.known.lock();
        known.last = Some(now);
        match touched {
            Touched::Hours(hours) if known.hours.len() + hours.len() <= 2 * MOST_HOURS => {
                known.hours.extend(hours.iter().map(|hour| (*hour, (version, now))));
                known.runs.retain(|run| hours.range(run.hours.0..run.hours.1).next().is_none());
            }
            _ => {
                known.any = version;
                known.hours.clear();
                known.runs.clear();
            }
        }
    }

    /// Notes a query: from now on transactions track their changes.
    pub(crate) fn watch(&self) {
        self.known.lock().asked = Some(Instant::now());
    }

    /// The first of the hours that are likely to stay unchanged. Hours changed less than `busy` ago are
    /// likely to change again, and so is the day's latest hour during writes. A wrong guess only costs time.
    pub(crate) fn steady(&self, (first, last): Hours, latest: i64, busy: Duration) -> Hours {
        let known = self.known.lock();
        let lately = |at: Instant| at.elapsed() < busy;
        let changed = known.hours.range(first..last).find(|(_, (_, at))| lately(*at)).map(|(hour, _)| *hour);
        let open = known.last.is_some_and(lately).then_some(latest);
        (first, last.min(changed.unwrap_or(last)).min(open.unwrap_or(last)).max(first))
    }

    /// The cached answer to an earlier query.
    pub(crate) fn recall(&self, query: &UsageQuery, hours: Hours) -> Remembered {
        let known = self.known.lock();
        match known.runs.iter().find(|run| run.hours == hours && run.query == *query) {
            Some(Run { sums: Some((sums, _)), .. }) => Remembered::Sums(Arc::clone(sums)),
            Some(_) => Remembered::TooMany,
            None => Remembered::No,
        }
    }

    /// The number of cached answers to this query.
    #[cfg(test)]
    pub(crate) fn recalls(&self, query: &UsageQuery) -> usize {
        self.known.lock().runs.iter().filter(|run| run.query == *query).count()
    }

    /// Caches an answer that was read after the day's commit `version`, unless one of its hours changed
    /// since. The order of the caller's steps is [`Past::watch`], then the look-up of that commit, then the
    /// connection.
    pub(crate) fn keep(&self, version: u64, query: UsageQuery, hours: Hours, sums: Option<&Arc<Sums>>) {
        let mut known = self.known.lock();
        let changed = known.hours.range(hours.0..hours.1).any(|(_, (at, _))| *at > version);
        if changed || known.any > version || known.asked.is_none() {
            return;
        }
        known.runs.retain(|run| run.hours != hours || run.query != query);
        if known.runs.len() >= MOST_RUNS {
            known.runs.remove(0);
        }
        let sums = sums.filter(|sums| sums.len() <= MOST_GROUPS);
        let room = |sums: &Arc<Sums>| Room::take(&self.taken, sums.len(), MOST_OF_ALL);
        let sums = sums.and_then(|sums| Some((Arc::clone(sums), room(sums)?)));
        known.runs.push(Run { query, hours, sums });
    }

    /// Evicts everything without a query for this long.
    pub(crate) fn trim(&self, age: Duration) {
        let mut known = self.known.lock();
        if known.asked.is_some_and(|asked| asked.elapsed() >= age) {
            known.asked = None;
            known.runs.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use quipu_core::GroupBy;

    use super::*;

    const NEVER: Duration = Duration::ZERO;
    const LONG: Duration = Duration::from_secs(3_600);

    fn by(key: GroupBy) -> UsageQuery {
        UsageQuery { group_by: vec![key], ..UsageQuery::default() }
    }

    fn sums(groups: usize) -> Arc<Sums> {
        Arc::new((0..groups).map(|group| (vec![group as i64], Figures::default())).collect())
    }

    fn has(past: &Past, hours: Hours) -> bool {
        matches!(past.recall(&by(GroupBy::User), hours), Remembered::Sums(_))
    }

    fn watched() -> Past {
        let past = Past::default();
        past.watch();
        past
    }

    fn touched(hours: impl IntoIterator<Item = i64>) -> Touched {
        Touched::Hours(hours.into_iter().collect())
    }

    #[test]
    fn an_answer_is_kept_until_one_of_its_hours_changes() {
        let past = watched();
        past.keep(0, by(GroupBy::User), (10, 20), Some(&sums(1)));
        past.keep(0, by(GroupBy::User), (12, 14), Some(&sums(1)));
        assert!(has(&past, (10, 20)) && has(&past, (12, 14)) && !has(&past, (10, 19)));
        assert!(matches!(past.recall(&by(GroupBy::Session), (10, 20)), Remembered::No));
        past.changed(1, &touched([9, 20]));
        assert!(has(&past, (10, 20)) && has(&past, (12, 14)));
        past.changed(2, &touched([19]));
        assert!(!has(&past, (10, 20)) && has(&past, (12, 14)));
        past.changed(3, &Touched::All);
        assert!(!has(&past, (12, 14)));
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let past = watched();
        past.changed(1, &touched([11]));
        past.keep(0, by(GroupBy::User), (10, 20), Some(&sums(1)));
        assert!(!has(&past, (10, 20)));
        past.keep(0, by(GroupBy::User), (12, 20), Some(&sums(1)));
        assert!(has(&past, (12, 20)));
        past.keep(1, by(GroupBy::User), (10, 20), Some(&sums(1)));
        assert!(has(&past, (10, 20)));
        // A transaction that began before the first query does not track its changes.
        past.changed(2, &Touched::none(false));
        past.keep(1, by(GroupBy::User), (10, 20), Some(&sums(1)));
        assert!(!has(&past, (10, 20)));
    }

    #[test]
    fn hours_that_change_now_are_not_taken_for_past() {
        let past = Past::default();
        assert_eq!(past.steady((10, 20), 30, LONG), (10, 20));
        past.changed(1, &Touched::All);
        assert_eq!(past.steady((10, 20), 30, LONG), (10, 20));
        assert_eq!(past.steady((10, 20), 19, LONG), (10, 19));
        past.changed(2, &touched([15, 17]));
        assert_eq!(past.steady((10, 20), 19, LONG), (10, 15));
        assert_eq!(past.steady((15, 20), 19, LONG), (15, 15));
        assert_eq!(past.steady((18, 20), 5, LONG), (18, 18));
        assert_eq!(past.steady((10, 20), 19, NEVER), (10, 20));
    }

    #[test]
    fn groups_have_bounds() {
        let room = Arc::default();
        let days: Vec<Past> = (0..8).map(|_| Past::sharing(&room)).collect();
        let keep = |past: &Past, hours, groups| {
            past.watch();
            past.keep(0, by(GroupBy::User), hours, Some(&sums(groups)));
        };
        keep(&days[0], (0, 1), MOST_GROUPS + 1);
        assert!(matches!(days[0].recall(&by(GroupBy::User), (0, 1)), Remembered::TooMany));
        days.iter().for_each(|day| keep(day, (1, 2), MOST_GROUPS));
        assert_eq!(days.iter().filter(|day| has(day, (1, 2))).count(), MOST_OF_ALL / MOST_GROUPS);
        // Evicted answers free their space.
        days[0].trim(NEVER);
        keep(&days[7], (2, 3), MOST_GROUPS);
        assert!(has(&days[7], (2, 3)));
        drop(days);
        assert_eq!(room.load(Ordering::Acquire), 0);
    }

    #[test]
    fn answers_of_a_day_and_hours_of_a_commit_have_bounds() {
        let past = watched();
        let answers = MOST_RUNS as i64 + 1;
        (0..answers).for_each(|hour| past.keep(0, by(GroupBy::User), (hour, hour + 1), Some(&sums(1))));
        assert!(!has(&past, (0, 1)) && has(&past, (1, 2)) && has(&past, (answers - 1, answers)));
        let mut touched = Touched::none(true);
        touched.hours(0, MOST_HOURS as i64 - 1);
        assert!(matches!(&touched, Touched::Hours(hours) if hours.len() == MOST_HOURS));
        touched.hours(-5, -5);
        assert!(matches!(touched, Touched::All));
        let mut touched = Touched::none(true);
        touched.hours(i64::MIN, i64::MAX);
        assert!(matches!(touched, Touched::All));
    }

    #[test]
    fn without_questions_nobody_has_to_say_what_changes() {
        let past = Past::default();
        assert!(!past.watched());
        past.keep(0, by(GroupBy::User), (1, 2), Some(&sums(1)));
        assert!(!has(&past, (1, 2)));
        past.watch();
        assert!(past.watched());
        past.trim(LONG);
        assert!(past.watched());
        past.trim(NEVER);
        assert!(!past.watched());
    }
}
