//! The meetings in memory: where the records of one session come together, whatever traces they are in.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt, HashSet};
use lru::LruCache;
use quipu_core::{Cost, Meeting, Signal, Timestamp, TraceId};

use crate::ledger::day_of;
use crate::place::{self, Id, Records};
use crate::row::{self, Row};

/// Width of the windows in which a service's calls rule out its metrics, in nanoseconds.
pub(crate) const WINDOW: i64 = 300_000_000_000;
/// How much earlier than a metric's own time its calls may have begun, in nanoseconds.
pub(crate) const BEFORE: i64 = 2 * WINDOW;

/// One meeting.
#[derive(Debug, Default)]
struct Place {
    records: Records,
    /// Print of each row as it was last given out.
    given: HashMap<Id, u64>,
    /// Windows in which calls of the service are known that do not meet here.
    told: BTreeSet<i64>,
    /// Days around which the store was asked for records.
    looked: BTreeSet<i64>,
}

impl Place {
    /// Whether no two records can be of one call: all are spans of one source.
    fn is_plain(&self) -> bool {
        let Some(first) = self.records.values().next() else { return true };
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
        self.told.range(from..=until).next().is_some()
    }

    fn decided(&self) -> Vec<Cost> {
        if self.is_plain() {
            self.records.values().map(|row| row.cost.clone()).collect()
        } else {
            place::decide(&self.records, |row| self.is_told(row), &mut Vec::new())
        }
    }

    fn settle(&mut self, out: &mut Vec<Row>) {
        for mut cost in self.decided() {
            let id = (cost.trace_id, cost.span_id);
            let print = row::print(&cost);
            if self.given.insert(id, print) != Some(print) {
                cost.version = row::next_version();
                out.extend(self.records.get(&id).map(|row| Row { cost, ..row.clone() }));
            }
        }
    }
}

fn window(nanos: i64) -> i64 {
    nanos.div_euclid(WINDOW)
}

/// Every meeting that is in memory.
#[derive(Debug)]
pub(crate) struct Meetings {
    places: LruCache<Meeting, Place>,
    home: HashMap<Id, Meeting>,
    most: usize,
}

impl Meetings {
    /// Meetings that keep about `most` records in memory; those of the batch at hand are always kept.
    pub fn new(most: usize) -> Self {
        Self { places: LruCache::unbounded(), home: HashMap::new(), most }
    }

    /// Whether a meeting is in memory.
    pub fn holds(&self, meeting: Meeting) -> bool {
        self.places.contains(&meeting)
    }

    /// Whether a meeting is in memory, with what the store has of it around this time: a session can last for days.
    pub fn knows(&self, meeting: Meeting, time: Timestamp) -> bool {
        self.places.peek(&meeting).is_some_and(|place| place.looked.contains(&day_of(time)))
    }

    /// Whether the store was asked for a meeting's records around this time or a day from it, which is how far an answer reaches.
    pub fn covers(&self, meeting: Meeting, time: Timestamp) -> bool {
        let day = day_of(time);
        let looked = |place: &Place| place.looked.range(day - 1..=day + 1).next().is_some();
        self.places.peek(&meeting).is_some_and(looked)
    }

    /// Notes that the store was asked for a meeting's records around this time.
    pub fn looked(&mut self, meeting: Meeting, time: Timestamp) {
        if let Some(place) = self.places.peek_mut(&meeting) {
            place.looked.insert(day_of(time));
        }
    }

    /// Begins a meeting, with what the store knows of it.
    pub fn open(&mut self, meeting: Meeting, stored: impl IntoIterator<Item = Row>) {
        self.places.get_or_insert_mut(meeting, Place::default);
        for row in stored {
            if row.meeting == Some(meeting) {
                self.put(meeting, row);
            }
        }
    }

    /// Whether metrics meet there.
    pub fn has_metrics(&self, meeting: Meeting) -> bool {
        self.places.peek(&meeting).is_some_and(|place| !place.records.is_empty())
    }

    /// Notes that calls are known of the service whose metrics meet there, from one time to another.
    pub fn tell(&mut self, meeting: Meeting, from: i64, until: i64) {
        if let Some(place) = self.places.get_mut(&meeting) {
            place.told.extend([window(from), window(until)]);
        }
    }

