//! The moments in memory: the calls of one process that begin at nearly the same time, and which of them are one call (R6).

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use lru::LruCache;
use quipu_core::{Cost, Meeting, Timestamp, TraceId};

use crate::evidence::{self, Evidence};
use crate::place::{self, Id, Records};
use crate::row::{self, Row};

/// Records of one moment that are compared. Beyond, a process makes so many calls at once that only ids tell them apart, and the
/// records of the moment stay as their traces have them.
pub(crate) const MOST: usize = 1_024;
/// Records that may be of one call with a record, of those that begin after it. So many calls at once are rare.
const MOST_PAIRS: usize = 64;
/// Records of one call: more instrumentations than anybody installs.
const MOST_OF_ONE_CALL: usize = 8;
/// Moments in memory.
const MOMENTS: usize = 4_096;

/// One moment.
#[derive(Debug, Default)]
struct Moment {
    records: Records,
    /// Print of each row as it was last given out.
    given: HashMap<Id, u64>,
    /// Records that came or changed since.
    changed: Vec<Id>,
    /// Numbers of the sources that tell of them, as many as matter: one, or more than one.
    sources: Vec<u64>,
    /// Whether any of them was joined with another when it was last decided.
    joined: bool,
    /// Whether it had more records than are compared.
    crowded: bool,
}

/// Every moment that is in memory.
#[derive(Debug)]
pub(crate) struct Moments {
    moments: LruCache<Meeting, Moment>,
    home: HashMap<Id, Meeting>,
    most: usize,
}

impl Moments {
    /// Moments that keep about `most` records in memory; those of the batch at hand are always kept.
    pub fn new(most: usize) -> Self {
        Self { moments: LruCache::unbounded(), home: HashMap::new(), most }
    }

    /// Of the moments of these rows and the two at each side, the ones that the store has to be asked for, each with a time near
    /// it: a row may change records of the moments beside its own, and those may be paired with the moments beside them.
    pub fn unknown(&self, rows: &[Row]) -> Vec<(Meeting, Timestamp)> {
        let mut seen = HashSet::new();
        let mut unknown = BTreeMap::new();
        for row in rows {
            let Some(moment) = row.moment.filter(|moment| seen.insert(*moment)) else { continue };
            for near in around(moment).into_iter().flat_map(around) {
                unknown.entry(near).or_insert(row.cost.time);
            }
        }
        unknown.into_iter().filter(|(moment, _)| !self.moments.contains(moment)).collect()
    }

    /// Begins a moment with what the store has of it, or with nothing but that it is crowded.
    pub fn open(&mut self, moment: Meeting, stored: Option<Vec<Row>>) {
        let crowded = stored.is_none();
        self.moments.put(moment, Moment { crowded, ..Moment::default() });
        stored.into_iter().flatten().for_each(|row| self.put(moment, row));
    }

    /// Takes the rows of moments that were just opened for given out, as they are stored just so. They are given out again where it
    /// is not known how they are stored: next to a moment that is not in memory, or to a row at hand that replaces a stored one.
    pub fn take_as_given(&mut self, opened: &[Meeting], rows: &[Row]) {
        let replaced = rows.iter().filter(|row| !row.is_new).filter_map(|row| row.moment);
        let unsure: HashSet<Meeting> = replaced.flat_map(around).collect();
        for moment in opened.iter().filter(|moment| !unsure.contains(moment)) {
            if around(*moment).iter().all(|near| self.moments.contains(near)) {
                self.decide(*moment, &mut Vec::new());
            }
        }
    }

    /// Takes new and changed rows, and gives those that change by it, theirs and others'.
    pub fn settle(&mut self, rows: Vec<Row>) -> Vec<Cost> {
        let mut out = Vec::with_capacity(rows.len());
        let mut dirty = HashSet::new();
        for row in rows {
            let id = row.id();
            if let Some(left) = self.home.get(&id).copied().filter(|home| Some(*home) != row.moment) {
                self.leave(left, id);
                dirty.insert(left);
            }
            match row.moment {
                Some(moment) if !self.is_crowded(moment) => {
                    self.put(moment, row);
                    dirty.insert(moment);
                }
                _ => out.push(row.cost),
            }
        }
        let mut beside: HashSet<Meeting> = dirty.clone();
        beside.extend(dirty.iter().flat_map(|moment| moment.moments_beside()));
        let mut beside: Vec<Meeting> = beside.into_iter().collect();
        beside.sort_unstable();
        for moment in &beside {
            self.decide(*moment, &mut out);
        }
        self.shrink(&beside);
        out
    }

