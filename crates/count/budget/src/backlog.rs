//! Changes that could not be written, kept until they can.

use std::collections::VecDeque;

use quipu_core::{Cost, Error, Posting, TraceFacts, TraceId};

use crate::Budgets;
use crate::notice::What;

/// Records that wait at most; beyond it the oldest go, and a notice says so.
const WAITING: usize = 16_384;

/// Changes that could not be written.
#[derive(Default)]
pub(crate) struct Backlog {
    /// Ledger rows, and facts of traces.
    pub costs: VecDeque<Cost>,
    pub facts: VecDeque<(TraceId, TraceFacts)>,
    /// Spending that the caller settled.
    pub settled: VecDeque<Posting>,
    /// Reservations that have ended.
    pub ended: VecDeque<u64>,
    lost: u64,
    told: bool,
}

impl Backlog {
    /// Takes everything out.
    pub fn take(&mut self) -> Self {
        let (lost, told) = (self.lost, self.told);
        let taken = std::mem::take(self);
        (self.lost, self.told) = (lost, told);
        taken
    }

    pub fn is_empty(&self) -> bool {
        self.costs.is_empty() && self.facts.is_empty() && self.settled.is_empty() && self.ended.is_empty()
    }

    /// Puts it in front of what has come meanwhile.
    fn put_back(&mut self, mut before: Self) {
        before.costs.append(&mut self.costs);
        before.facts.append(&mut self.facts);
        before.settled.append(&mut self.settled);
        before.ended.append(&mut self.ended);
        (self.costs, self.facts) = (before.costs, before.facts);
        (self.settled, self.ended) = (before.settled, before.ended);
        let length = self.costs.len();
        for _ in WAITING..length {
            self.costs.pop_front();
            self.lost += 1;
        }
        self.facts.drain(..self.facts.len().saturating_sub(WAITING));
        self.settled.drain(..self.settled.len().saturating_sub(WAITING));
        self.ended.drain(..self.ended.len().saturating_sub(WAITING));
    }
}

impl Budgets {
    /// Keeps changes that could not be written; the first time it gives a notice.
    pub(crate) fn postpone(&self, work: Backlog, error: &Error) {
        let (first, lost) = {
            let mut backlog = self.0.backlog.lock();
            backlog.put_back(work);
            (!std::mem::replace(&mut backlog.told, true), backlog.lost)
        };
        if first {
            let text = format!("cannot write spent amounts, which wait in memory: {error}");
            let text = if lost > 0 { format!("{text}; {lost} calls were lost") } else { text };
            self.tell(self.notice(What::Unchecked, "*", text));
        }
    }

    pub(crate) fn postpone_settled(&self, postings: Vec<Posting>, id: u64, error: &Error) {
        let work = Backlog { settled: postings.into(), ended: [id].into(), ..Backlog::default() };
        self.postpone(work, error);
    }

    /// It works again.
    pub(crate) fn caught_up(&self) {
        self.0.backlog.lock().told = false;
    }
}
