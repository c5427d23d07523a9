//! Meetings in memory: the records of one session across traces and signals.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use foldhash::{HashMap, HashMapExt};
use quipu_core::{Arrival, Cost, Meeting, Signal, Timestamp, answer_id_is_unique};

use crate::place;
use crate::recent::{Recent, recent};
use crate::row::{self, Id, Records, Row};

/// Width of the windows in which a service's calls exclude its metrics, in nanoseconds.
pub(crate) const WINDOW: i64 = 300_000_000_000;
/// Maximum lead of a call's start over its metric's time, in nanoseconds.
pub(crate) const BEFORE: i64 = 2 * WINDOW;

/// A day in nanoseconds.
const DAY: i64 = 86_400_000_000_000;

/// The day of a time, counted from 1970-01-01.
pub(crate) fn day_of(time: Timestamp) -> i64 {
    time.nanos().div_euclid(DAY)
}

/// The records that are joined with each counted one.
type JoinedIds = HashMap<Id, Vec<Id>>;

/// Records and state of one meeting.
#[derive(Debug, Default)]
struct MeetingState {
    records: Records,
    given: Given,
    /// Windows with known calls of the service in other meetings, each with the credentials of their sender.
    told: BTreeSet<(i64, u64)>,
    looked: Days,
}

/// The rows of a meeting as last returned.
#[derive(Debug)]
enum Given {
    /// All as their traces alone give them. Most answers have one record, which needs no fingerprint.
    AsRead,
    /// A fingerprint of each.
    Prints(HashMap<Id, u64>),
}

impl Default for Given {
    fn default() -> Self {
        Self::Prints(HashMap::new())
    }
}

/// Days whose records were read from the store. Most meetings have one.
#[derive(Debug, Default)]
struct Days {
    first: Option<i64>,
    others: BTreeSet<i64>,
}

impl Days {
    fn contains(&self, day: i64) -> bool {
        self.first == Some(day) || self.others.contains(&day)
    }

    fn insert(&mut self, day: i64) {
        match self.first {
            None => self.first = Some(day),
            Some(first) if first == day => {}
            Some(_) => {
                self.others.insert(day);
            }
        }
    }
}

impl MeetingState {
    /// Adds or replaces a record.
    fn put(&mut self, id: Id, row: Row) {
        if matches!(self.given, Given::AsRead) {
            let prints =
                self.records.iter().map(|(id, row)| (*id, print_of((row, &row.cost), row.arrival, None)));
            self.given = Given::Prints(prints.collect());
        }
        self.records.insert(id, Box::new(row));
    }

    fn remove(&mut self, id: &Id) {
        self.records.remove(id);
        if let Given::Prints(prints) = &mut self.given {
            prints.remove(id);
        }
    }

    /// The only record, if it is a span of which nothing was returned.
    fn new_single(&self) -> Option<&Row> {
        let is_new = matches!(&self.given, Given::Prints(prints) if prints.is_empty());
        let single = self.records.values().next().filter(|_| is_new && self.records.len() == 1);
        single.map(|row| &**row).filter(|row| row.cost.signal == Signal::Span)
    }

    /// Whether no two records can be of one call, because all are spans of one source.
    fn is_plain(&self) -> bool {
        let Some(first) = self.records.values().next() else { return true };
        // One instrumentation can report an answer twice, in two processes or by two tracer providers.
        let is_of_answer = |row: &Row| row.cost.kind.is_call() && row.call_id == first.call_id;
        let has_unique_id = || first.call_id.as_deref().is_some_and(answer_id_is_unique);
        if self.records.len() > 1 && has_unique_id() && self.records.values().all(|row| is_of_answer(row)) {
            return false;
        }
        self.records.values().all(|row| {
            row.cost.signal == Signal::Span
                && row.cost.framework == first.cost.framework
                && row.cost.convention == first.cost.convention
                && row.scope == first.scope
        })
    }

    fn is_told(&self, row: &Row) -> bool {
        let from = window(row.cost.time.nanos().saturating_sub(BEFORE));
        let until = window(row.cost.time.nanos().saturating_add(row.cost.duration.unwrap_or(0)));
        let credentials = row.arrival.credentials();
        self.told.range((from, 0)..=(until, u64::MAX)).any(|(_, told)| *told == credentials)
    }

