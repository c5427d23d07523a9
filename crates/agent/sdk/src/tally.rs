//! Counters of records per thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Counts;

/// Reason for a lost record or field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The thread's ring is full.
    RingFull,
    /// Too many large records wait.
    LargeFull,
    /// The drain is gone.
    Closed,
    /// A field was too large; the rest of the record is stored.
    FieldTooLarge,
}

impl Loss {
    const ALL: [(Self, &'static str); 4] = [
        (Self::RingFull, "ring_full"),
        (Self::LargeFull, "large_full"),
        (Self::Closed, "closed"),
        (Self::FieldTooLarge, "field_too_large"),
    ];
}

/// Counters of one thread. Only that thread writes, so an increment is a plain store.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Tally {
    pub spans: AtomicU64,
    pub events: AtomicU64,
    pub unsampled: AtomicU64,
    lost: [AtomicU64; Loss::ALL.len()],
}

impl Tally {
    /// Increments a counter with a single writer.
    #[inline]
    pub fn one(counter: &AtomicU64) {
        counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    #[inline]
    pub fn lose(&self, loss: Loss) {
        Self::one(&self.lost[loss as usize]);
    }

    fn add(&self, other: &Self) {
        let pairs =
            [(&self.spans, &other.spans), (&self.events, &other.events), (&self.unsampled, &other.unsampled)];
        for (mine, theirs) in pairs.into_iter().chain(self.lost.iter().zip(&other.lost)) {
            mine.fetch_add(theirs.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

/// The counters of all threads of a recorder.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    living: Vec<Arc<Tally>>,
    /// Sum of ended threads.
    past: Tally,
}

impl Tallies {
    pub fn know(&mut self, tally: &Arc<Tally>) {
        self.settle();
        if !self.living.iter().any(|known| Arc::ptr_eq(known, tally)) {
            self.living.push(Arc::clone(tally));
        }
    }

    /// Adds the counters of ended threads to the sum.
    fn settle(&mut self) {
        let past = &self.past;
        self.living.retain(|tally| {
            let lives = Arc::strong_count(tally) > 1;
            if !lives {
                // Makes the last writes of the thread visible.
                std::sync::atomic::fence(Ordering::Acquire);
                past.add(tally);
            }
            lives
        });
    }

    /// Counters for threads that have ended their own; the caller holds the lock around them.
    pub fn stray(&self) -> &Tally {
        &self.past
    }

    /// The sum of all threads.
    pub fn sum(&mut self) -> Counts {
        self.settle();
        let sum = Tally::default();
        self.living.iter().map(|tally| &**tally).chain([&self.past]).for_each(|tally| sum.add(tally));
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let dropped = Loss::ALL.iter().map(|(loss, word)| (*word, get(&sum.lost[*loss as usize])));
        Counts {
            spans: get(&sum.spans),
            events: get(&sum.events),
            unsampled: get(&sum.unsampled),
            dropped: dropped.filter(|(_, count)| *count > 0).collect(),
            ..Counts::default()
        }
    }
}
