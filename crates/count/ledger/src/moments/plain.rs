//! Plain moments: those around which one instrumentation reported all records.
//!
//! No two of their records are of one call, so the records stay in the store. They are read back once another
//! instrumentation reports a record, or a sum of usage has to be compared with its calls.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use quipu_core::{Meeting, Rule};

use super::{Moment, Moments, around, sums};
use crate::row::Row;

/// The sources of some records.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Sources {
    #[default]
    None,
    One(u64),
    Several,
}

impl Sources {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, Self::None) | (Self::None, one) => one,
            (Self::One(one), Self::One(other)) if one == other => self,
            _ => Self::Several,
        }
    }

    /// Usage outside of calls may repeat those of the same instrumentation.
    fn of_row(row: &Row) -> Self {
        if row.cost.rule == Rule::OrphanRollup { Self::Several } else { Self::One(row.source()) }
    }

    fn of_moment(moment: &Moment) -> Self {
        let has_usage = moment.has_usage || moment.has_sums;
        match moment.sources.as_slice() {
            // Records of a crowded moment are compared with no others.
            _ if moment.crowded => Self::None,
            [] => Self::None,
            [one] if !has_usage => Self::One(*one),
            _ => Self::Several,
        }
    }
}

impl Moments {
    /// The moments of these rows whose records can stay in the store. The moments around them must be known.
    pub(super) fn plain(&self, rows: &[Row]) -> HashSet<Meeting> {
        if !self.leaves_in_store {
            return HashSet::new();
        }
        let mut coming: HashMap<Meeting, Sources> = HashMap::new();
        let mut summed = Vec::new();
        for row in rows {
            let Some(moment) = sums::place(row) else { continue };
            summed.extend(sums::calls_of(moment, row));
            let sources = coming.entry(moment).or_default();
            *sources = sources.and(Sources::of_row(row));
        }
        let sources_in = |moment: Meeting| {
            let known = self.moments.peek(&moment).map(Sources::of_moment).unwrap_or_default();
            known.and(coming.get(&moment).copied().unwrap_or_default())
        };
        let is_plain = |moment: &Meeting| {
            let near = around(*moment).into_iter().flat_map(around);
            let sources = near.map(sources_in).fold(Sources::None, Sources::and);
            let is_summed = summed.iter().any(|calls| calls.contains(&moment.number()));
            sources != Sources::Several && !is_summed && !self.is_compared(*moment)
        };
        coming.keys().copied().filter(is_plain).collect()
    }

    /// Whether the records of a moment were needed already, or a sum of usage may repeat its calls.
    fn is_compared(&self, moment: Meeting) -> bool {
        let was_read_back = self.moments.peek(&moment).is_some_and(|known| known.was_read_back);
        was_read_back || self.has_sums_over(moment)
    }

    /// Whether all records of a moment are in memory.
    pub(super) fn is_whole(&self, moment: Meeting) -> bool {
        self.moments.peek(&moment).is_some_and(|known| !known.is_partial)
    }

    /// Notes that a record of a plain moment stays in the store.
    pub(super) fn leave(&mut self, moment: Meeting, row: &Row) {
        let known = self.moments.get_or_insert_mut(moment, Moment::default);
        known.is_partial = true;
        known.note_source(row.source());
    }

    /// Evicts the records of a moment. A plain one is remembered without them, so that they are not read back
    /// with each batch beside it.
    pub(super) fn evict(&mut self, meeting: Meeting) {
        let Some(moment) = self.drop(meeting) else { return };
        if self.leaves_in_store && matches!(Sources::of_moment(&moment), Sources::One(_)) {
            let Moment { sources, .. } = moment;
            self.moments.put(meeting, Moment { sources, is_partial: true, ..Moment::default() });
        }
    }
}
