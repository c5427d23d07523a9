//! One moment: the records of a process that begin within 30 seconds, and their rows as last returned.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::ops::RangeInclusive;

use foldhash::fast::FixedState;
use quipu_core::{Cost, Rule, Timestamp};

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
        let is_known = match (joined, self.given) {
            (None, Given::Nothing) => false,
            (None, Given::AsRead) => true,
            (None, Given::Print(print)) => print == row::print(&self.row.cost),
            (Some(cost), _) => self.given() == Some(row::print(cost)),
        };
        self.given = joined.map_or(Given::AsRead, |cost| Given::Print(row::print(cost)));
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
    /// The records with an id of their answer or tool call, by the hash of the id.
    pub(super) ids: BTreeSet<(u64, Key)>,
    /// The longest time from the start of a record to that of a later one that can be of its call without
    /// having its id, in nanoseconds.
    pub(super) longest: i64,
    /// Whether it had a record of usage outside of calls.
    pub(super) has_usage: bool,
    /// Whether it has more records than the limit of comparison.
    pub(super) crowded: bool,
    /// Whether it had a sum of usage that other traces' calls may explain.
    pub(super) has_sums: bool,
}

impl Moment {
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.records.values().map(|held| &held.row)
    }

    pub(super) fn put(&mut self, row: Row, given: Given) {
        let source = row.source();
        if self.sources.len() < 2 && !self.sources.contains(&source) {
            self.sources.push(source);
        }
        self.has_sums |= sums::is_sum(&row);
        self.has_usage |= row.cost.rule == Rule::OrphanRollup;
        let reach = evidence::reach_without_id(&row, false);
        self.longest = self.longest.max(reach.saturating_sub(row.cost.time.nanos()));
        self.ids.extend(place_of_id(&row));
        self.changed.push(key_of(&row));
        self.records.insert(key_of(&row), Box::new(MomentRecord { row, given }));
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Box<MomentRecord>> {
        let held = self.records.remove(key)?;
        place_of_id(&held.row).iter().for_each(|place| {
            self.ids.remove(place);
        });
        Some(held)
    }

    /// The records with this id, except those that begin in `left_out`.
    pub(super) fn with_id(
        &self,
        id: &str,
        left_out: RangeInclusive<Timestamp>,
    ) -> impl Iterator<Item = &Row> {
        let hash = hash_of(id);
        let from = (hash, (Timestamp::from_nanos(i64::MIN), None));
        let same = self.ids.range(from..).take_while(move |(other, _)| *other == hash);
        let beyond = same.filter(move |(_, (start, _))| !left_out.contains(start));
        beyond.filter_map(|(_, key)| self.records.get(key).map(|held| &held.row))
    }
}

/// The place of a record among those with an id.
fn place_of_id(row: &Row) -> Option<(u64, Key)> {
    row.call_id.as_deref().map(|id| (hash_of(id), key_of(row)))
}

fn hash_of(id: &str) -> u64 {
    FixedState::default().hash_one(id)
}
