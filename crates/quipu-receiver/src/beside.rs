//! Room beside the shares: for one at a time, whatever its size, so that whoever waits there is sure to come to its end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lines of senders that are kept in mind before those that are gone are looked for.
const LINES: usize = 64;

/// The one place. Each sender has a line of its own and one in the line of all, so that who asks for much takes turns with the others.
pub(crate) struct Beside {
    one: Arc<Semaphore>,
    lines: Mutex<HashMap<u64, Weak<Semaphore>>>,
}

/// Who has this has the place.
pub(crate) struct Turn {
    // Given back in this order: first the place of all, then that within the sender's own line.
    _one: OwnedSemaphorePermit,
    _line: OwnedSemaphorePermit,
}

impl Beside {
    pub(crate) fn new() -> Self {
        Self { one: Arc::new(Semaphore::new(1)), lines: Mutex::default() }
    }

    /// The place, if nobody has it or waits for it.
    pub(crate) fn try_take(&self, sender: u64) -> Option<Turn> {
        let line = self.line(sender).try_acquire_owned().ok()?;
        let one = Arc::clone(&self.one).try_acquire_owned().ok()?;
        Some(Turn { _one: one, _line: line })
    }

    /// The place, once it is the sender's turn. `None` never comes: nobody closes it.
    pub(crate) async fn take(&self, sender: u64) -> Option<Turn> {
        let line = self.line(sender).acquire_owned().await.ok()?;
        let one = Arc::clone(&self.one).acquire_owned().await.ok()?;
        Some(Turn { _one: one, _line: line })
    }

    fn line(&self, sender: u64) -> Arc<Semaphore> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(&sender).and_then(Weak::upgrade) {
            return line;
        }
        if lines.len() >= LINES {
            // Those that somebody stands in are as many as requests under way.
            lines.retain(|_, line| line.strong_count() > 0);
        }
        let line = Arc::new(Semaphore::new(1));
        lines.insert(sender, Arc::downgrade(&line));
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_for_much_takes_turns_with_the_others() {
        let beside = Arc::new(Beside::new());
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
        let beside = Beside::new();
        for sender in 0..10_000 {
            drop(beside.try_take(sender).unwrap());
        }
        assert!(beside.lines.lock().unwrap().len() <= LINES);
    }
}
