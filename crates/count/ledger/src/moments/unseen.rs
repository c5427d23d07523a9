//! The records of a window that a search has not seen yet, for searches through many records.
//!
//! Seen records leave the sets. So a search through n connected records does not look at each of them n
//! times.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use foldhash::{HashMap, HashMapExt, HashSet};
use quipu_core::Timestamp;

use super::Moment;
use super::moment::{Key, key_of};
use crate::evidence;
use crate::row::{Id, Row};

/// Unseen records of several moments.
pub(super) struct Unseen<'a>(Vec<Rest<'a>>);

/// Unseen records of one instrumentation in one moment. Two of them are never of one call.
struct Rest<'a> {
    /// Number of the moment.
    at: usize,
    moment: &'a Moment,
    source: u64,
    keys: BTreeSet<Key>,
    bare: BTreeSet<Key>,
    /// Records by the clues that were looked for; seen ones are removed at the next look.
    by_clue: HashMap<u64, Vec<Key>>,
}

impl<'a> Unseen<'a> {
    /// The records of these moments without those of `seen`.
    pub fn of(moments: &[&'a Moment], seen: &HashSet<Id>) -> Self {
        let mut all: BTreeMap<(usize, u64), Rest<'a>> = BTreeMap::new();
        for (at, moment) in moments.iter().copied().enumerate() {
            let bare = moment.clues().bare();
            for row in moment.rows().filter(|row| !seen.contains(&row.id())) {
                let (key, source) = (key_of(row), row.source());
                let (keys, bare_keys, by_clue) = (BTreeSet::new(), BTreeSet::new(), HashMap::new());
                let new = || Rest { at, moment, source, keys, bare: bare_keys, by_clue };
                let rest = all.entry((at, source)).or_insert_with(new);
                rest.keys.insert(key);
                if bare.is_some_and(|bare| bare.contains(&key)) {
                    rest.bare.insert(key);
                }
            }
        }
        Self(all.into_values().collect())
    }

    /// Notes that records were seen.
    pub fn remove(&mut self, rows: &[&Row]) {
        for key in rows.iter().map(|row| key_of(row)) {
            for rest in &mut self.0 {
                rest.keys.remove(&key);
                rest.bare.remove(&key);
            }
        }
    }

    /// As [`Moment::add_near`], for the moment of this number, without records of the same instrumentation.
    pub fn add_near(
        &mut self,
        moment: usize,
        (row, wanted): (&Row, &[u64]),
        time: Range<Timestamp>,
        found: &mut Vec<&'a Row>,
    ) {
        let source = row.source();
        for rest in self.0.iter_mut().filter(|rest| rest.at == moment && rest.source != source) {
            rest.add_near((row, wanted), time.clone(), found);
        }
    }
}

impl<'a> Rest<'a> {
    fn add_near(&mut self, (row, wanted): (&Row, &[u64]), time: Range<Timestamp>, found: &mut Vec<&'a Row>) {
        let mut near: Vec<Key> = Vec::new();
        for clue in wanted {
            let all = || self.moment.clues().with(&[*clue]).collect();
            let of_clue: &mut Vec<Key> = self.by_clue.entry(*clue).or_insert_with(all);
            of_clue.retain(|key| self.keys.contains(key));
            near.extend_from_slice(of_clue);
        }
        let in_time = (time.start, None)..(time.end, None);
        let of_time = if evidence::tells(row) { &self.bare } else { &self.keys };
        near.extend(of_time.range(in_time));
        self.moment.add_rows(near, found);
    }
}
