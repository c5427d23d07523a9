//! Moments in memory: calls of one process that start at nearly the same time, and the duplicates among them
//! (R6).

mod calls;
mod clues;
mod exchange;
mod fit;
mod leftover;
mod moment;
mod plain;
mod sums;
mod unseen;

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use quipu_core::{Cost, Meeting, Timestamp};

use crate::moments::calls::Window;
use crate::moments::moment::{Given, Key, Moment, key, key_of};
use crate::place;
use crate::recent::{Recent, recent};
use crate::row::{Id, Row};

/// Maximum number of records of one moment that are compared: 270 a second. With more, only ids tell the
/// calls apart, and the records keep the decision of their traces.
pub(crate) const MOST: usize = 8_192;
/// Maximum number of records that evidence connects and that are divided into calls. The work grows with the
/// square. Records beyond it keep the decision of their traces.
const MOST_CONNECTED: usize = 2_560;
/// Maximum number of later records that are compared with one record. So many concurrent calls are rare.
const MOST_PAIRS: usize = 64;
/// Maximum number of records of one call, more than the instrumentations of any real installation.
const MOST_OF_ONE_CALL: usize = 8;
/// Maximum number of moments in memory.
const MOMENTS: usize = 4_096;

/// All moments in memory.
#[derive(Debug)]
pub(crate) struct Moments {
    moments: Recent<Meeting, Moment>,
    /// The moment and the start of each record.
    home: HashMap<Id, (Meeting, Timestamp)>,
    most: usize,
    /// Whether the records of plain moments stay in the store.
    leaves_in_store: bool,
}

impl Moments {
    /// Creates a cache of about `most` records. Records of the current batch are always kept.
    pub fn new(most: usize) -> Self {
        Self { moments: recent(), home: HashMap::new(), most, leaves_in_store: false }
    }

    /// Leaves the records of plain moments in the store.
    pub fn leave_in_store(&mut self) {
        self.leaves_in_store = true;
    }

    /// The moments to read from the store, each with a time near it, among the moments of these rows and two
    /// on each side. A row may change records of the neighbouring moments, which may be paired with records
    /// of their neighbours. Sums of usage need the moments of their calls. Plain moments need none of their
    /// records. After these were opened, there may be more.
    pub fn unknown(&self, rows: &[Row]) -> Vec<(Meeting, Timestamp)> {
        let mut seen = HashSet::new();
        let mut unknown = BTreeMap::new();
        let plain = self.plain(rows);
        for row in rows {
            let Some(moment) = sums::place(row) else { continue };
            let is_first = seen.insert(moment);
            if is_first {
                let is_plain = plain.contains(&moment);
                for near in around(moment).into_iter().flat_map(around) {
                    if !is_plain || !self.moments.contains(&near) {
                        unknown.entry(near).or_insert(row.cost.time);
                    }
                }
            }
            if is_first || sums::is_sum(row) {
                self.beyond(row, moment, &mut unknown);
            }
        }
        unknown.into_iter().filter(|(moment, _)| !self.is_whole(*moment)).collect()
    }

    /// Adds a moment with its stored records; `None` marks it as crowded.
    pub fn open(&mut self, moment: Meeting, stored: Option<Vec<Row>>) {
        let crowded = stored.is_none();
        let was_read_back = self.drop(moment).is_some();
        self.moments.put(moment, Moment { crowded, was_read_back, ..Moment::default() });
        let here = |row: &Row| sums::place(row) == Some(moment);
        stored.into_iter().flatten().filter(here).for_each(|row| self.put(moment, row, Given::Nothing));
    }

    /// Marks the rows of newly opened moments as returned, because they are stored in this form. The
    /// exceptions are next to a moment outside memory or to a row that replaces a stored one. Their stored
    /// form is unknown, so they are returned again.
    pub fn take_as_given(&mut self, opened: &[Meeting], rows: &[Row]) {
        let replaced = rows.iter().filter(|row| !row.is_new).filter_map(|row| row.moment);
        let unsure: HashSet<Meeting> = replaced.flat_map(around).collect();
        let is_known = |moment: &Meeting| around(*moment).iter().all(|near| self.is_whole(*near));
        let known = opened.iter().filter(|moment| !unsure.contains(moment)).filter(|moment| is_known(moment));
        let known: Vec<Meeting> = known.copied().collect();
        self.decide(&known, &mut Vec::new());
    }