    /// The rows as the meeting decides them, and the records that it joins with each counted one.
    fn decided(&self) -> (Vec<(Cost, Arrival)>, JoinedIds) {
        let mut joined = JoinedIds::new();
        if self.is_plain() {
            return (self.records.values().map(|row| (row.cost.clone(), row.arrival)).collect(), joined);
        }
        let mut pairs = Vec::new();
        let decided = place::decide(&self.records, |row| self.is_told(row), &mut pairs);
        pairs.into_iter().for_each(|(counted, other)| joined.entry(counted).or_default().push(other));
        (decided, joined)
    }

    /// A decided row, with the instrumentations of all spans that are joined with it.
    fn row(&self, (cost, arrival): (Cost, Arrival), joined: &JoinedIds) -> Option<Row> {
        let id = (cost.trace_id, cost.span_id);
        let row = self.records.get(&id)?;
        let others = joined.get(&id).into_iter().flatten().filter_map(|other| self.records.get(other));
        let others =
            others.filter(|other| other.cost.signal == Signal::Span).flat_map(|other| other.reporters());
        let others = row.others.iter().cloned().chain(others).collect();
        Some(Row { cost, arrival, others, ..Row::clone(row) })
    }

    fn settle(&mut self, out: &mut Vec<Row>) {
        if let Some(row) = self.new_single() {
            out.push(row.clone());
            self.given = Given::AsRead;
            return;
        }
        let mut prints = match std::mem::take(&mut self.given) {
            // Nothing has changed since.
            Given::AsRead => return self.given = Given::AsRead,
            Given::Prints(prints) => prints,
        };
        let (decided, joined) = self.decided();
        for (mut cost, arrival) in decided {
            let id = (cost.trace_id, cost.span_id);
            let Some(row) = self.records.get(&id) else { continue };
            let print = print_of((row, &cost), arrival, joined.get(&id));
            if prints.insert(id, print) != Some(print) {
                cost.version = row::next_version();
                out.extend(self.row((cost, arrival), &joined));
            }
        }
        self.given = Given::Prints(prints);
    }
}

/// Fingerprint of a decided row.
fn print_of((row, cost): (&Row, &Cost), arrival: Arrival, joined: Option<&Vec<Id>>) -> u64 {
    FixedState::default().hash_one((row.print_as(cost), arrival, joined))
}

fn window(nanos: i64) -> i64 {
    nanos.div_euclid(WINDOW)
}

/// All meetings in memory.
#[derive(Debug)]
pub(crate) struct Meetings {
    places: Recent<Meeting, MeetingState>,
    home: HashMap<Id, Meeting>,
    most: usize,
}

impl Meetings {
    /// Creates a cache of about `most` records. Records of the current batch are always kept.
    pub fn new(most: usize) -> Self {
        Self { places: recent(), home: HashMap::new(), most }
    }

    /// Whether a meeting is in memory.
    pub fn holds(&self, meeting: Meeting) -> bool {
        self.places.contains(&meeting)
    }

    /// Whether a meeting is in memory and was read from the store around this time. A session can last for
    /// days.
    pub fn knows(&self, meeting: Meeting, time: Timestamp) -> bool {
        self.places.peek(&meeting).is_some_and(|place| place.looked.contains(day_of(time)))
    }

    /// Whether the store was asked for a meeting's records within a day of this time, the range of one
    /// answer.
    pub fn covers(&self, meeting: Meeting, time: Timestamp) -> bool {
        let day = day_of(time);
        let looked = |place: &MeetingState| (day - 1..=day + 1).any(|day| place.looked.contains(day));
        self.places.peek(&meeting).is_some_and(looked)
    }

    /// Notes that the store was asked for a meeting's records around this time.
    pub fn looked(&mut self, meeting: Meeting, time: Timestamp) {
        if let Some(place) = self.places.peek_mut(&meeting) {
            place.looked.insert(day_of(time));
        }
    }

    /// Adds a meeting with its stored records.
    pub fn open(&mut self, meeting: Meeting, stored: impl IntoIterator<Item = Row>) {
        self.places.get_or_insert_mut(meeting, MeetingState::default);
        for row in stored {
            if row.meeting == Some(meeting) {
                self.put(meeting, row);
            }
        }
    }

