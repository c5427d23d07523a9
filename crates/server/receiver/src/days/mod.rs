//! Limits of the UTC days that a request and a key may reach, and the split of a batch by day.
//!
//! The store keeps a file for each UTC day. A day without a file costs far more than a record, so the number
//! of days is limited like the number of bytes. Yesterday, today and tomorrow are free, because their files
//! are open anyway.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use quipu_core::{Batch, Limits, Metric, Timestamp, TraceId};
use quipu_otlp::{Rejection, Rejections};

/// How long a day counts for its key.
const WINDOW: Duration = Duration::from_secs(3_600);
/// The days of a project, as a multiple of the days of one key.
const OF_PROJECT: usize = 4;
/// The part of the days of one key that it may reach although other keys have reached those of the project:
/// an eighth, and at least one day.
const RESERVED: usize = 8;
/// Keys with a window of their own.
const MOST_KEYS: usize = 1_024;
/// The number of windows that all other keys share.
const SHARED: u64 = 256;
/// The recently written cold days whose files the store still has open.
const WARM: usize = 2;
/// Days with a known time of the last write, at most.
const MOST_WRITTEN: usize = 8_192;
/// The reason in the count of rejected records.
const REASON: &str = "days";

/// A UTC day, counted from 1970-01-01.
type Day = i64;

fn day_of(time: Timestamp) -> Day {
    time.nanos().div_euclid(Timestamp::DAY)
}

/// The days of a batch's records, divided as in the store: a trace belongs to the day of its first span.
struct Reach {
    today: Day,
    homes: HashMap<TraceId, Day>,
}

impl Reach {
    /// `None` if all records are of yesterday, today and tomorrow.
    fn beyond(batch: &Batch, now: Timestamp) -> Option<Self> {
        let today = day_of(now);
        let near = |time: Timestamp| (day_of(time) - today).abs() <= 1;
        let all_near = batch.spans.iter().all(|span| near(span.start))
            && batch.events.iter().all(|event| near(event.time))
            && batch.metrics.iter().all(|metric| metric.points.iter().all(|point| near(point.time)));
        if all_near {
            return None;
        }
        let mut homes = HashMap::new();
        for span in &batch.spans {
            homes.entry(span.trace_id).or_insert_with(|| day_of(span.start));
        }
        Some(Self { today, homes })
    }

    fn is_near(&self, day: Day) -> bool {
        (day - self.today).abs() <= 1
    }

    fn of_span(&self, span: &quipu_core::Span) -> Day {
        self.homes.get(&span.trace_id).copied().unwrap_or_else(|| day_of(span.start))
    }

    /// All days that are not free, the nearest first.
    fn cold(&self, batch: &Batch) -> Vec<Day> {
        let spans = batch.spans.iter().map(|span| self.of_span(span));
        let events = batch.events.iter().map(|event| day_of(event.time));
        let points = batch.metrics.iter().flat_map(|metric| &metric.points).map(|point| day_of(point.time));
        let mut days: Vec<Day> =
            spans.chain(events).chain(points).filter(|day| !self.is_near(*day)).collect();
        days.sort_unstable_by_key(|day| ((day - self.today).abs(), *day));
        days.dedup();
        days
    }
}

/// The recently reached days, each with its time.
type Reached = BTreeMap<Day, Instant>;

/// The days that the keys of one project reached within the last hour, and the days with open files.
#[derive(Debug, Default)]
pub(crate) struct DayWindow(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    keys: HashMap<u64, Reached>,
    all: Reached,
    /// When each cold day was last written.
    written: Reached,
    /// The days with open files, the oldest first.
    warm: Vec<Day>,
}

/// Why a day is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Range,
    Request,
    Hour,
}

impl Refusal {
    fn words(self, limits: &Limits) -> String {
        match self {
            Self::Range => "the time is outside past_seconds and future_seconds".into(),
            Self::Request => format!(
                "the request reaches more than {} days besides yesterday, today and tomorrow (limit days_per_request)",
                limits.days_per_request
            ),
            Self::Hour => format!(
                "too many days were reached within an hour; a key may reach {} (limit days_per_hour)",
                limits.days_per_hour
            ),
        }
    }
}

