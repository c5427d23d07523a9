//! Windows that slide over buckets of figures.

use std::collections::VecDeque;

use quipu_core::Timestamp;

use crate::RuleFigures;

/// The first multiple of `width` at or after a time.
pub(crate) const fn ceil(at: Timestamp, width: i64) -> Timestamp {
    at.plus(width - 1).floor(width)
}

/// Sums of the buckets of a window. Each bucket is merged about twice, however long the window is.
#[derive(Default)]
struct Sums {
    /// Sums of a bucket and all later ones of this half; the last entry is the oldest.
    front: Vec<(Timestamp, RuleFigures)>,
    back: Vec<(Timestamp, RuleFigures)>,
    back_sum: RuleFigures,
}

impl Sums {
    fn push(&mut self, at: Timestamp, figures: RuleFigures) {
        self.back_sum.merge(&figures);
        self.back.push((at, figures));
    }

    /// Begin of the oldest bucket.
    fn oldest(&self) -> Option<Timestamp> {
        self.front.last().or(self.back.first()).map(|(at, _)| *at)
    }

    /// Removes buckets that begin before `since`; whether there were any.
    fn evict(&mut self, since: Timestamp) -> bool {
        if self.oldest().is_none_or(|at| at >= since) {
            return false;
        }
        if self.front.is_empty() {
            let mut sum = RuleFigures::default();
            for (at, figures) in self.back.drain(..).rev() {
                sum.merge(&figures);
                self.front.push((at, sum.clone()));
            }
            self.back_sum = RuleFigures::default();
        }
        while self.front.last().is_some_and(|(at, _)| *at < since) {
            self.front.pop();
        }
        self.evict(since);
        true
    }

    /// The figures of the window; `None` without buckets.
    fn sum(&self) -> Option<RuleFigures> {
        let mut sum = match self.front.last() {
            Some((_, sum)) => sum.clone(),
            None if self.back.is_empty() => return None,
            None => RuleFigures::default(),
        };
        sum.merge(&self.back_sum);
        Some(sum)
    }
}

/// A window that moves over the buckets of a group, which come in order of time.
pub(crate) struct Window {
    /// Buckets after the window.
    ahead: VecDeque<(Timestamp, RuleFigures)>,
    sums: Sums,
    length: i64,
    /// Time from the end of the window to the evaluation.
    earlier: i64,
}

impl Window {
    /// A window of this length that ends so much earlier than an evaluation.
    pub(crate) fn new(length: i64, earlier: i64) -> Self {
        Self { ahead: VecDeque::new(), sums: Sums::default(), length, earlier }
    }

    /// Adds a bucket, which begins after all others.
    pub(crate) fn push(&mut self, at: Timestamp, figures: RuleFigures) {
        match self.ahead.back_mut() {
            Some((last, known)) if *last == at => known.merge(&figures),
            _ => self.ahead.push_back((at, figures)),
        }
    }

    /// Moves it to the evaluation at this time; whether its buckets changed.
    pub(crate) fn move_to(&mut self, at: Timestamp) -> bool {
        let (end, mut is_new) = (at.plus(-self.earlier), false);
        while self.ahead.front().is_some_and(|(start, _)| *start < end) {
            if let Some((start, figures)) = self.ahead.pop_front() {
                self.sums.push(start, figures);
                is_new = true;
            }
        }
        self.sums.evict(end.plus(-self.length)) || is_new
    }

    /// The time after which a bucket enters or leaves; `None` if the window and all after it are empty.
    pub(crate) fn next_change(&self) -> Option<Timestamp> {
        let enters = self.ahead.front().map(|(start, _)| start.plus(self.earlier));
        let leaves = self.sums.oldest().map(|start| start.plus(self.length + self.earlier));
        enters.into_iter().chain(leaves).min()
    }

    /// The figures of the window; `None` without buckets.
    pub(crate) fn sum(&self) -> Option<RuleFigures> {
        self.sums.sum()
    }
}