    /// Takes new and changed rows, and gives those that change by it, theirs and others'; `again` are meetings to look at
    /// anew.
    pub fn settle(&mut self, rows: Vec<Row>, again: impl IntoIterator<Item = Meeting>) -> Vec<Row> {
        let mut out = Vec::with_capacity(rows.len());
        let mut dirty: HashSet<Meeting> = again.into_iter().collect();
        for row in rows {
            let id = (row.cost.trace_id, row.cost.span_id);
            let before = self.home.get(&id).copied();
            if let Some(left) = before.filter(|before| Some(*before) != row.meeting) {
                self.leave(left, id);
                dirty.insert(left);
            }
            match row.meeting {
                Some(meeting) => {
                    let time = row.cost.time;
                    self.put(meeting, row);
                    self.looked(meeting, time);
                    dirty.insert(meeting);
                }
                None => out.push(row),
            }
        }
        let mut dirty: Vec<Meeting> = dirty.into_iter().collect();
        dirty.sort_unstable();
        for meeting in &dirty {
            if let Some(place) = self.places.get_mut(meeting) {
                place.settle(&mut out);
            }
        }
        self.shrink(&dirty);
        out
    }

    /// Rows as their meetings decide them; nothing is given out by that.
    pub fn decided(&self, rows: Vec<Row>) -> Vec<Row> {
        let mut decided: HashMap<Meeting, HashMap<Id, Cost>> = HashMap::new();
        let of_place = |meeting: Meeting| -> HashMap<Id, Cost> {
            let costs = self.places.peek(&meeting).map(Place::decided).unwrap_or_default();
            costs.into_iter().map(|cost| ((cost.trace_id, cost.span_id), cost)).collect()
        };
        let by_meeting = |row: Row| {
            let Some(meeting) = row.meeting else { return row };
            let costs = decided.entry(meeting).or_insert_with(|| of_place(meeting));
            match costs.remove(&(row.cost.trace_id, row.cost.span_id)) {
                Some(cost) => Row { cost, ..row },
                None => row,
            }
        };
        rows.into_iter().map(by_meeting).collect()
    }

    /// The records of a meeting that are of one call or tool run, two by two, and all of its rows.
    pub fn joined(&self, meeting: Meeting) -> (Vec<(Id, Id)>, Vec<Row>) {
        let Some(place) = self.places.peek(&meeting).filter(|place| !place.is_plain()) else {
            return Default::default();
        };
        let mut pairs = Vec::new();
        place::decide(&place.records, |row| place.is_told(row), &mut pairs);
        (pairs, place.records.values().cloned().collect())
    }

    /// Forgets these meetings and those that the traces took part in before: the store alone knows what is true of them now.
    pub fn forget(&mut self, traces: &HashSet<TraceId>, meetings: HashSet<Meeting>) {
        let mut all = meetings;
        all.extend(
            self.home.iter().filter(|((trace, _), _)| traces.contains(trace)).map(|(_, meeting)| *meeting),
        );
        all.into_iter().for_each(|meeting| self.drop(meeting));
    }

    /// Forgets every meeting.
    pub fn clear(&mut self) {
        self.places.clear();
        self.home.clear();
    }

    fn put(&mut self, meeting: Meeting, row: Row) {
        let id = (row.cost.trace_id, row.cost.span_id);
        self.home.insert(id, meeting);
        self.places.get_or_insert_mut(meeting, Place::default).records.insert(id, row);
    }

    fn leave(&mut self, meeting: Meeting, id: Id) {
        self.home.remove(&id);
        if let Some(place) = self.places.get_mut(&meeting) {
            place.records.remove(&id);
            place.given.remove(&id);
        }
    }

    fn drop(&mut self, meeting: Meeting) {
        if let Some(place) = self.places.pop(&meeting) {
            for id in place.records.keys() {
                self.home.remove(id);
            }
        }
    }

    fn shrink(&mut self, keep: &[Meeting]) {
        while self.home.len() > self.most {
            let oldest = self.places.peek_lru().map(|(meeting, _)| *meeting);
            match oldest.filter(|meeting| !keep.contains(meeting)) {
                Some(meeting) => self.drop(meeting),
                None => return,
            }
        }
    }
}
