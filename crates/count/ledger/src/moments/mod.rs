//! Moments in memory: calls of one process that start at nearly the same time, and the duplicates among them
//! (R6).

mod sums;

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use lru::LruCache;
use quipu_core::{Cost, Meeting, Timestamp, TraceId};

use crate::evidence::{self, Evidence};
use crate::place;
use crate::row::{self, Id, Records, Row};

/// Maximum number of records of one moment that are compared. With more, only ids tell the calls apart, and
/// the records keep the decision of their traces.
pub(crate) const MOST: usize = 1_024;
/// Maximum number of later records that are compared with one record. So many concurrent calls are rare.
const MOST_PAIRS: usize = 64;
/// Maximum number of records of one call, more than the instrumentations of any real installation.
const MOST_OF_ONE_CALL: usize = 8;
/// Maximum number of moments in memory.
const MOMENTS: usize = 4_096;

/// Records and state of one moment.
#[derive(Debug, Default)]
struct Moment {
    records: Records,
    /// Fingerprint of each row as last returned.
    given: HashMap<Id, u64>,
    /// Records added or changed since the last decision.
    changed: Vec<Id>,
    /// Numbers of the sources of its records, at most two: the decision needs only one or several.
    sources: Vec<u64>,
    /// Whether the last decision joined any of its records.
    joined: bool,
    /// Whether it has more records than the limit of comparison.
    crowded: bool,
    /// Whether it had a sum of usage that other traces' calls may explain.
    has_sums: bool,
}

/// All moments in memory.
#[derive(Debug)]
pub(crate) struct Moments {
    moments: LruCache<Meeting, Moment>,
    home: HashMap<Id, Meeting>,
    most: usize,
}

impl Moments {
    /// Creates a cache of about `most` records. Records of the current batch are always kept.
    pub fn new(most: usize) -> Self {
        Self { moments: LruCache::unbounded(), home: HashMap::new(), most }
    }

    /// The moments to read from the store, each with a time near it, among the moments of these rows and two
    /// on each side. A row may change records of the neighbouring moments, which may be paired with records
    /// of their neighbours. Sums of usage need the moments of their calls. After these were opened, there may
    /// be more.
    pub fn unknown(&self, rows: &[Row]) -> Vec<(Meeting, Timestamp)> {
        let mut seen = HashSet::new();
        let mut unknown = BTreeMap::new();
        for row in rows {
            let Some(moment) = sums::place(row) else { continue };
            let is_first = seen.insert(moment);
            if is_first {
                for near in around(moment).into_iter().flat_map(around) {
                    unknown.entry(near).or_insert(row.cost.time);
                }
            }
            if is_first || sums::is_sum(row) {
                self.beyond(row, moment, &mut unknown);
            }
        }
        unknown.into_iter().filter(|(moment, _)| !self.moments.contains(moment)).collect()
    }

    /// Adds a moment with its stored records; `None` marks it as crowded.
    pub fn open(&mut self, moment: Meeting, stored: Option<Vec<Row>>) {
        let crowded = stored.is_none();
        self.moments.put(moment, Moment { crowded, ..Moment::default() });
        let here = |row: &Row| sums::place(row) == Some(moment);
        stored.into_iter().flatten().filter(here).for_each(|row| self.put(moment, row));
    }

    /// Marks the rows of newly opened moments as returned, because they are stored in this form. The
    /// exceptions are next to a moment outside memory or to a row that replaces a stored one. Their stored
    /// form is unknown, so they are returned again.
    pub fn take_as_given(&mut self, opened: &[Meeting], rows: &[Row]) {
        let replaced = rows.iter().filter(|row| !row.is_new).filter_map(|row| row.moment);
        let unsure: HashSet<Meeting> = replaced.flat_map(around).collect();
        for moment in opened.iter().filter(|moment| !unsure.contains(moment)) {
            if around(*moment).iter().all(|near| self.moments.contains(near)) {
                self.decide(*moment, &mut Vec::new());
            }
        }
    }

