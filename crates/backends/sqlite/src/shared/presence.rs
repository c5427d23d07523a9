//! Bloom filters of the traces and the meetings of each day, to skip days that cannot hold them.
//!
//! All spans of a trace go to one day. A late span therefore needs a look-up in every day, and a filter per
//! day avoids most of these. The filters are in memory. The writer thread builds them from the days' own
//! indices, a slice at a time, and adds each trace before its commit. A filter has at least all traces of its
//! day, so it never hides one. A day without a complete filter is always queried. Meetings are in the filters
//! of days that this process began.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use quipu_core::{Meeting, Result, TraceId};

use crate::filter::{BITS, Segment};
use crate::folder::{Day, Part};
use crate::shared::Shared;

/// Initial capacity of a new day's filter, in traces.
const FIRST: usize = 1_024;
/// Number of traces that are read from a day's index at a time.
const SLICE: usize = 5_000;
/// Bytes of filters per trace in [`crate::Config::known_traces`]: 32 MiB with the default, for 22 million
/// traces.
const BYTES_PER_KNOWN: usize = 1_024;

/// Progress of a day's filter.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Progress {
    /// It has the traces up to this one, in the order of their ids, and all traces since its creation.
    Upto(Vec<u8>),
    /// It has all traces.
    Whole,
    /// There is no memory for it, so the day is always queried.
    Without,
}

#[derive(Debug)]
struct Filter {
    segments: Vec<Segment>,
    progress: Progress,
    /// It has all meetings too.
    meetings: bool,
}

impl Filter {
    fn may_hold(&self, hash: u64) -> bool {
        self.progress != Progress::Whole || self.segments.iter().any(|segment| segment.may_hold(hash))
    }

    fn bytes(&self) -> usize {
        self.segments.iter().map(Segment::bytes).sum()
    }
}

/// The filters of all days.
#[derive(Debug)]
pub(crate) struct Presence {
    days: BTreeMap<Day, Filter>,
    keys: RandomState,
    bytes: usize,
    most: usize,
}

impl Presence {
    /// Creates filters within the memory for this number of known traces.
    pub(crate) fn new(known_traces: usize) -> Self {
        let most = known_traces.saturating_mul(BYTES_PER_KNOWN);
        Self { days: BTreeMap::new(), keys: RandomState::new(), bytes: 0, most }
    }

    /// Adds a trace before its write to a day. `is_new` means that the day has no file yet.
    fn add(&mut self, trace: TraceId, day: Day, is_new: bool) {
        if is_new && !self.days.contains_key(&day) {
            self.begin(day, FIRST, Progress::Whole);
        }
        let hash = self.keys.hash_one(trace);
        self.insert(day, hash);
    }

    /// Adds a meeting before its write to a day.
    fn add_meeting(&mut self, meeting: i64, day: Day) {
        if self.days.get(&day).is_some_and(|filter| filter.meetings) {
            let hash = self.keys.hash_one(meeting);
            self.insert(day, hash);
        }
    }

    fn may_have_met(&self, day: Day, meeting: i64) -> bool {
        let filter = self.days.get(&day).filter(|filter| filter.meetings);
        filter.is_none_or(|filter| filter.may_hold(self.keys.hash_one(meeting)))
    }

    fn begin(&mut self, day: Day, traces: usize, progress: Progress) {
        let segment = Segment::new(traces);
        let meetings = progress == Progress::Whole;
        let filter = Filter { segments: vec![segment], progress, meetings };
        let bytes = filter.bytes();
        let filter = if self.bytes.saturating_add(bytes) > self.most {
            Filter { segments: Vec::new(), progress: Progress::Without, meetings }
        } else {
            filter
        };
        self.bytes += filter.bytes();
        self.days.insert(day, filter);
    }

    fn insert(&mut self, day: Day, hash: u64) {
        let Some(filter) = self.days.get_mut(&day) else { return };
        if filter.progress == Progress::Without || filter.segments.iter().any(|part| part.may_hold(hash)) {
            return;
        }
        if filter.segments.last().is_none_or(Segment::is_full) {
            let segment = filter.segments.last().map_or_else(|| Segment::new(1), Segment::twice);
            self.bytes += segment.bytes();
            filter.segments.push(segment);
        }
        if let Some(last) = filter.segments.last_mut() {
            last.insert(hash);
        }
        if self.bytes > self.most {
            self.bytes -= filter.bytes();
            *filter = Filter { segments: Vec::new(), progress: Progress::Without, meetings: false };
        }
    }

