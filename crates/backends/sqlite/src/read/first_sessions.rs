//! Selection of the first sessions of a page, within the memory of an answer.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use compact_str::CompactString;
use quipu_core::{AnswerMemory, MemoryHold, Result};

/// Memory of a session among the first ones, without its name.
const SESSION: usize = 160;
/// Memory of a hash, at the load that a table has at least.
const HASH: usize = 20;
/// Step in bytes by which hashes reserve memory.
const STEP: usize = 64 << 10;

/// Sessions before the cursor of a page, as 64-bit hashes with a random key. Among a million sessions, a
/// session is hidden by the hash of another one with a probability of 1 in 10^7 for a whole page.
pub(crate) struct Before {
    key: RandomState,
    hashes: HashSet<u64>,
    hold: MemoryHold,
}

impl Before {
    /// # Errors
    /// No memory is left for the request.
    pub(crate) fn new() -> Result<Self> {
        let hold = AnswerMemory::current().hold(0)?;
        Ok(Self { key: RandomState::new(), hashes: HashSet::new(), hold })
    }

    /// # Errors
    /// No memory is left for the request.
    pub(crate) fn insert(&mut self, session: &str) -> Result<()> {
        self.hashes.insert(self.key.hash_one(session));
        self.hold.set((self.hashes.len() * HASH).next_multiple_of(STEP))
    }

    pub(crate) fn contains(&self, session: &str) -> bool {
        !self.hashes.is_empty() && self.hashes.contains(&self.key.hash_one(session))
    }
}

/// The first sessions: latest activity first, then by name.
pub(crate) struct First {
    most: usize,
    order: BTreeSet<(Reverse<i64>, CompactString)>,
    last_at: HashMap<CompactString, i64>,
    hold: MemoryHold,
}

impl First {
    /// # Errors
    /// No memory is left for the request.
    pub(crate) fn new(most: usize) -> Result<Self> {
        let hold = AnswerMemory::current().hold(0)?;
        Ok(Self { most, order: BTreeSet::new(), last_at: HashMap::new(), hold })
    }

    /// Whether a session with its latest trace at this time comes after all of them.
    pub(crate) fn is_beyond(&self, last: i64) -> bool {
        self.order.len() >= self.most && self.order.last().is_some_and(|(Reverse(known), _)| last < *known)
    }

    /// Adds a session with one of its traces. The latest of all offered traces counts.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub(crate) fn offer(&mut self, start: i64, session: &CompactString) -> Result<()> {
        match self.last_at.get_mut(session) {
            Some(last) if *last >= start => return Ok(()),
            Some(last) => {
                self.order.remove(&(Reverse(*last), session.clone()));
                *last = start;
            }
            None => {
                self.hold.grow(SESSION + 2 * session.len())?;
                self.last_at.insert(session.clone(), start);
            }
        }
        self.order.insert((Reverse(start), session.clone()));
        if self.order.len() > self.most
            && let Some((_, gone)) = self.order.pop_last()
        {
            self.last_at.remove(&gone);
            self.hold.set(self.hold.bytes().saturating_sub(SESSION + 2 * gone.len()))?;
        }
        Ok(())
    }

    /// The sessions in order, with their latest traces.
    pub(crate) fn into_sessions(self) -> Vec<(i64, CompactString)> {
        self.order.into_iter().map(|(Reverse(last), session)| (last, session)).collect()
    }
}
