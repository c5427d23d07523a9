//! The drift watch of one project.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use compact_str::CompactString;
use quipu_core::{Kind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::counts::{Shape, Tally};
use crate::known::{Completeness, SavedSource, SourceVersion};
use crate::seen::BatchCounts;
use crate::sequence::Sequences;
use crate::shares::{self, Change};
use crate::silence::Rhythm;
use crate::source::Source;
use crate::traces::{Figures, Traces};

/// Number of remembered days.
const DAYS: i32 = 28;
/// Maximum number of remembered source versions; the least recent one is removed first.
const MOST_SOURCES: usize = 256;
/// Maximum number of span shapes per source and day; further shapes are not compared.
const MOST_SHAPES: usize = 32;
/// Maximum number of tallies; the oldest day is removed first.
const MOST_TALLIES: usize = 8_192;
/// Maximum number of changes in a report; the latest ones are kept.
const MOST_CHANGES: usize = 500;

#[derive(Default)]
struct WatchState {
    sources: BTreeMap<Source, SourceVersion>,
    ids: u64,
    tallies: usize,
    traces: Traces,
    sequences: Sequences,
    up: Option<Timestamp>,
}

/// Watches the sources of one project.
#[derive(Default)]
pub struct Watch(Mutex<WatchState>);

/// The report of the watch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Changes of shares, latest first.
    pub changes: Vec<Change>,
    /// The completeness of every source, by name and version.
    pub sources: Vec<Completeness>,
}

/// The stored form of the watch.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Saved {
    sources: Vec<SavedSource>,
}

impl Watch {
    /// Adds the counts of a committed batch.
    pub fn add(&self, seen: BatchCounts, now: Timestamp) {
        if !seen.is_empty() {
            self.lock().add(seen, now);
        }
    }

    /// Returns the report at a time.
    pub fn report(&self, now: Timestamp) -> Report {
        let (sources, missing, up) = {
            let mut state = self.lock();
            state.judge(now);
            (state.sources.clone(), state.sequences.missing(), state.up.unwrap_or(now))
        };
        let mut changes = changes(&sources);
        changes.sort_by_key(|change| std::cmp::Reverse(change.since));
        changes.truncate(MOST_CHANGES);
        let quiet = silent(&sources, up, now);
        let whole = |(source, known): (Source, SourceVersion)| known.completeness(source, &missing, &quiet);
        Report { changes, sources: sources.into_iter().map(whole).collect() }
    }

    /// Returns the state to store.
    pub fn saved(&self, now: Timestamp) -> Saved {
        let mut state = self.lock();
        state.judge(now);
        let missing = state.sequences.missing();
        let sources = state.sources.iter().map(|(source, known)| known.saved(source, &missing)).collect();
        Saved { sources }
    }

    /// Adds the state that an earlier process stored.
    pub fn resume(&self, saved: Saved, now: Timestamp) {
        if saved.sources.is_empty() {
            return;
        }
        let mut state = self.lock();
        state.up = Some(now);
        state.traces.resumed = Some(now);
        for source in saved.sources {
            state.resume(source);
        }
        state.forget_old(now);
    }

    fn lock(&self) -> MutexGuard<'_, WatchState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WatchState {
    fn add(&mut self, seen: BatchCounts, now: Timestamp) {
        self.up.get_or_insert(now);
        let BatchCounts { sources, tallies, joints, numbered, times } = seen;
        let ids: Vec<u64> =
            sources.iter().zip(&times).map(|(source, times)| self.heard(source, *times, now)).collect();
        let oldest = day(now).saturating_sub(DAYS);
        for ((source, day, shape), tally) in tallies {
            if day > oldest {
                self.count(&sources[source], day, shape, &tally);
            }
        }
        let mut told = Vec::new();
        for joint in &joints {
            self.traces.note(joint, ids[joint.source], now, &mut told);
        }
        for one in numbered {
            if let Some((source, missing)) = self.sequences.note(one.series, ids[one.source], one.number) {
                self.by_id(source, |known| known.missing += missing);
            }
        }
        self.settle(told);
        if self.tallies > MOST_TALLIES {
            self.forget_old(now);
        }
    }