    /// Removes the filter of a removed or replaced day.
    pub(crate) fn forget(&mut self, day: Day) {
        if let Some(filter) = self.days.remove(&day) {
            self.bytes -= filter.bytes();
        }
    }

    fn may_hold(&self, day: Day, hash: u64) -> bool {
        self.days.get(&day).is_none_or(|filter| filter.may_hold(hash))
    }

    /// The first of these days with an incomplete filter, and the filter's last trace.
    fn unlearned(&self, days: &[Day]) -> Option<(Day, Option<Vec<u8>>)> {
        days.iter().find_map(|day| match self.days.get(day).map(|filter| &filter.progress) {
            None => Some((*day, None)),
            Some(Progress::Upto(last)) => Some((*day, Some(last.clone()))),
            Some(_) => None,
        })
    }

    fn learned(&mut self, day: Day, traces: &[Vec<u8>]) {
        for trace in traces.iter().filter_map(|id| TraceId::from_slice(id).ok()) {
            let hash = self.keys.hash_one(trace);
            self.insert(day, hash);
        }
        let Some(filter) = self.days.get_mut(&day) else { return };
        if let Progress::Upto(last) = &mut filter.progress {
            match traces.last() {
                Some(trace) if traces.len() == SLICE => last.clone_from(trace),
                _ => filter.progress = Progress::Whole,
            }
        }
    }
}

impl Shared {
    /// Notes that a trace is about to be written to a day.
    pub(crate) fn will_hold(&self, trace: TraceId, day: Day) {
        let is_new = self.days.get(day).is_none() && !self.folder.file(Part::Data, day).exists();
        self.presence.lock().add(trace, day, is_new);
    }

    /// Notes that a meeting is about to be written to a day.
    pub(crate) fn will_meet(&self, meeting: i64, day: Day) {
        self.presence.lock().add_meeting(meeting, day);
    }

    /// Whether a day may have spans of a meeting, by the filters in memory.
    pub(crate) fn may_have_met(&self) -> impl Fn(Meeting, Day) -> bool {
        let presence = self.presence.lock();
        move |meeting, day| presence.may_have_met(day, meeting.number())
    }

    /// Builds filters until the given time. Only the writer thread may call this, between two transactions.
    pub(crate) fn learn_presence(&self, until: Instant) -> Result<()> {
        let mut days = self.days.sound();
        while let Some((day, last)) = {
            let presence = self.presence.lock();
            presence.unlearned(&days)
        } {
            let begun = last.is_some();
            let after = last.unwrap_or_default();
            let slice = self.ask(day, |reader| {
                let count = "SELECT COALESCE(MAX(pk), 0) FROM traces";
                let traces: u64 =
                    if begun { 0 } else { reader.conn.query_row(count, [], |row| row.get(0))? };
                let mut look = reader
                    .conn
                    .prepare_cached("SELECT trace FROM traces WHERE trace > ?1 ORDER BY trace LIMIT ?2")?;
                let ids = look.query_map((&after, SLICE), |row| row.get(0))?;
                Ok((traces, ids.collect::<rusqlite::Result<Vec<Vec<u8>>>>()?))
            })?;
            let Some((traces, ids)) = slice else {
                // The day was removed, or found to be damaged.
                days.retain(|other| *other != day);
                continue;
            };
            let mut presence = self.presence.lock();
            if !begun {
                let room = usize::try_from(traces).unwrap_or(usize::MAX / BITS).max(64);
                presence.begin(day, room + room / 8, Progress::Upto(Vec::new()));
            }
            presence.learned(day, &ids);
            drop(presence);
            if Instant::now() >= until {
                break;
            }
        }
        Ok(())
    }

    /// Whether a day may hold a trace, by the filters in memory. No file is read.
    pub(crate) fn may_hold_any(&self) -> Result<impl Fn(TraceId) -> bool> {
        let days = self.sound_days()?;
        let presence = self.presence.lock();
        Ok(move |trace| {
            let hash = presence.keys.hash_one(trace);
            days.iter().any(|day| presence.may_hold(*day, hash))
        })
    }

    /// The days that may hold a trace, by the filters in memory or by the digests of closed days.
    pub(crate) fn days_that_may_hold(&self, trace: TraceId) -> Result<Vec<Day>> {
        let mut days = self.sound_days()?;
        let may_hold = self.filters();
        days.retain(|day| may_hold(*day, trace));
        Ok(days)
    }