    /// Adds new and changed rows, and returns all rows that change, including those of other records.
    pub fn settle(&mut self, rows: Vec<Row>) -> Vec<Cost> {
        let mut out = Vec::with_capacity(rows.len());
        let mut dirty = Vec::new();
        let mut last = None;
        let plain = self.plain(&rows);
        for row in rows {
            let place = sums::place(&row);
            let left = self.take(row.id());
            let given =
                left.filter(|(left, _)| Some(*left) == place).map_or(Given::Nothing, |(_, given)| given);
            let left = left.map(|(left, _)| left);
            let place = place.filter(|moment| !self.is_crowded(*moment));
            let stays = place.filter(|moment| plain.contains(moment));
            if let Some(moment) = stays {
                self.leave(moment, &row);
            }
            let place = if stays.is_some() { None } else { place };
            // Most rows of a batch are of one moment.
            for moment in left.into_iter().chain(place) {
                if last.replace(moment) != Some(moment) {
                    dirty.push(moment);
                }
            }
            match place {
                Some(moment) => self.put(moment, row, given),
                None => out.push(row.cost),
            }
        }
        let mut beside: Vec<Meeting> = dirty.iter().copied().flat_map(around).collect();
        beside.sort_unstable();
        beside.dedup();
        beside.extend(self.slots_over(&beside));
        beside.sort_unstable();
        beside.dedup();
        self.give_up_crowded(&beside, &mut out);
        self.note_crowds(&beside);
        self.decide(&beside, &mut out);
        self.shrink(&beside);
        out
    }

    /// The records around a moment, grouped by call, each with its row.
    pub fn joined(&self, meeting: Meeting) -> Vec<Vec<Row>> {
        let groups = self.window(around(meeting)).groups().into_iter();
        groups.map(|group| group.into_iter().cloned().collect()).collect()
    }

    /// Evicts all moments.
    pub fn clear(&mut self) {
        self.moments.clear();
        self.home.clear();
    }

    fn is_crowded(&self, moment: Meeting) -> bool {
        self.moments.peek(&moment).is_some_and(|moment| moment.crowded)
    }

    fn put(&mut self, meeting: Meeting, row: Row, given: Given) {
        self.home.insert(row.id(), (meeting, row.cost.time));
        self.moments.get_or_insert_mut(meeting, Moment::default).put(row, given);
    }

    /// Removes a record, and marks those that it may have been joined with. Returns its moment and its row as
    /// last returned.
    fn take(&mut self, id: Id) -> Option<(Meeting, Given)> {
        let (meeting, start) = self.home.remove(&id)?;
        let held = self.moments.peek_mut(&meeting)?.remove(&key(start, id))?;
        let near: Vec<(Meeting, Key)> = {
            let nothing = HashSet::new();
            let window = self.window(around(meeting));
            let near = window.near(&held.row, &nothing).into_iter();
            near.filter_map(|row| Some((row.moment?, key_of(row)))).collect()
        };
        for (moment, key) in near {
            self.moments.peek_mut(&moment).into_iter().for_each(|moment| moment.changed.push(key));
        }
        Some((meeting, held.given().map_or(Given::Nothing, Given::Print)))
    }

    fn drop(&mut self, meeting: Meeting) -> Option<Moment> {
        let moment = self.moments.pop(&meeting);
        moment.iter().flat_map(Moment::rows).for_each(|row| {
            self.home.remove(&row.id());
        });
        moment
    }