    /// Whether the meeting holds metrics.
    pub fn has_metrics(&self, meeting: Meeting) -> bool {
        self.places.peek(&meeting).is_some_and(|place| !place.records.is_empty())
    }

    /// Notes the time range of known calls of the service whose metrics are in this meeting, and the
    /// credentials of their sender.
    pub fn tell(&mut self, meeting: Meeting, (from, until): (i64, i64), credentials: u64) {
        if let Some(place) = self.places.get_mut(&meeting) {
            place.told.extend([(window(from), credentials), (window(until), credentials)]);
        }
    }

    /// Adds new and changed rows, and returns all rows that change, including those of other records. The
    /// meetings `again` are decided again.
    pub fn settle(&mut self, rows: Vec<Row>, again: impl IntoIterator<Item = Meeting>) -> Vec<Row> {
        let mut out = Vec::with_capacity(rows.len());
        let mut dirty: Vec<Meeting> = again.into_iter().collect();
        for row in rows {
            let id = (row.cost.trace_id, row.cost.span_id);
            let before = self.home.get(&id).copied();
            if let Some(left) = before.filter(|before| Some(*before) != row.meeting) {
                self.leave(left, id);
                dirty.push(left);
            }
            match row.meeting {
                Some(meeting) => {
                    let day = day_of(row.cost.time);
                    self.put(meeting, row).looked.insert(day);
                    dirty.push(meeting);
                }
                None => out.push(row),
            }
        }
        dirty.sort_unstable();
        dirty.dedup();
        for meeting in &dirty {
            if let Some(place) = self.places.get_mut(meeting) {
                place.settle(&mut out);
            }
        }
        self.shrink(&dirty);
        out
    }

    /// The rows as their meetings decide them, without marking them as returned.
    pub fn decided(&self, rows: Vec<Row>) -> Vec<Row> {
        let mut decided: HashMap<Meeting, HashMap<Id, Row>> = HashMap::new();
        let of_place = |meeting: Meeting| -> HashMap<Id, Row> {
            let Some(place) = self.places.peek(&meeting) else { return HashMap::new() };
            let (decided, joined) = place.decided();
            decided.into_iter().filter_map(|one| place.row(one, &joined)).map(|row| (row.id(), row)).collect()
        };
        let by_meeting = |row: Row| {
            let Some(meeting) = row.meeting else { return row };
            let rows = decided.entry(meeting).or_insert_with(|| of_place(meeting));
            match rows.remove(&row.id()) {
                Some(Row { cost, arrival, others, .. }) => Row { cost, arrival, others, ..row },
                None => row,
            }
        };
        rows.into_iter().map(by_meeting).collect()
    }

    /// The pairs of records of one call or tool run in a meeting, and all of its rows.
    pub fn joined(&self, meeting: Meeting) -> (Vec<(Id, Id)>, Vec<Row>) {
        let Some(place) = self.places.peek(&meeting).filter(|place| !place.is_plain()) else {
            return Default::default();
        };
        let mut pairs = Vec::new();
        place::decide(&place.records, |row| place.is_told(row), &mut pairs);
        (pairs, place.records.values().map(|row| Row::clone(row)).collect())
    }

    /// Evicts all meetings.
    pub fn clear(&mut self) {
        self.places.clear();
        self.home.clear();
    }

    fn put(&mut self, meeting: Meeting, row: Row) -> &mut MeetingState {
        let id = row.id();
        self.home.insert(id, meeting);
        let place = self.places.get_or_insert_mut(meeting, MeetingState::default);
        place.put(id, row);
        place
    }

    fn leave(&mut self, meeting: Meeting, id: Id) {
        self.home.remove(&id);
        if let Some(place) = self.places.get_mut(&meeting) {
            place.remove(&id);
        }
    }

    fn drop(&mut self, meeting: Meeting) {
        if let Some(place) = self.places.pop(&meeting) {
            for id in place.records.keys() {
                self.home.remove(id);
            }
        }
    }

    /// Evicts the oldest meetings except `keep`, which is sorted.
    fn shrink(&mut self, keep: &[Meeting]) {
        while self.home.len() > self.most {
            let oldest = self.places.peek_lru().map(|(meeting, _)| *meeting);
            match oldest.filter(|meeting| keep.binary_search(meeting).is_err()) {
                Some(meeting) => self.drop(meeting),
                None => return,
            }
        }
    }
}
