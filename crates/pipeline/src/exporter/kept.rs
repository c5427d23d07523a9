//! Dead letters of a running backend: bounded, and counted without another listing of the folder.

use std::collections::VecDeque;
use std::path::Path;
use std::time::SystemTime;

use quipu_core::locks::Mutex;
use quipu_core::{Batch, Clock, Error, ErrorKind, Result, SystemClock};

use super::dead::{DeadLetter, DeadLetters, Replayed};
use super::forgotten::Forgotten;

/// Most dead letters in a folder.
const LETTERS: usize = 10_000;
/// Stored characters of a backend's error text.
const SAID: usize = 1_000;

struct HeldLetters {
    letters: VecDeque<DeadLetter>,
    next: u64,
    /// Last known modification time of the folder.
    changed: Option<SystemTime>,
}

impl HeldLetters {
    fn of(letters: Vec<DeadLetter>) -> Self {
        let next = letters.last().map_or(1, |last| last.id + 1);
        Self { letters: letters.into(), next, changed: None }
    }

    fn records(&self) -> u64 {
        self.letters.iter().map(|letter| letter.records).sum()
    }

    fn bytes(&self) -> u64 {
        self.letters.iter().map(|letter| letter.bytes).sum()
    }
}

pub(crate) struct StoredLetters {
    letters: DeadLetters,
    most_bytes: u64,
    held: Mutex<HeldLetters>,
    /// Held during a replay, because two replays at once would deliver letters twice.
    replaying: Mutex<()>,
}

impl StoredLetters {
    pub fn open(folder: &Path, most_bytes: u64) -> Result<Self> {
        let letters = DeadLetters::open(folder);
        letters.remove_unfinished()?;
        let held = Mutex::new(HeldLetters::of(letters.list()?));
        Ok(Self { letters, most_bytes, held, replaying: Mutex::default() })
    }

    /// The dead letters in the folder.
    pub fn letters(&self) -> DeadLetters {
        self.letters.clone()
    }

    /// Counts again if another process changed the folder. A jump of the clock costs one listing at most.
    pub fn look_again(&self) {
        let changed = self.letters.changed();
        if self.held.lock().changed == changed {
            return;
        }
        // The listing runs before the lock, because the worker waits for that lock.
        if let Ok(letters) = self.letters.list() {
            let mut held = self.held.lock();
            let next = held.next;
            *held = HeldLetters { changed, ..HeldLetters::of(letters) };
            held.next = held.next.max(next);
        }
    }

    /// Number of stored records.
    pub fn records(&self) -> u64 {
        self.held.lock().records()
    }

    /// Stores a batch. Returns how many records it evicted: the oldest, and its own if the batch alone
    /// exceeds the limit.
    ///
    /// # Errors
    /// The file cannot be written, or the batch is larger than 256 MiB.
    pub fn put(&self, why: (&str, &str), records: usize, batch: &Batch) -> Result<u64> {
        let mut held = self.held.lock();
        let said: String = why.1.chars().take(SAID).collect();
        let letter = self.letters.put(held.next, SystemClock.now(), (why.0, &said), records, batch)?;
        held.next += 1;
        held.letters.push_back(letter);
        let mut gone = 0;
        while held.bytes() > self.most_bytes || held.letters.len() > LETTERS {
            let Some(oldest) = held.letters.pop_front() else { break };
            // A letter that another process removed is no loss.
            gone += if self.letters.remove(&[oldest.id])? > 0 { oldest.records } else { 0 };
        }
        held.changed = self.letters.changed();
        Ok(gone)
    }

    /// Deletes matching records, see [`DeadLetters::forget`].
    ///
    /// # Errors
    /// As there, or a replay is under way.
    pub fn forget(
        &self,
        what: &Forgotten,
        taken: &dyn Fn(&Batch) -> usize,
        dry: bool,
    ) -> Result<(u64, Vec<Error>)> {
        let Some(_alone) = self.replaying.try_lock() else {
            return Err(Error::new(ErrorKind::Locked, "forget dead letters", "a replay is under way"));
        };
        let gone = self.letters.forget(what, taken, dry);
        self.look_again();
        gone
    }

    /// Replays the letters, see [`DeadLetters::each`].
    ///
    /// # Errors
    /// As there, or another replay is under way.
    pub fn replay(&self, take: impl FnMut(&DeadLetter, Batch) -> Result<()>) -> Result<Replayed> {
        let Some(_alone) = self.replaying.try_lock() else {
            return Err(Error::new(ErrorKind::Locked, "replay dead letters", "a replay is under way"));
        };
        let replayed = self.letters.each(take);
        self.look_again();
        replayed
    }
}