    /// The records around a moment that are of one call, by call, each with its row.
    pub fn joined(&self, meeting: Meeting) -> Vec<Vec<Row>> {
        self.look_around(meeting, |records| {
            let groups = groups(&records).into_iter();
            groups.map(|group| group.iter().map(|(_, row)| (*row).clone()).collect()).collect()
        })
    }

    /// Forgets the moments that these traces take part in: the store alone knows what is true of them now.
    pub fn forget(&mut self, traces: &HashSet<TraceId>) {
        let of_traces = self.home.iter().filter(|((trace, _), _)| traces.contains(trace));
        let gone: HashSet<Meeting> = of_traces.flat_map(|(_, moment)| around(*moment)).collect();
        gone.into_iter().for_each(|moment| self.drop(moment));
    }

    /// Forgets every moment.
    pub fn clear(&mut self) {
        self.moments.clear();
        self.home.clear();
    }

    fn is_crowded(&self, moment: Meeting) -> bool {
        self.moments.peek(&moment).is_some_and(|moment| moment.crowded)
    }

    fn put(&mut self, meeting: Meeting, row: Row) {
        let id = row.id();
        self.home.insert(id, meeting);
        let moment = self.moments.get_or_insert_mut(meeting, Moment::default);
        let source = row.source();
        if moment.sources.len() < 2 && !moment.sources.contains(&source) {
            moment.sources.push(source);
        }
        moment.changed.push(id);
        moment.records.insert(id, row);
    }

    fn leave(&mut self, meeting: Meeting, id: Id) {
        self.home.remove(&id);
        if let Some(moment) = self.moments.get_mut(&meeting) {
            moment.records.remove(&id);
            moment.given.remove(&id);
        }
    }

    fn drop(&mut self, meeting: Meeting) {
        if let Some(moment) = self.moments.pop(&meeting) {
            for id in moment.records.keys() {
                self.home.remove(id);
            }
        }
    }

    /// Decides among the records of a moment and of those beside it, and gives the rows of the moment that changed.
    fn decide(&mut self, meeting: Meeting, out: &mut Vec<Cost>) {
        let Some(moment) = self.moments.peek(&meeting).filter(|moment| !moment.crowded) else { return };
        if moment.records.len() > MOST {
            return self.give_up(meeting, out);
        }
        let joined = self.join_around(meeting);
        let Some(moment) = self.moments.peek_mut(&meeting) else { return };
        let changed = std::mem::take(&mut moment.changed);
        // Without a pair only the records that came are new; a pair may change any, as may one that is no more.
        let all = || moment.records.keys().copied().collect();
        let looked_at = if joined.is_empty() && !moment.joined { changed } else { all() };
        moment.joined = !joined.is_empty();
        for id in looked_at {
            let (Some(row), joined) = (moment.records.get(&id), joined.get(&id)) else { continue };
            give(&mut moment.given, joined.unwrap_or(&row.cost), out);
        }
    }

    /// The rows that come of joining records around a moment, of the records that are joined.
    fn join_around(&self, meeting: Meeting) -> BTreeMap<Id, Cost> {
        self.look_around(meeting, |records| {
            groups(&records).iter().flat_map(|group| place::merge(group)).collect()
        })
    }

    /// What a look at the records around a moment gives; nothing where one source alone tells them.
    fn look_around<T: Default>(&self, meeting: Meeting, look: impl FnOnce(Vec<(&Id, &Row)>) -> T) -> T {
        let around = around(meeting);
        let moments: Vec<&Moment> = around
            .iter()
            .filter_map(|moment| self.moments.peek(moment))
            .filter(|moment| !moment.crowded)
            .collect();
        let mut sources = moments.iter().flat_map(|moment| &moment.sources);
        let first = sources.next();
        if sources.all(|source| Some(source) == first) {
            return T::default();
        }
        let records = moments.into_iter().flat_map(|moment| &moment.records);
        look(records.filter(|(_, row)| row.may_pair()).collect())
    }

