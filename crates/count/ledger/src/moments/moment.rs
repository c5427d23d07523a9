//! One moment: the records of a process that begin within 30 seconds, and their rows as last returned.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use foldhash::HashSet;
use quipu_core::{Cost, Rule, Timestamp};

use super::clues::Clues;
use super::sums;
use crate::evidence;
use crate::row::{self, Id, Row};

/// A record by its start. A key without an id precedes all records of its time.
pub(super) type Key = (Timestamp, Option<Id>);

pub(super) const fn key(start: Timestamp, id: Id) -> Key {
    (start, Some(id))
}

pub(super) fn key_of(row: &Row) -> Key {
    key(row.cost.time, row.id())
}

/// A record with its row as last returned.
#[derive(Debug)]
pub(super) struct MomentRecord {
    pub(super) row: Row,
    pub(super) given: Given,
}

/// The row of a record as last returned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Given {
    Nothing,
    /// As its meeting and trace give it. Most records are of a call of their own, and need no fingerprint.
    AsRead,
    /// Its fingerprint.
    Print(u64),
}

impl MomentRecord {
    pub(super) fn given(&self) -> Option<u64> {
        match self.given {
            Given::Nothing => None,
            Given::AsRead => Some(row::print(&self.row.cost)),
            Given::Print(print) => Some(print),
        }
    }

    /// Adds the row to `out` unless it was returned so. `joined` is the row if several records are joined.
    pub(super) fn give(&mut self, joined: Option<&Cost>, out: &mut Vec<Cost>) {
        let print = joined.map(row::print);
        let is_known = match (print, self.given) {
            (_, Given::Nothing) => false,
            (None, Given::AsRead) => true,
            (None, Given::Print(given)) => given == row::print(&self.row.cost),
            (Some(print), Given::AsRead) => print == row::print(&self.row.cost),
            (Some(print), Given::Print(given)) => given == print,
        };
        self.given = print.map_or(Given::AsRead, Given::Print);
        if !is_known {
            let cost = joined.unwrap_or(&self.row.cost);
            out.push(Cost { version: row::next_version(), ..cost.clone() });
        }
    }
}

/// Records and state of one moment.
#[derive(Debug, Default)]
pub(super) struct Moment {
    pub(super) records: BTreeMap<Key, Box<MomentRecord>>,
    /// Records to decide: new and changed ones, and those that were near an earlier form of one.
    pub(super) changed: Vec<Key>,
    /// Numbers of the sources of its records, at most two: the decision needs only one or several.
    pub(super) sources: Vec<u64>,
    /// The records by their clues, from the first time that several sources are compared.
    pub(super) clues: OnceLock<Clues>,
    /// The longest time from the start of a record to that of a later one that can be of its call without
    /// having its id, in nanoseconds.
    pub(super) longest: i64,
    /// Whether it had a record of usage outside of calls.
    pub(super) has_usage: bool,
    /// Whether it has more records than the limit of comparison.
    pub(super) crowded: bool,
    /// Whether it had a sum of usage that other traces' calls may explain.
    pub(super) has_sums: bool,
    /// Whether some of its records, all of its one source, are in the store only.
    pub(super) is_partial: bool,
    /// Whether it was partial, and its records were read back.
    pub(super) was_read_back: bool,
}

impl Moment {
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.records.values().map(|held| &held.row)
    }

    pub(super) fn put(&mut self, row: Row, given: Given) {
        self.note_source(row.source());
        self.has_sums |= sums::is_sum(&row);
        self.has_usage |= row.cost.rule == Rule::OrphanRollup;
        let reach = evidence::reach_without_id(&row, false);
        self.longest = self.longest.max(reach.saturating_sub(row.cost.time.nanos()));
        if let Some(clues) = self.clues.get_mut() {
            clues.add(&row);
        }
        self.changed.push(key_of(&row));
        self.records.insert(key_of(&row), Box::new(MomentRecord { row, given }));
    }

    pub(super) fn note_source(&mut self, source: u64) {
        if self.sources.len() < 2 && !self.sources.contains(&source) {
            self.sources.push(source);
        }
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Box<MomentRecord>> {
        let held = self.records.remove(key)?;
        if let Some(clues) = self.clues.get_mut() {
            clues.remove(&held.row);
        }
        Some(held)
    }

    /// Adds the records that may be of the same call as `row`, without those of `seen`: the records that
    /// share a clue with it, and those of its time of which one has no figures.
    pub(super) fn add_near<'a>(
        &'a self,
        (row, wanted): (&Row, &[u64]),
        time: Range<Timestamp>,
        seen: &HashSet<Id>,
        found: &mut Vec<&'a Row>,
    ) {
        let clues = self.clues();
        let is_new = |key: &Key| key.1.is_none_or(|id| !seen.contains(&id));
        let mut keys: Vec<Key> = clues.with(wanted).filter(is_new).collect();
        let in_time = (time.start, None)..(time.end, None);
        if evidence::tells(row) {
            let bare = clues.bare().into_iter().flat_map(|bare| bare.range(in_time.clone()));
            keys.extend(bare.filter(|key| is_new(key)));
        } else {
            keys.extend(self.records.range(in_time).map(|(key, _)| *key).filter(is_new));
        }
        self.add_rows(keys, found);
    }

    /// Adds the records with these keys once each, except those of a crowd.
    pub(super) fn add_rows<'a>(&'a self, mut keys: Vec<Key>, found: &mut Vec<&'a Row>) {
        keys.sort_unstable();
        keys.dedup();
        let rows = keys.iter().filter_map(|key| Some(&self.records.get(key)?.row));
        found.extend(rows.filter(|row| !self.clues().is_in_crowd(row)));
    }

    pub(super) fn clues(&self) -> &Clues {
        self.clues.get_or_init(|| Clues::of(self.rows()))
    }

    /// Whether a record of this moment is one of too many that are alike.
    pub(super) fn is_in_crowd(&self, row: &Row) -> bool {
        self.clues().is_in_crowd(row) && self.records.contains_key(&key_of(row))
    }

    /// Marks all records as changed if a crowd came or went since the last call.
    pub(super) fn note_crowds(&mut self) -> bool {
        let has_new = self.clues.get_mut().is_some_and(Clues::take_new_crowd);
        if has_new {
            self.change_all();
        }
        has_new
    }

    pub(super) fn change_all(&mut self) {
        self.changed = self.records.keys().copied().collect();
    }
}
