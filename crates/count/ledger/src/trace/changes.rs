//! What a change in a trace affects: spans to decide anew, and rows to write anew.

use super::{Trace, may_be_of_a_call_above};
use crate::merge;
use crate::standing::{At, Standing};

/// Maximum number of steps from a record to its counting record: wrapper, wrapped call, sibling record.
/// Nested runs of one tool can need more, and a cycle can exist while a trace is settled.
const PARTS: usize = 8;
/// Maximum number of spans below a call that are searched for the parts of its sum.
const MOST_BELOW: usize = 128;

impl Trace {
    /// Marks all spans whose standing may depend on `at`: ancestors, other records of the call, and theirs.
    pub(super) fn mark(&mut self, at: At) {
        self.mark_up(at);
        let twins = merge::response_id(&self.entry(at).node).map(|id| self.twins(id));
        if twins.is_some_and(|twins| twins.iter().any(|twin| *twin != at)) {
            twins.map(<[At]>::to_vec).into_iter().flatten().for_each(|twin| self.mark_up(twin));
        }
    }

    fn mark_up(&mut self, start: At) {
        let mut next = Some(start);
        while let Some(at) = next {
            // Ancestors of a marked span are marked already, except for `start`, which may have moved.
            let entry = self.entry_mut(at);
            let was_dirty = std::mem::replace(&mut entry.is_dirty, true);
            next = entry.parent.filter(|_| !was_dirty || at == start);
            if !was_dirty {
                self.dirty.push(at);
            }
        }
    }

    /// The spans to decide anew, each once.
    pub fn take_dirty(&mut self) -> Vec<At> {
        let dirty = std::mem::take(&mut self.dirty);
        dirty.iter().for_each(|at| self.entry_mut(*at).is_dirty = false);
        dirty
    }

    /// The spans whose row may have changed, each once.
    pub fn take_touched(&mut self) -> Vec<At> {
        let touched = std::mem::take(&mut self.touched);
        touched.iter().for_each(|at| self.entry_mut(*at).is_touched = false);
        touched
    }

    /// Notes that the row of a span may have changed.
    pub fn touch_row(&mut self, at: At) {
        let entry = self.entry_mut(at);
        if !std::mem::replace(&mut entry.is_touched, true) {
            self.touched.push(at);
        }
    }

    /// Marks the spans with usage below a call, because the call's own usage decides whether they count.
    pub(super) fn mark_sums_below(&mut self, top: At) {
        let mut stack = self.entry(top).children.clone();
        while let Some(at) = stack.pop() {
            let entry = self.entry(at);
            stack.extend_from_slice(&entry.children);
            if may_be_of_a_call_above(&entry.node) {
                self.mark(at);
            }
        }
    }

    /// The calls by shape directly below a call, also within tasks of it. Empty for a call with many spans
    /// below it.
    pub fn parts_by_shape(&self, call: At) -> Vec<At> {
        let mut stack = self.entry(call).children.clone();
        let (mut parts, mut seen) = (Vec::new(), 0);
        while let Some(at) = stack.pop() {
            seen += 1;
            if seen > MOST_BELOW {
                return Vec::new();
            }
            let entry = self.entry(at);
            if entry.node.kind.is_call() {
                parts.extend(merge::is_by_shape(&entry.node).then_some(at));
            } else {
                stack.extend_from_slice(&entry.children);
            }
        }
        parts
    }

    /// Marks the other calls by shape below the call above `at`: together they may be its sum.
    pub(super) fn mark_parts(&mut self, at: At) {
        if !merge::is_by_shape(&self.entry(at).node) {
            return;
        }
        let above = self.entry(at).call.filter(|call| merge::is_by_shape(&self.entry(*call).node));
        let parts = above.map(|call| self.parts_by_shape(call)).unwrap_or_default();
        parts.into_iter().for_each(|part| self.mark(part));
    }

    /// Notes that the row of a span may have changed, and the rows that include its figures. A wrapper's
    /// figures reach the wrapped call, and then the record to which this call lost.
    pub fn touch(&mut self, at: At) {
        let mut next = Some(at);
        for _ in 0..PARTS {
            let Some(at) = next else { return };
            let entry = self.entry(at);
            next = entry.lost_to.or(match entry.standing {
                Standing::Same(other) => Some(other),
                _ => None,
            });
            if entry.node.call.is_some() {
                self.touch_row(at);
            }
        }
    }

    /// Notes the sibling record `winner` to which `at` lost; `None` if it lost to none.
    pub fn lose_to(&mut self, at: At, winner: Option<At>) {
        let old = std::mem::replace(&mut self.entry_mut(at).lost_to, winner);
        if old == winner {
            winner.into_iter().for_each(|winner| self.touch(winner));
            return;
        }
        self.touch(at);
        if let Some(old) = old {
            self.entry_mut(old).partners.retain(|partner| *partner != at);
            self.touch(old);
        }
        if let Some(winner) = winner {
            self.entry_mut(winner).partners.push(at);
            self.touch(winner);
        }
    }
}