    /// Whether a day may hold a trace. The filters in memory stay locked until the answer is dropped.
    fn filters(&self) -> impl Fn(Day, TraceId) -> bool {
        let presence = (!self.read_only).then(|| self.presence.lock());
        move |day, trace| match &presence {
            Some(presence) => presence.may_hold(day, presence.keys.hash_one(trace)),
            None => self.digests.get(&self.folder, day).is_none_or(|digest| digest.may_hold(trace)),
        }
    }

    /// The days with each of these traces, oldest first. Traces without a day are omitted.
    pub(crate) fn days_of(&self, traces: &[TraceId]) -> Result<HashMap<TraceId, Vec<Day>>> {
        let mut asked: BTreeMap<Day, Vec<TraceId>> = BTreeMap::new();
        let days = self.sound_days()?;
        {
            let may_hold = self.filters();
            for trace in traces {
                for day in days.iter().filter(|day| may_hold(**day, *trace)) {
                    asked.entry(*day).or_default().push(*trace);
                }
            }
        }
        let mut found: HashMap<TraceId, Vec<Day>> = HashMap::new();
        for (day, wanted) in asked {
            if !self.folder.file(Part::Data, day).exists() {
                continue;
            }
            let there = self.ask(day, |reader| {
                let mut look = reader.conn.prepare_cached("SELECT 1 FROM traces WHERE trace = ?1")?;
                let held = wanted.iter().filter_map(|trace| match look.exists([trace.as_bytes()]) {
                    Ok(there) => there.then_some(Ok(*trace)),
                    Err(error) => Some(Err(error)),
                });
                Ok(held.collect::<rusqlite::Result<Vec<TraceId>>>()?)
            })?;
            there.into_iter().flatten().for_each(|trace| found.entry(trace).or_default().push(day));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> TraceId {
        let mut bytes = [7; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        TraceId::from_bytes(bytes).unwrap()
    }

    fn holds(presence: &Presence, day: i32, number: u64) -> bool {
        presence.may_hold(Day(day), presence.keys.hash_one(id(number)))
    }

    #[test]
    fn a_filter_never_hides_a_trace_and_seldom_names_another() {
        let mut presence = Presence::new(32_768);
        (0..50_000).for_each(|number| presence.add(id(number), Day(1), true));
        assert!((0..50_000).all(|number| holds(&presence, 1, number)));
        let wrong = (50_000..100_000).filter(|number| holds(&presence, 1, *number)).count();
        assert!(wrong < 2_500, "{wrong} of 50,000");
        assert!(presence.bytes < 50_000 * BITS / 8 * 4, "{} bytes", presence.bytes);
        assert!(holds(&presence, 2, 1), "a day without a filter may hold anything");
        presence.forget(Day(1));
        assert_eq!(presence.bytes, 0);
    }

    #[test]
    fn a_meeting_is_hidden_only_from_days_that_began_with_a_filter() {
        let mut presence = Presence::new(32_768);
        presence.add(id(1), Day(1), true);
        presence.add_meeting(5, Day(1));
        assert!(presence.may_have_met(Day(1), 5) && !presence.may_have_met(Day(1), 6));
        presence.begin(Day(2), 64, Progress::Upto(Vec::new()));
        presence.learned(Day(2), &[]);
        assert!(!holds(&presence, 2, 1) && presence.may_have_met(Day(2), 6), "its meetings were not read");
        presence.forget(Day(1));
        presence.add(id(2), Day(1), false);
        assert!(presence.may_have_met(Day(1), 6), "a replaced day");
    }

    #[test]
    fn a_filter_that_would_need_too_much_memory_is_none() {
        let mut presence = Presence::new(4);
        (0..50_000).for_each(|number| presence.add(id(number), Day(1), true));
        assert!(presence.bytes <= 4 * BYTES_PER_KNOWN);
        assert!(holds(&presence, 1, 1) && holds(&presence, 1, 99_999));
    }

    #[test]
    fn what_comes_while_a_filter_is_built_is_in_it() {
        let mut presence = Presence::new(32_768);
        presence.begin(Day(1), 64, Progress::Upto(Vec::new()));
        presence.add(id(1), Day(1), false);
        assert!(holds(&presence, 1, 5), "it is not whole yet");
        presence.learned(Day(1), &[id(2).as_bytes().to_vec()]);
        assert!(holds(&presence, 1, 1) && holds(&presence, 1, 2));
        assert_eq!((3..200).filter(|number| holds(&presence, 1, *number)).count(), 0);
    }
}
