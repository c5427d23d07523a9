//! What waits, and how much of it is where.

use std::collections::VecDeque;
use std::sync::Arc;

use quipu_core::Batch;

use super::forgotten::Forgotten;
use super::spool::{Place, Spool};

/// A batch on its way to a backend.
pub(crate) struct Load {
    pub batch: Arc<Batch>,
    /// Records of it that the backend takes, one at least.
    pub taken: usize,
    /// Where it is on disk; `None`: it is in memory alone.
    pub(super) place: Option<Place>,
    /// When it came: milliseconds of the backlog's clock.
    pub(super) stamp: u64,
}

impl Load {
    /// Whether it is on disk, where the next process finds it.
    pub const fn is_kept(&self) -> bool {
        self.place.is_some()
    }
}

#[derive(Default)]
pub(super) struct Waiting {
    pub loads: VecDeque<Load>,
    /// Records of all batches in memory, whatever the backend takes of them: what memory they need.
    pub held: usize,
    /// Records that the backend takes of them.
    pub taken: usize,
    /// The same of what is being delivered.
    pub at_work: usize,
    /// Of these, the ones that are not on disk.
    pub at_work_unkept: usize,
    pub at_work_stamp: Option<u64>,
    /// Whether a batch is being read from the disk that is not counted yet.
    pub reading: bool,
    /// What was forgotten since the batches were taken out that are being delivered.
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

    /// Leaves the batch that came last and is on disk to the disk.
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
