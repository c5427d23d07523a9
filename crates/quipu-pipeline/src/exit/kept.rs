//! The dead letters of a backend that is at work: bounded, and counted without looking into the folder again.

use std::collections::VecDeque;
use std::path::Path;
use std::time::SystemTime;

use parking_lot::Mutex;
use quipu_core::{Batch, Clock, Error, ErrorKind, Result, SystemClock};

use super::dead::{DeadLetter, DeadLetters, Replayed};
use super::forgotten::Forgotten;

/// Dead letters at most: a folder with more files than that is of no use to anybody.
const LETTERS: usize = 10_000;
/// Characters of what a backend said that are kept.
const SAID: usize = 1_000;

struct Held {
    letters: VecDeque<DeadLetter>,
    next: u64,
    /// When the folder last changed, as far as is known here.
    changed: Option<SystemTime>,
}

impl Held {
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

pub(crate) struct Kept {
    letters: DeadLetters,
    most_bytes: u64,
    held: Mutex<Held>,
    /// Held while they are handed on: twice at a time would deliver them twice.
    replaying: Mutex<()>,
}

impl Kept {
    pub fn open(folder: &Path, most_bytes: u64) -> Result<Self> {
        let letters = DeadLetters::open(folder);
        letters.remove_unfinished()?;
        let held = Mutex::new(Held::of(letters.list()?));
        Ok(Self { letters, most_bytes, held, replaying: Mutex::default() })
    }

    /// The folder.
    pub fn letters(&self) -> DeadLetters {
        self.letters.clone()
    }

    /// Counts anew where somebody else has changed the folder. A clock that jumps costs a look at most.
    pub fn look_again(&self) {
        let changed = self.letters.changed();
        if self.held.lock().changed == changed {
            return;
        }
        // Read before the lock is taken, for the worker waits for it.
        if let Ok(letters) = self.letters.list() {
            let mut held = self.held.lock();
            let next = held.next;
            *held = Held { changed, ..Held::of(letters) };
            held.next = held.next.max(next);
        }
    }

    /// Records kept.
    pub fn records(&self) -> u64 {
        self.held.lock().records()
    }

    /// Keeps a batch; gives how many records went for it.
    ///
    /// # Errors
    /// It cannot be written, or is larger than all of them may be.
    pub fn put(&self, why: (&str, &str), records: usize, batch: &Batch) -> Result<u64> {
        let mut held = self.held.lock();
        let said: String = why.1.chars().take(SAID).collect();
        let letter = self.letters.put(held.next, SystemClock.now(), (why.0, &said), records, batch)?;
        held.next += 1;
        held.letters.push_back(letter);
        let mut gone = 0;
        while held.bytes() > self.most_bytes || held.letters.len() > LETTERS {
            let Some(oldest) = held.letters.pop_front() else { break };
            // Where somebody else removed it, it was not lost for want of room.
            gone += if self.letters.remove(&[oldest.id])? > 0 { oldest.records } else { 0 };
        }
        held.changed = self.letters.changed();
        Ok(gone)
    }

    /// Takes somebody's records out, see [`DeadLetters::forget`].
    ///
    /// # Errors
    /// As there, or they are being handed on just now.
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

    /// Hands on what is kept, see [`DeadLetters::each`].
    ///
    /// # Errors
    /// Somebody else does it just now; or as there.
    pub fn replay(&self, take: impl FnMut(&DeadLetter, Batch) -> Result<()>) -> Result<Replayed> {
        let Some(_alone) = self.replaying.try_lock() else {
            return Err(Error::new(ErrorKind::Locked, "replay dead letters", "a replay is under way"));
        };
        let replayed = self.letters.each(take);
        self.look_again();
        replayed
    }
}
