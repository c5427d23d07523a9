//! The overflow slot of a pool: one permit at a time, of any size, outside the shares.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::share_key::ShareKey;

/// Queues of senders that are kept before unused ones are dropped.
const LINES: usize = 64;

/// The slot. Each sender queues for one entry in the common queue, so senders take turns.
pub struct Overflow {
    one: Arc<Semaphore>,
    lines: Mutex<HashMap<u64, Weak<Semaphore>>>,
}

/// A permit for the slot.
pub struct Slot {
    // The drop order is: the common slot first, then the entry of the sender.
    _one: OwnedSemaphorePermit,
    _line: OwnedSemaphorePermit,
}

impl Overflow {
    /// Creates a free slot.
    #[must_use]
    pub fn new() -> Self {
        Self { one: Arc::new(Semaphore::new(1)), lines: Mutex::default() }
    }

    /// Takes the slot if it is free and has no queue.
    pub(crate) fn try_take(&self, sender: u64) -> Option<Slot> {
        let line = self.line(sender).try_acquire_owned().ok()?;
        let one = Arc::clone(&self.one).try_acquire_owned().ok()?;
        Some(Slot { _one: one, _line: line })
    }

    /// Waits for the slot. It never returns `None`, because the semaphores are never closed.
    pub(crate) async fn take(&self, sender: u64) -> Option<Slot> {
        let line = self.line(sender).acquire_owned().await.ok()?;
        let one = Arc::clone(&self.one).acquire_owned().await.ok()?;
        Some(Slot { _one: one, _line: line })
    }

    /// Waits until the caller gets the slot. It never returns `None`, as above.
    pub async fn turn(&self, caller: ShareKey) -> Option<Slot> {
        self.take(caller.sender()).await
    }

    fn line(&self, sender: u64) -> Arc<Semaphore> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(&sender).and_then(Weak::upgrade) {
            return line;
        }
        if lines.len() >= LINES {
            // The number of queues in use equals the number of requests in progress.
            lines.retain(|_, line| line.strong_count() > 0);
        }
        let line = Arc::new(Semaphore::new(1));
        lines.insert(sender, Arc::downgrade(&line));
        line
    }
}

impl Default for Overflow {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_for_much_takes_turns_with_the_others() {
        let beside = Arc::new(Overflow::new());
        let first = beside.try_take(1).unwrap();
        assert!(beside.try_take(1).is_none() && beside.try_take(2).is_none());
        let (told, mut came) = tokio::sync::mpsc::unbounded_channel();
        for sender in [1, 1, 1, 2, 3] {
            let (beside, told) = (Arc::clone(&beside), told.clone());
            tokio::spawn(async move {
                let turn = beside.take(sender).await;
                told.send(sender).unwrap();
                drop(turn);
            });
            tokio::task::yield_now().await;
        }
        drop(first);
        let mut order = Vec::new();
        for _ in 0..5 {
            order.push(came.recv().await.unwrap());
        }
        let last_of_others = order.iter().rposition(|sender| *sender != 1).unwrap();
        assert!(last_of_others <= 2, "{order:?}");
    }

    #[test]
    fn lines_that_nobody_stands_in_are_forgotten() {
        let beside = Overflow::new();
        for sender in 0..10_000 {
            drop(beside.try_take(sender).unwrap());
        }
        assert!(beside.lines.lock().unwrap().len() <= LINES);
    }
}