    /// Takes back every pair of a moment that has become too large, and remembers nothing of it but that.
    fn give_up(&mut self, meeting: Meeting, out: &mut Vec<Cost>) {
        let Some(mut moment) = self.moments.put(meeting, Moment { crowded: true, ..Moment::default() })
        else {
            return;
        };
        for (id, row) in &moment.records {
            self.home.remove(id);
            give(&mut moment.given, &row.cost, out);
        }
    }

    fn shrink(&mut self, keep: &[Meeting]) {
        while self.home.len() > self.most || self.moments.len() > MOMENTS {
            let oldest = self.moments.peek_lru().map(|(moment, _)| *moment);
            match oldest.filter(|moment| keep.binary_search(moment).is_err()) {
                Some(moment) => self.drop(moment),
                None => return,
            }
        }
    }
}

fn around(moment: Meeting) -> [Meeting; 3] {
    let [before, after] = moment.moments_beside();
    [before, moment, after]
}

fn give(given: &mut HashMap<Id, u64>, cost: &Cost, out: &mut Vec<Cost>) {
    let print = row::print(cost);
    if given.insert((cost.trace_id, cost.span_id), print) != Some(print) {
        out.push(Cost { version: row::next_version(), ..cost.clone() });
    }
}

/// Two records that may be of one call; the less, the surer.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    evidence: Evidence,
    distance: i64,
    ids: (Id, Id),
    at: (usize, usize),
}

/// Joins the records that are of one call, the surest pairs first, so that each call has at most one record of each
/// instrumentation. Gives the records of each call that has more than one, the one that counts first.
fn groups<'a>(records: &[(&'a Id, &'a Row)]) -> Vec<Vec<(&'a Id, &'a Row)>> {
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
    members.retain(|group| group.len() > 1);
    let in_order = |group: Vec<usize>| {
        let mut group: Vec<(&Id, &Row)> = group.iter().map(|at| records[*at]).collect();
        group.sort_unstable_by_key(|(id, row)| row.rank_in_call(id));
        group
    };
    members.into_iter().map(in_order).collect()
}

/// Whether the records of two groups can all be of one call: none excludes another, and where both groups say what was used, a record
/// of each agrees. One record of a group may count differently, as a wrapper that adds up the events of a stream.
fn fit(records: &[(&Id, &Row)], one: &[usize], other: &[usize]) -> bool {
    let pairs = || one.iter().flat_map(|a| other.iter().map(|b| (records[*a].1, records[*b].1)));
    let tells = |group: &[usize]| group.iter().any(|at| evidence::tells(records[*at].1));
    one.len() + other.len() <= MOST_OF_ONE_CALL
        && !pairs().any(|(a, b)| evidence::excludes(a, b))
        && (!tells(one) || !tells(other) || pairs().any(|(a, b)| evidence::agree(a, b)))
}

fn pairs(records: &[(&Id, &Row)]) -> Vec<Pair> {
    let mut by_start: Vec<usize> = (0..records.len()).collect();
    by_start.sort_unstable_by_key(|at| records[*at].1.cost.time);
    let mut pairs = Vec::new();
    for (rank, at) in by_start.iter().enumerate() {
        let (id, row) = records[*at];
        let until = evidence::reach(&row.cost);
        let later =
            by_start[rank + 1..].iter().take_while(|next| records[**next].1.cost.time.nanos() <= until);
        let of_row = later.filter_map(|next| {
            let (next_id, next_row) = records[*next];
            let evidence = evidence::of(row, next_row)?;
            let ids = ((*id).min(*next_id), (*id).max(*next_id));
            let distance = evidence::distance(&row.cost, &next_row.cost);
            Some(Pair { evidence, distance, ids, at: (*at, *next) })
        });
        pairs.extend(of_row.take(MOST_PAIRS));
    }
    pairs.sort_unstable();
    pairs
}
