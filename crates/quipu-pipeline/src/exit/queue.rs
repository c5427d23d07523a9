//! What waits for a backend.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use quipu_core::Batch;
use tokio::sync::Notify;

use super::WhenFull;

/// A batch on its way to a backend.
pub(crate) struct Load {
    pub batch: Arc<Batch>,
    /// Records of it that the backend takes, one at least.
    pub taken: usize,
}

#[derive(Default)]
struct Waiting {
    loads: VecDeque<Load>,
    /// Records of all batches, whatever the backend takes of them: what memory they need.
    held: usize,
    /// Records that the backend takes of them.
    taken: usize,
    /// The same of the batch that is being delivered.
    at_work: usize,
    closed: bool,
}

impl Waiting {
    fn pop(&mut self) -> Option<Load> {
        let load = self.loads.pop_front()?;
        self.held -= load.batch.len();
        self.taken -= load.taken;
        Some(load)
    }
}

/// Batches in order, bounded by their records. One worker takes them out. What is counted is what the backend takes.
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    ready: Notify,
    quiet: Notify,
    most: usize,
    when_full: WhenFull,
}

impl Queue {
    pub fn new(most: usize, when_full: WhenFull) -> Self {
        Self {
            waiting: Mutex::default(),
            ready: Notify::new(),
            quiet: Notify::new(),
            most: most.max(1),
            when_full,
        }
    }

    /// Takes a batch; gives how many records were dropped for it, itself included.
    pub fn push(&self, load: Load) -> usize {
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return load.taken;
        }
        let mut dropped = 0;
        while waiting.held + load.batch.len() > self.most && waiting.held > 0 {
            if self.when_full == WhenFull::DropNewest {
                return load.taken;
            }
            dropped += waiting.pop().map_or(0, |oldest| oldest.taken);
        }
        waiting.held += load.batch.len();
        waiting.taken += load.taken;
        waiting.loads.push_back(load);
        drop(waiting);
        self.ready.notify_one();
        dropped
    }

    /// The next batch; `None` once it is closed and empty.
    pub async fn next(&self) -> Option<Load> {
        loop {
            {
                let mut waiting = self.waiting.lock();
                if let Some(load) = waiting.pop() {
                    waiting.at_work = load.taken;
                    return Some(load);
                }
                if waiting.closed {
                    return None;
                }
            }
            self.ready.notified().await;
        }
    }

    /// The batch taken last is written or given up.
    pub fn done(&self) {
        let mut waiting = self.waiting.lock();
        waiting.at_work = 0;
        if waiting.loads.is_empty() {
            self.quiet.notify_waiters();
        }
    }

    /// Waits until nothing waits and nothing is being delivered.
    pub async fn quiet(&self) {
        loop {
            let mut quiet = std::pin::pin!(self.quiet.notified());
            quiet.as_mut().enable();
            if self.records() == 0 {
                return;
            }
            quiet.await;
        }
    }

    /// Records that wait or are being delivered.
    pub fn records(&self) -> usize {
        let waiting = self.waiting.lock();
        waiting.taken + waiting.at_work
    }

    /// Takes nothing more.
    pub fn close(&self) {
        self.waiting.lock().closed = true;
        self.ready.notify_one();
    }

    /// Throws away what waits; gives how many records that were, with those that were being delivered.
    pub fn clear(&self) -> usize {
        let mut waiting = self.waiting.lock();
        let lost = waiting.taken + waiting.at_work;
        *waiting = Waiting { closed: waiting.closed, ..Waiting::default() };
        self.quiet.notify_waiters();
        lost
    }
}
