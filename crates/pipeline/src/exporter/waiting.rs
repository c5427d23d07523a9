//! State of a backlog: waiting batches, and their counts in memory and on disk.

use std::collections::VecDeque;
use std::sync::Arc;

use quipu_core::Batch;

use super::forgotten::Forgotten;
use super::spool::{FrameRange, Spool};

/// A batch for a backend.
pub(crate) struct Load {
    pub batch: Arc<Batch>,
    /// Records that the backend accepts, at least one.
    pub taken: usize,
    /// Position on disk; `None`: in memory alone.
    pub(super) place: Option<FrameRange>,
    /// Arrival time in milliseconds of the backlog's clock.
    pub(super) stamp: u64,
}

impl Load {
    /// Whether it is on disk for the next process.
    pub const fn is_kept(&self) -> bool {
        self.place.is_some()
    }
}

#[derive(Default)]
pub(super) struct Waiting {
    pub loads: VecDeque<Load>,
    /// All records in memory, accepted or not: the measure of the memory limit.
    pub held: usize,
    /// Records in memory that the backend accepts.
    pub taken: usize,
    /// Accepted records in delivery.
    pub at_work: usize,
    /// Those of them that are not on disk.
    pub at_work_unkept: usize,
    pub at_work_stamp: Option<u64>,
    /// Whether a batch is being read from disk that no count includes yet.
    pub reading: bool,
    /// Deletions since the batches in delivery were taken out.
    pub forgotten: Vec<Arc<Forgotten>>,
    pub spool: Option<Spool>,
    pub closed: bool,
}

impl Waiting {
    pub fn pop(&mut self) -> Option<Load> {
        let load = self.loads.pop_front()?;
        self.without(&load);
        Some(load)
    }

    pub fn without(&mut self, load: &Load) {
        self.held -= load.batch.len();
        self.taken -= load.taken;
    }

    pub fn keep(&mut self, load: Load) {
        self.held += load.batch.len();
        self.taken += load.taken;
        self.loads.push_back(load);
    }

    pub fn begin(&mut self, load: Load) -> Load {
        self.at_work += load.taken;
        self.at_work_unkept += if load.place.is_none() { load.taken } else { 0 };
        self.at_work_stamp = self.at_work_stamp.or(Some(load.stamp));
        load
    }

    /// Drops the last batch from memory that is also on disk.
    pub fn forget_last_kept(&mut self) -> bool {
        let kept = self.loads.iter().rposition(|load| load.place.is_some());
        let Some(load) = kept.and_then(|at| self.loads.remove(at)) else { return false };
        self.without(&load);
        if let (Some(spool), Some(place)) = (&mut self.spool, load.place) {
            spool.forget(place, load.taken, load.stamp);
        }
        true
    }

    pub fn records(&self) -> u64 {
        let unread = self.spool.as_ref().map_or(0, Spool::unread);
        unread + wide(self.taken + self.at_work)
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