    fn window(&self, moments: impl IntoIterator<Item = Meeting>) -> Window<'_> {
        Window::of(moments.into_iter().filter_map(|moment| self.moments.peek(&moment)))
    }

    /// Decides among the changed records of these moments and of their neighbours, and adds the changed rows
    /// of these moments to `out`. The list is sorted.
    fn decide(&mut self, moments: &[Meeting], out: &mut Vec<Cost>) {
        let mut decided = self.decided_calls(moments);
        for meeting in moments {
            decided.extend(self.decided_sums(*meeting));
            self.moments.peek_mut(meeting).into_iter().for_each(|moment| moment.changed.clear());
        }
        for (meeting, key, joined) in decided {
            let moment = self.moments.peek_mut(&meeting);
            let held = moment.and_then(|moment| moment.records.get_mut(&key));
            held.into_iter().for_each(|held| held.give(joined.as_deref(), out));
        }
    }

    /// The rows of the changed records of these moments, and of all that evidence connects with them.
    fn decided_calls(&self, moments: &[Meeting]) -> Vec<Decided> {
        let mut near: Vec<Meeting> = moments.iter().copied().flat_map(around).collect();
        near.sort_unstable();
        near.dedup();
        let window = self.window(near.iter().copied());
        let mut seen = HashSet::new();
        let mut decided = Vec::new();
        for meeting in near {
            let Some(moment) = self.moments.peek(&meeting) else { continue };
            let is_here = moments.binary_search(&meeting).is_ok();
            for (key, held) in moment.changed.iter().filter_map(|key| Some((key, moment.records.get(key)?))) {
                if window.is_plain {
                    decided.extend(is_here.then_some((meeting, *key, None)));
                } else {
                    decide_call(&window.connected(&held.row, &mut seen), moments, &mut decided);
                }
            }
        }
        decided.retain(|(moment, ..)| self.moments.peek(moment).is_some_and(|moment| !moment.has_sums));
        decided
    }

    /// The rows of a moment with sums of usage; nothing for others.
    fn decided_sums(&self, meeting: Meeting) -> Vec<Decided> {
        let moment = self.moments.peek(&meeting).filter(|moment| moment.has_sums && !moment.crowded);
        let Some(moment) = moment else { return Vec::new() };
        let mut joined = self.join_around(meeting);
        let unknown = self.yield_sums(meeting, &mut joined);
        let known = moment.rows().filter(|row| !unknown.contains(&row.id()));
        known.map(|row| (meeting, key_of(row), joined.remove(&row.id()).map(Box::new))).collect()
    }

    /// The rows that result from joining records around a moment, for the joined records only.
    fn join_around(&self, meeting: Meeting) -> BTreeMap<Id, Cost> {
        let groups = self.window(around(meeting)).groups();
        let rows = groups.iter().flat_map(|group| place::merge(group).0);
        rows.map(|cost| ((cost.trace_id, cost.span_id), cost)).collect()
    }

    /// Dissolves the pairs of moments that exceeded the limit, and keeps only that fact.
    fn give_up_crowded(&mut self, moments: &[Meeting], out: &mut Vec<Cost>) {
        let is_over =
            |moment: &&Meeting| self.moments.peek(moment).is_some_and(|one| one.records.len() > MOST);
        for meeting in moments.iter().filter(is_over).copied().collect::<Vec<_>>() {
            let Some(moment) = self.moments.put(meeting, Moment { crowded: true, ..Moment::default() })
            else {
                continue;
            };
            for (_, mut held) in moment.records {
                self.home.remove(&held.row.id());
                held.give(None, out);
            }
            self.change_beside(meeting);
        }
    }

    /// Decides anew around the moments in which a crowd came or went.
    fn note_crowds(&mut self, moments: &[Meeting]) {
        for meeting in moments {
            if self.moments.peek_mut(meeting).is_some_and(Moment::note_crowds) {
                self.change_beside(*meeting);
            }
        }
    }

    fn change_beside(&mut self, meeting: Meeting) {
        for beside in meeting.moments_beside() {
            self.moments.peek_mut(&beside).into_iter().for_each(Moment::change_all);
        }
    }

    fn shrink(&mut self, keep: &[Meeting]) {
        while self.home.len() > self.most || self.moments.len() > MOMENTS {
            let oldest = self.moments.peek_lru().map(|(moment, _)| *moment);
            match oldest.filter(|moment| keep.binary_search(moment).is_err()) {
                Some(moment) if self.moments.len() > MOMENTS => drop(self.drop(moment)),
                Some(moment) => self.evict(moment),
                None => return,
            }
        }
    }
}

fn around(moment: Meeting) -> [Meeting; 3] {
    let [before, after] = moment.moments_beside();
    [before, moment, after]
}

/// A record with its moment and, if it is joined with others, its row.
type Decided = (Meeting, Key, Option<Box<Cost>>);

/// Adds the rows that the records of a call have in these moments. The list is sorted. A moment compares its
/// records with those of its neighbours only.
fn decide_call(call: &[&Row], moments: &[Meeting], decided: &mut Vec<Decided>) {
    let mut here: Vec<Meeting> = call.iter().filter_map(|row| row.moment).collect();
    here.sort_unstable();
    here.dedup();
    here.retain(|moment| moments.binary_search(moment).is_ok());
    if let ([row], [moment]) = (call, here.as_slice()) {
        decided.push((*moment, key_of(row), None));
        return;
    }
    for moment in here {
        let near = around(moment);
        let is_near = |row: &&Row| row.moment.is_some_and(|moment| near.contains(&moment));
        let near: Vec<&Row> = call.iter().copied().filter(is_near).collect();
        if near.len() > MOST_CONNECTED {
            let alone = near.iter().filter(|row| row.moment == Some(moment));
            decided.extend(alone.map(|row| (moment, key_of(row), None)));
            continue;
        }
        for group in calls::groups(&near) {
            let merged = if group.len() > 1 { place::merge(&group).0 } else { Vec::new() };
            let mut merged = merged.into_iter();
            let rows = group.into_iter().map(|row| (row, merged.next().map(Box::new)));
            let of_moment = rows.filter(|(row, _)| row.moment == Some(moment));
            decided.extend(of_moment.map(|(row, joined)| (moment, key_of(row), joined)));
        }
    }
}