impl DayWindow {
    /// Removes the records of days beyond the limits and adds them to `rejected`. `any_age` lifts the limits.
    pub(crate) fn bound(
        &self,
        batch: &mut Batch,
        key: u64,
        limits: &Limits,
        now: Timestamp,
        rejected: &mut Rejections,
    ) {
        let Some(reach) = Reach::beyond(batch, now) else { return };
        let refused = self.refused(&reach.cold(batch), key, limits, now);
        if refused.is_empty() {
            return;
        }
        let mut stays = |what: &'static str, day: Day| {
            let Some(refusal) = refused.get(&day) else { return true };
            rejected.add(REASON, || Rejection { what, where_: date(day), why: refusal.words(limits) });
            false
        };
        batch.spans.retain(|span| stays("span", reach.of_span(span)));
        batch.events.retain(|event| stays("log record", day_of(event.time)));
        for metric in &mut batch.metrics {
            metric.points.retain(|point| stays("data point", day_of(point.time)));
        }
        batch.metrics.retain(|metric| !metric.points.is_empty());
    }

    fn refused(&self, days: &[Day], key: u64, limits: &Limits, now: Timestamp) -> HashMap<Day, Refusal> {
        let seconds =
            |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(Timestamp::SECOND);
        // Adapters may derive records that begin earlier than the original one.
        let earliest = day_of(now.plus(seconds(limits.past_seconds).saturating_neg())) - 1;
        let latest = day_of(now.plus(seconds(limits.future_seconds)));
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = 0;
        let mut refused = HashMap::new();
        for day in days {
            let refusal = if *day < earliest || *day > latest {
                Some(Refusal::Range)
            } else if taken >= limits.days_per_request {
                Some(Refusal::Request)
            } else if window.reach(key, *day, limits.days_per_hour, Instant::now()) {
                taken += 1;
                None
            } else {
                Some(Refusal::Hour)
            };
            refused.extend(refusal.map(|refusal| (*day, refusal)));
        }
        refused
    }

    /// Splits a batch. Records of free days and of days with open files form one batch, and each other day is
    /// a batch of its own. Recently written days come last, so a repeated request continues from its last
    /// end.
    pub(crate) fn cut(&self, batch: Batch, now: Timestamp) -> (Batch, Vec<(Day, Batch)>) {
        let Some(reach) = Reach::beyond(&batch, now) else { return (batch, Vec::new()) };
        let warm = self.0.lock().unwrap_or_else(PoisonError::into_inner).warm.clone();
        let alone = |day: Day| (!reach.is_near(day) && !warm.contains(&day)).then_some(day);
        let mut parts: BTreeMap<Option<Day>, Batch> = BTreeMap::new();
        let Batch { spans, events, metrics, costs } = batch;
        for span in spans {
            parts.entry(alone(reach.of_span(&span))).or_default().spans.push(span);
        }
        for event in events {
            parts.entry(alone(day_of(event.time))).or_default().events.push(event);
        }
        for metric in metrics {
            for (day, metric) in by_day(metric, alone) {
                parts.entry(day).or_default().metrics.push(metric);
            }
        }
        if !costs.is_empty() {
            parts.entry(None).or_default().costs = costs;
        }
        let together = parts.remove(&None).unwrap_or_default();
        let mut parts: Vec<(Day, Batch)> =
            parts.into_iter().filter_map(|(day, batch)| Some((day?, batch))).collect();
        let window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.sort_by_key(|(day, _)| window.written.get(day).copied());
        drop(window);
        (together, parts)
    }

    /// Records that the store wrote a day and still has its files open.
    pub(crate) fn wrote(&self, day: Day) {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if window.written.len() >= MOST_WRITTEN {
            forget(&mut window.written, now);
        }
        if window.written.len() < MOST_WRITTEN {
            window.written.insert(day, now);
        }
        window.warm.retain(|known| *known != day);
        window.warm.push(day);
        if window.warm.len() > WARM {
            window.warm.remove(0);
        }
    }
}

impl Window {
    /// The window of a key: its own, else one of the shared ones.
    fn window_of(&mut self, key: u64, now: Instant) -> u64 {
        if !self.keys.contains_key(&key) && self.keys.len() >= MOST_KEYS {
            self.forget_idle(now);
        }
        // Numbers of keys have a seed of the process, so a key cannot choose its window.
        if self.keys.contains_key(&key) || self.keys.len() < MOST_KEYS { key } else { key % SHARED }
    }

    fn forget_idle(&mut self, now: Instant) {
        self.keys.retain(|_, days| {
            forget(days, now);
            !days.is_empty()
        });
    }

    /// Counts a day for its key and the project; `false` if either has reached its limit. The limit of the
    /// project leaves each key its reserved days.
    fn reach(&mut self, key: u64, day: Day, most: usize, now: Instant) -> bool {
        let key = self.window_of(key, now);
        let own = self.keys.entry(key).or_default();
        forget(own, now);
        if own.contains_key(&day) {
            return true;
        }
        forget(&mut self.all, now);
        let reserved = (most / RESERVED).max(1);
        let fits = self.all.contains_key(&day)
            || self.all.len() < most.saturating_mul(OF_PROJECT)
            || own.len() < reserved;
        let may = own.len() < most && fits;
        if may {
            own.insert(day, now);
            self.all.entry(day).or_insert(now);
        } else {
            self.forget_idle(now);
        }
        may
    }
}

fn forget(days: &mut Reached, now: Instant) {
    days.retain(|_, since| now.saturating_duration_since(*since) < WINDOW);
}

/// Splits the points of a metric by the result of `alone` for their days.
fn by_day(mut metric: Metric, alone: impl Fn(Day) -> Option<Day>) -> BTreeMap<Option<Day>, Metric> {
    let mut parts: BTreeMap<Option<Day>, Metric> = BTreeMap::new();
    for point in std::mem::take(&mut metric.points) {
        let part = parts.entry(alone(day_of(point.time))).or_insert_with(|| metric.clone());
        part.points.push(point);
    }
    parts
}

fn date(day: Day) -> String {
    let text = Timestamp::from_nanos(day.saturating_mul(Timestamp::DAY)).to_string();
    format!("of {}", text.get(..10).unwrap_or(&text))
}

#[cfg(test)]
mod tests;
