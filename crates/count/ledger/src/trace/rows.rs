//! The rows of a trace: all of some kind, and those that changed.

use quipu_core::{InferredRun, Meeting};

use super::{At, Entry, Trace};
use crate::row::{self, Row};
use crate::{decide, inferred, merge};

impl Trace {
    /// Tool runs that the messages of a call tell of and no span does.
    pub fn inferred(&self, at: At) -> &[InferredRun] {
        self.inferred.get(&at).map_or(&[], Vec::as_slice)
    }

    /// Every row that belongs to a meeting, whether it changed or not.
    pub fn rows_that_meet(&self) -> impl Iterator<Item = Row> {
        (0..)
            .zip(&self.entries)
            .filter(|(_, entry)| entry.meeting.is_some())
            .filter_map(|(at, _)| Some(row::of(self, self.id, at)?.0))
    }

    /// Every row of a moment, whether it changed or not.
    pub fn rows_of(&self, moment: Meeting) -> impl Iterator<Item = Row> {
        let is_of =
            move |entry: &Entry| entry.node.call.as_ref().is_some_and(|call| call.moment == Some(moment));
        (0..)
            .zip(&self.entries)
            .filter(move |(_, entry)| is_of(entry))
            .filter_map(|(at, _)| Some(row::of(self, self.id, at)?.0))
    }

    /// Whether a span says of a tool run: its messages do, or it is one.
    fn matters(&self, at: At) -> bool {
        self.tellers.contains(&at) || merge::bare_tool(&self.entry(at).node).is_some()
    }

    /// Infers tool runs anew from the messages of calls; most traces have no call that tells of tools.
    fn infer(&mut self) {
        if self.tellers.is_empty() || !self.touched.iter().any(|at| self.matters(*at)) {
            return;
        }
        let now = inferred::infer(self, &self.tellers);
        let before = std::mem::replace(&mut self.inferred, now);
        let changed = |at: &&At| before.get(*at) != self.inferred.get(*at);
        let changed: Vec<At> = before.keys().chain(self.inferred.keys()).filter(changed).copied().collect();
        self.touched.extend(changed);
    }

    /// Whether tool runs have spans.
    pub const fn has_runs(&self) -> bool {
        self.has_runs
    }

    /// Notes the first span of a tool run: rows of calls say that there is one.
    fn note_runs(&mut self) {
        let has_runs = self.all_runs().next().is_some();
        if self.has_runs != has_runs {
            self.has_runs = has_runs;
            let of_calls = (0..).zip(&self.entries).filter(|(_, entry)| entry.node.kind.is_call());
            let calls: Vec<At> = of_calls.map(|(at, _)| at).collect();
            self.touched.extend(calls);
        }
    }

    /// Decides anew what may have changed, and gives the rows that are new or different.
    pub fn settle(&mut self) -> Vec<Row> {
        let dirty = std::mem::take(&mut self.dirty).into_iter().collect();
        decide::settle(self, dirty);
        self.infer();
        self.note_runs();
        if !self.touched.is_empty() {
            let estimated = std::mem::take(&mut self.estimated);
            estimated.iter().for_each(|at| self.touch(*at));
            self.estimated = estimated;
        }
        let mut rows = Vec::new();
        for at in std::mem::take(&mut self.touched) {
            let Some((row, print)) = row::of(self, self.id, at) else { continue };
            if self.entry(at).emitted.as_ref() != Some(&print) {
                self.entry_mut(at).emitted = Some(print);
                rows.push(row);
            }
        }
        rows.sort_unstable_by_key(|row: &Row| (row.cost.time, row.cost.span_id));
        rows
    }
}
