//! Search for the records of one call among those of a process at one time.

use std::ops::Range;

use foldhash::{HashSet, HashSetExt};
use quipu_core::Timestamp;

use super::clues;
use super::exchange::exchange;
use super::fit::{evidence_of, fit};
use super::leftover::pair_leftover;
use super::moment::key_of;
use super::unseen::Unseen;
use super::{MOST_CONNECTED, MOST_PAIRS, Moment};
use crate::evidence::{self, Evidence};
use crate::row::{Id, Row};

/// Connected records from which on the seen ones are removed from the sets that are searched.
const MANY: usize = 256;

/// Several moments that are compared with each other.
pub(super) struct Window<'a> {
    moments: Vec<&'a Moment>,
    /// Whether one source reported all records, so that no two are of one call.
    pub is_plain: bool,
    /// Whether there are records of usage outside of calls.
    has_usage: bool,
    /// Number of records.
    records: usize,
}

impl<'a> Window<'a> {
    /// Combines moments. Crowded ones are left out.
    pub fn of(moments: impl Iterator<Item = &'a Moment>) -> Self {
        let moments: Vec<&Moment> = moments.filter(|moment| !moment.crowded).collect();
        let mut sources = moments.iter().flat_map(|moment| &moment.sources);
        let first = sources.next();
        let is_plain = sources.all(|source| Some(source) == first);
        let has_usage = moments.iter().any(|moment| moment.has_usage);
        let records = moments.iter().map(|moment| moment.records.len()).sum();
        Self { moments, is_plain, has_usage, records }
    }

    /// The records of each call that has several, the counting one first.
    pub fn groups(&self) -> Vec<Vec<&'a Row>> {
        if self.is_plain {
            return Vec::new();
        }
        let mut seen = HashSet::new();
        let rows = self.moments.iter().flat_map(|moment| moment.rows()).filter(|row| row.may_pair());
        let connected = rows.map(|row| self.connected(row, &mut seen));
        let groups = connected.filter(|all| all.len() <= MOST_CONNECTED).flat_map(|all| groups(&all));
        groups.filter(|group| group.len() > 1).collect()
    }

    /// Records that may be of the same call as `row`, by evidence alone, without those of `seen`.
    pub fn near(&self, row: &'a Row, seen: &HashSet<Id>) -> Vec<&'a Row> {
        self.search(row, |at, wanted, time, found| self.moments[at].add_near(wanted, time, seen, found))
    }

    /// Records that may be of the same call as `row`, among those that `add` adds for each moment.
    fn search(
        &self,
        row: &'a Row,
        mut add: impl FnMut(usize, (&Row, &[u64]), Range<Timestamp>, &mut Vec<&'a Row>),
    ) -> Vec<&'a Row> {
        let is_in_crowd = || self.moments.iter().any(|moment| moment.is_in_crowd(row));
        if self.is_plain || !row.may_pair() || is_in_crowd() {
            return Vec::new();
        }
        let start = row.cost.time;
        let until = Timestamp::from_nanos(evidence::reach_without_id(row, self.has_usage)).plus(1);
        let slack = if self.has_usage { evidence::AFTERWARDS } else { 0 };
        let clues = clues::near(row);
        let mut found = Vec::new();
        for (at, moment) in self.moments.iter().enumerate() {
            let from = start.plus(moment.longest.saturating_add(slack).saturating_neg());
            add(at, (row, &clues), from..until, &mut found);
        }
        let is_near = |other: &&Row| {
            let (first, second) = if other.cost.time < start { (*other, row) } else { (row, *other) };
            evidence::can_be(first, second)
                && second.cost.time.nanos() <= evidence::reach(first)
                && other.may_pair()
                && evidence::of(first, second).is_some()
        };
        found.into_iter().filter(is_near).collect()
    }

    /// The record, and all that evidence connects with it directly or through others. Nothing if it was seen
    /// already.
    pub fn connected(&self, row: &'a Row, seen: &mut HashSet<Id>) -> Vec<&'a Row> {
        if !seen.insert(row.id()) {
            return Vec::new();
        }
        let (mut all, mut unseen) = (vec![row], None);
        let mut next = 0;
        while let Some(row) = all.get(next).copied().filter(|_| seen.len() < self.records) {
            if unseen.is_none() && all.len() > MANY {
                unseen = Some(Unseen::of(&self.moments, seen));
            }
            // Seen records were compared with this one already.
            let near = match &mut unseen {
                Some(unseen) => {
                    self.search(row, |at, wanted, time, found| unseen.add_near(at, wanted, time, found))
                }
                None => self.near(row, seen),
            };
            if let Some(unseen) = &mut unseen {
                unseen.remove(&near);
            }
            seen.extend(near.iter().map(|other| other.id()));
            all.extend(near);
            next += 1;
        }
        all
    }
}

/// Two records that may be of one call. A smaller value is more certain.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    evidence: Evidence,
    distance: i64,
    ids: (Id, Id),
    at: (usize, usize),
}