    /// The number of a source; a new source gets a new one.
    fn heard(&mut self, source: &Source, (first, last): (Timestamp, Timestamp), now: Timestamp) -> u64 {
        if !self.sources.contains_key(source) {
            self.make_way();
            self.ids += 1;
        }
        let id = self.ids;
        let known = self.sources.entry(source.clone()).or_insert_with(|| SourceVersion::new(id, first, now));
        known.first_seen = known.first_seen.min(first);
        known.last_seen = known.last_seen.max(last);
        known.rhythm.note(now);
        known.id
    }

    fn make_way(&mut self) {
        if self.sources.len() < MOST_SOURCES {
            return;
        }
        let oldest = self
            .sources
            .iter()
            .min_by_key(|(_, known)| known.rhythm.last())
            .map(|(source, _)| source.clone());
        if let Some(gone) = oldest.and_then(|source| self.sources.remove(&source)) {
            self.tallies -= gone.tallies.len();
        }
    }

    fn count(&mut self, source: &Source, day: i32, shape: Shape, tally: &Tally) {
        // A batch with too many sources removes its own.
        let Some(known) = self.sources.get_mut(source) else { return };
        let key = (day, shape);
        if !known.tallies.contains_key(&key) {
            if known.tallies.keys().filter(|(known, _)| *known == day).count() >= MOST_SHAPES {
                return;
            }
            self.tallies += 1;
        }
        known.tallies.entry(key).or_default().add(tally);
    }

    /// Removes expired days, and the oldest days while there are too many tallies.
    fn forget_old(&mut self, now: Timestamp) {
        let mut oldest = day(now).saturating_sub(DAYS);
        loop {
            for known in self.sources.values_mut() {
                known.tallies.retain(|(day, _), _| *day > oldest);
            }
            self.tallies = self.sources.values().map(|known| known.tallies.len()).sum();
            if self.tallies <= MOST_TALLIES {
                return;
            }
            oldest += 1;
        }
    }

    fn judge(&mut self, now: Timestamp) {
        let told = self.traces.judge(now);
        self.settle(told);
    }

    fn settle(&mut self, told: Vec<Figures>) {
        for one in told {
            match one {
                Figures::Add(source, judged) => self.by_id(source, |known| known.judged.add(judged)),
                Figures::TakeBack(source, judged) => {
                    self.by_id(source, |known| known.judged.take_back(judged))
                }
            }
        }
    }

    fn by_id(&mut self, id: u64, change: impl FnOnce(&mut SourceVersion)) {
        if let Some(known) = self.sources.values_mut().find(|known| known.id == id) {
            change(known);
        }
    }

    fn resume(&mut self, saved: SavedSource) {
        self.ids += 1;
        let (source, known) = SourceVersion::resumed(self.ids, saved);
        self.sources.insert(source, known);
    }
}

/// Sources that are silent in every version, with the time of their last record. An update is no silence.
fn silent(
    sources: &BTreeMap<Source, SourceVersion>,
    up: Timestamp,
    now: Timestamp,
) -> BTreeMap<CompactString, Timestamp> {
    let mut rhythms: BTreeMap<&CompactString, Rhythm> = BTreeMap::new();
    for (source, known) in sources {
        rhythms.entry(&source.name).and_modify(|all| *all = all.with(known.rhythm)).or_insert(known.rhythm);
    }
    let quiet =
        |(name, rhythm): (&CompactString, Rhythm)| Some((name.clone(), rhythm.silent_since(up, now)?));
    rhythms.into_iter().filter_map(quiet).collect()
}

/// The changes of all sources; a change in several signals counts once.
fn changes(sources: &BTreeMap<Source, SourceVersion>) -> Vec<Change> {
    let mut names: BTreeMap<&CompactString, Vec<(&CompactString, &SourceVersion)>> = BTreeMap::new();
    for (source, known) in sources {
        names.entry(&source.name).or_default().push((&source.version, known));
    }
    let mut found: BTreeMap<(CompactString, CompactString, &str, Option<Kind>, Timestamp), Change> =
        BTreeMap::new();
    for change in names.into_iter().flat_map(|(name, versions)| shares::of(name, &versions)) {
        let key = (change.source.clone(), change.version.clone(), change.field, change.kind, change.since);
        let spans = |change: &Change| change.spans_before.min(change.spans_after);
        if found.get(&key).is_none_or(|known| spans(known) < spans(&change)) {
            found.insert(key, change);
        }
    }
    found.into_values().collect()
}

fn day(at: Timestamp) -> i32 {
    i32::try_from(at.nanos().div_euclid(Timestamp::DAY)).unwrap_or_default()
}
