//! What waits for a backend.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use quipu_core::Batch;
use tokio::sync::Notify;

use super::WhenFull;

#[derive(Default)]
struct Waiting {
    batches: VecDeque<Arc<Batch>>,
    records: usize,
    /// Records of the batch that is being delivered.
    at_work: usize,
    closed: bool,
}

/// Batches in order, bounded by their records. One worker takes them out.
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
    pub fn push(&self, batch: Arc<Batch>) -> usize {
        let mut waiting = self.waiting.lock();
        let size = batch.len();
        if waiting.closed {
            return size;
        }
        let mut dropped = 0;
        while waiting.records + size > self.most && waiting.records > 0 {
            if self.when_full == WhenFull::DropNewest {
                return size;
            }
            let gone = waiting.batches.pop_front().map_or(0, |oldest| oldest.len());
            waiting.records -= gone;
            dropped += gone;
        }
        waiting.records += size;
        waiting.batches.push_back(batch);
        drop(waiting);
        self.ready.notify_one();
        dropped
    }

    /// The next batch; `None` once it is closed and empty.
    pub async fn next(&self) -> Option<Arc<Batch>> {
        loop {
            {
                let mut waiting = self.waiting.lock();
                if let Some(batch) = waiting.batches.pop_front() {
                    waiting.records -= batch.len();
                    waiting.at_work = batch.len();
                    return Some(batch);
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
        if waiting.batches.is_empty() {
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
        waiting.records + waiting.at_work
    }

    /// Takes nothing more.
    pub fn close(&self) {
        self.waiting.lock().closed = true;
        self.ready.notify_one();
    }

    /// Throws away what waits; gives how many records that were, with those that were being delivered.
    pub fn clear(&self) -> usize {
        let mut waiting = self.waiting.lock();
        let lost = waiting.records + waiting.at_work;
        *waiting = Waiting { closed: waiting.closed, ..Waiting::default() };
        self.quiet.notify_waiters();
        lost
    }
}