/// Joins the records of one call, the most certain pairs first. Each call has at most one record of each
/// instrumentation. Returns the records of each call, the counting one first.
pub(super) fn groups<'a>(records: &[&'a Row]) -> Vec<Vec<&'a Row>> {
    if let [one, other] = *records {
        return groups_of_two(one, other);
    }
    // The order of arrival must not decide.
    let mut records = records.to_vec();
    records.sort_unstable_by_key(|row| (row.cost.time, row.id()));
    let records = records.as_slice();
    let mut group: Vec<usize> = (0..records.len()).collect();
    let mut members: Vec<Vec<usize>> = (0..records.len()).map(|at| vec![at]).collect();
    for pair in pairs(records) {
        let (one, other) = (group[pair.at.0], group[pair.at.1]);
        if one == other || !fit(records, &members[one], &members[other]) {
            continue;
        }
        let moved = std::mem::take(&mut members[other]);
        moved.iter().for_each(|at| group[*at] = one);
        members[one].extend(moved);
    }
    exchange(records, &mut members);
    pair_leftover(records, &mut members);
    members.retain(|group| !group.is_empty());
    let mut several: Vec<Vec<usize>> = members.extract_if(.., |group| group.len() > 1).collect();
    spread_vague(records, &mut several);
    let rows = |group: Vec<usize>| in_order(group.iter().map(|at| records[*at]).collect());
    members.into_iter().chain(several).map(rows).collect()
}

fn groups_of_two<'a>(one: &'a Row, other: &'a Row) -> Vec<Vec<&'a Row>> {
    let [first, second] = if key_of(other) < key_of(one) { [other, one] } else { [one, other] };
    let are_near = second.cost.time.nanos() <= evidence::reach(first);
    if are_near && evidence::of(first, second).is_some() && fit(&[first, second], &[0], &[1]) {
        vec![in_order(vec![first, second])]
    } else {
        vec![vec![first], vec![second]]
    }
}

/// The records of a call, the counting one first.
fn in_order(mut group: Vec<&Row>) -> Vec<&Row> {
    group.sort_unstable_by_key(|row| row.rank_in_call(&row.id()));
    group
}

/// Most groups at one time among which records are spread anew.
const MOST_SPREAD: usize = 64;

/// Spreads the records of a group without unique ids over other groups that each lack one of them. The most
/// certain pairs of parallel calls can leave parts of two calls in a group of their own, which fits no other
/// group as a whole. The smallest groups are spread first.
fn spread_vague(records: &[&Row], groups: &mut Vec<Vec<usize>>) {
    let is_vague = |group: &Vec<usize>| group.iter().all(|record| evidence::is_vague(records[*record]));
    if !(3..=MOST_SPREAD).contains(&groups.len()) || !groups.iter().any(is_vague) {
        return;
    }
    groups.sort_by_key(|group| (group.len(), group.iter().map(|at| records[*at].id()).min()));
    let mut at = 0;
    while let Some(group) = groups.get(at) {
        let spread = if is_vague(group) { without(records, groups, at) } else { None };
        match spread {
            Some(spread) => *groups = spread,
            None => at += 1,
        }
    }
}

/// The other groups with the records of this one; `None` if a record finds no group.
fn without(records: &[&Row], groups: &[Vec<usize>], at: usize) -> Option<Vec<Vec<usize>>> {
    let mut others = groups.to_vec();
    let group = others.remove(at);
    group.iter().all(|record| place(records, &mut others, *record)).then_some(others)
}

/// Adds a record to the nearest group that lacks it; `false` if there is none.
fn place(records: &[&Row], groups: &mut [Vec<usize>], record: usize) -> bool {
    let row = records[record];
    let distance = |at: &usize| {
        let other = records[*at];
        evidence_of(row, other).map(|_| evidence::distance(&row.cost, &other.cost))
    };
    // Figures go to a group that has the same, so none are counted twice.
    let has_figures = |group: &[usize]| group.iter().any(|at| evidence::tells(records[*at]));
    let nearest = |group: &Vec<usize>| {
        let may = !evidence::tells(row) || has_figures(group);
        (may && fit(records, group, &[record])).then(|| group.iter().filter_map(distance).min()).flatten()
    };
    let found = groups.iter_mut().filter_map(|group| Some((nearest(group)?, group)));
    let Some((_, group)) = found.min_by_key(|(distance, _)| *distance) else { return false };
    group.push(record);
    true
}

/// The pairs of records with evidence. `records` are in the order of their starts.
fn pairs(records: &[&Row]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (at, row) in records.iter().enumerate() {
        let until = evidence::reach(row);
        let later = records.iter().enumerate().skip(at + 1);
        let near = later.take_while(|(_, next_row)| next_row.cost.time.nanos() <= until);
        let of_row = near.filter_map(|(next, next_row)| {
            let evidence = evidence::of(row, next_row)?;
            let ids = [row.id(), next_row.id()];
            let ids = (ids[0].min(ids[1]), ids[0].max(ids[1]));
            let distance = evidence::distance(&row.cost, &next_row.cost);
            Some(Pair { evidence, distance, ids, at: (at, next) })
        });
        pairs.extend(of_row.take(MOST_PAIRS));
    }
    pairs.sort_unstable();
    pairs
}