    /// Adds new and changed rows, and returns all rows that change, including those of other records.
    pub fn settle(&mut self, rows: Vec<Row>) -> Vec<Cost> {
        let mut out = Vec::with_capacity(rows.len());
        let mut dirty = HashSet::new();
        for row in rows {
            let id = row.id();
            let place = sums::place(&row);
            if let Some(left) = self.home.get(&id).copied().filter(|home| Some(*home) != place) {
                self.leave(left, id);
                dirty.insert(left);
            }
            match place {
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
        let slots = self.slots_over(&beside);
        beside.extend(slots);
        beside.sort_unstable();
        beside.dedup();
        for moment in &beside {
            self.decide(*moment, &mut out);
        }
        self.shrink(&beside);
        out
    }

    /// The records around a moment, grouped by call, each with its row.
    pub fn joined(&self, meeting: Meeting) -> Vec<Vec<Row>> {
        self.look_around(meeting, |records| {
            let groups = groups(&records).into_iter();
            groups.map(|group| group.iter().map(|(_, row)| (*row).clone()).collect()).collect()
        })
    }

    /// Evicts the moments in which these traces take part, because the store alone has their valid state.
    pub fn forget(&mut self, traces: &HashSet<TraceId>) {
        let of_traces = self.home.iter().filter(|((trace, _), _)| traces.contains(trace));
        let gone: HashSet<Meeting> = of_traces.flat_map(|(_, moment)| around(*moment)).collect();
        gone.into_iter().for_each(|moment| self.drop(moment));
    }

    /// Evicts all moments.
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
        moment.has_sums |= sums::is_sum(&row);
        moment.changed.push(id);
        moment.records.insert(id, Box::new(row));
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

    /// Decides among the records of a moment and its neighbours, and adds the changed rows of the moment to
    /// `out`.
    fn decide(&mut self, meeting: Meeting, out: &mut Vec<Cost>) {
        let Some(moment) = self.moments.peek(&meeting).filter(|moment| !moment.crowded) else { return };
        if moment.records.len() > MOST {
            return self.give_up(meeting, out);
        }
        let mut joined = self.join_around(meeting);
        let unknown = self.yield_sums(meeting, &mut joined);
        let Some(moment) = self.moments.peek_mut(&meeting) else { return };
        let changed = std::mem::take(&mut moment.changed);
        // Without pairs, only added or changed records need a row. A new or removed pair may change any row.
        let all = || moment.records.keys().copied().collect();
        let looked_at = if joined.is_empty() && !moment.joined { changed } else { all() };
        moment.joined = !joined.is_empty();
        for id in looked_at.into_iter().filter(|id| !unknown.contains(id)) {
            let (Some(row), joined) = (moment.records.get(&id), joined.get(&id)) else { continue };
            give(&mut moment.given, joined.unwrap_or(&row.cost), out);
        }
    }

    /// The rows that result from joining records around a moment, for the joined records only.
    fn join_around(&self, meeting: Meeting) -> BTreeMap<Id, Cost> {
        self.look_around(meeting, |records| {
            groups(&records).iter().flat_map(|group| place::merge(group).0).collect()
        })
    }

    /// Applies `look` to the records around a moment; the default value if a single source wrote all of them.
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
        let records =
            moments.into_iter().flat_map(|moment| moment.records.iter().map(|(id, row)| (id, &**row)));
        look(records.filter(|(_, row)| row.may_pair()).collect())
    }

    /// Dissolves the pairs of a moment that exceeded the limit, and keeps only that fact.
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

/// Two records that may be of one call. A smaller value is more certain.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    evidence: Evidence,
    distance: i64,
    ids: (Id, Id),
    at: (usize, usize),
}

/// Joins the records of one call, the most certain pairs first. Each call has at most one record of each
/// instrumentation. Returns the records of each call with several, the counting one first.
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

/// Whether the records of two groups can all be of one call. No record excludes another. If both groups
/// report usage, a pair of records agrees. A single record of a group may differ, such as a wrapper that sums
/// the events of a stream.
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
        let until = evidence::reach(row);
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
