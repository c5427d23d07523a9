//! One series of the page: the figures of its sources.

use quipu_core::{Exemplar, PointValue, Temporality, Timestamp};

use super::figures::{self, add};
use super::kind::Kind;
use super::shown::Extra;
use super::source::Sent;

/// The latest figures of one source.
#[derive(Debug)]
struct Source {
    key: u64,
    /// Time of the newest point.
    time: Timestamp,
    /// Start of the series.
    start: Option<Timestamp>,
    /// Arrival of the newest point.
    seen: Timestamp,
    value: PointValue,
}

/// Effect of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Took {
    /// It is the first of its source.
    New,
    /// It is newer than the previous one of its source.
    Newer,
    /// It is not newer, and changed nothing.
    Known,
}

/// The stored data of one series.
#[derive(Debug, Default)]
pub(crate) struct Series {
    /// Usually one.
    sources: Vec<Source>,
    /// The newest of each bucket, or of the counter.
    exemplars: Vec<Exemplar>,
    /// Estimated size on the page, in bytes.
    size: usize,
}

impl Series {
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// Adds to its size. The size does not fall when a later point has fewer buckets.
    pub(crate) const fn grow(&mut self, more: usize) {
        self.size += more;
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    pub(crate) fn knows(&self, key: u64) -> bool {
        self.sources.iter().any(|source| source.key == key)
    }

    /// Stores a point. A point that is not newer than the previous one of its source changes nothing, so a
    /// batch may be written again.
    pub(crate) fn take(&mut self, kind: Kind, sent: Sent<'_>) -> Took {
        let Sent { key, temporality, point, value, now } = sent;
        let Some(source) = self.sources.iter_mut().find(|source| source.key == key) else {
            self.sources.push(Source { key, time: point.time, start: point.start, seen: now, value });
            self.remember(kind, &point.exemplars);
            return Took::New;
        };
        source.seen = now;
        if point.time <= source.time {
            return Took::Known;
        }
        source.time = point.time;
        if temporality == Temporality::Delta && kind != Kind::Gauge {
            source.value = add(&source.value, &value);
        } else {
            (source.value, source.start) = (value, point.start);
        }
        self.remember(kind, &point.exemplars);
        Took::Newer
    }

    fn remember(&mut self, kind: Kind, new: &[Exemplar]) {
        if new.is_empty() {
            return;
        }
        let Some(total) = self.total(kind) else { return };
        self.exemplars.extend_from_slice(new);
        self.exemplars.sort_by_key(|exemplar| std::cmp::Reverse(exemplar.time));
        let mut filled = Vec::new();
        self.exemplars.retain(|exemplar| {
            let place = figures::bucket_of(kind, &total, exemplar.value);
            let keep = place.is_some_and(|place| !filled.contains(&place));
            filled.extend(place);
            keep
        });
    }

    /// Removes sources without a new point for `stale_after` nanoseconds; returns their number.
    pub(crate) fn sweep(&mut self, now: Timestamp, stale_after: i64) -> usize {
        let before = self.sources.len();
        self.sources.retain(|source| now.since(source.seen) < stale_after);
        before - self.sources.len()
    }

    /// The figures for the page.
    pub(crate) fn total(&self, kind: Kind) -> Option<PointValue> {
        let mut by_time = self.sources.iter().collect::<Vec<_>>();
        by_time.sort_by_key(|source| source.time);
        let mut values = by_time.iter().map(|source| &source.value);
        if kind == Kind::Gauge {
            return values.next_back().cloned();
        }
        let first = values.next()?.clone();
        Some(values.fold(first, |total, value| add(&total, value)))
    }

    pub(crate) fn extra(&self) -> Option<Extra> {
        let created = self.sources.iter().filter_map(|source| source.start).min();
        let exemplars = self.exemplars.clone();
        (created.is_some() || !exemplars.is_empty()).then_some(Extra { created, exemplars })
    }
}
