//! A bounded single-producer, single-consumer queue of records, built from atomic words without locks or
//! `unsafe`.
//!
//! The producer writes a record's words with relaxed stores and publishes them with one release store of
//! `head`. The consumer reads them after an acquire load of `head`, and frees them with a release store of
//! `tail`. The producer loads `tail` with acquire before it reuses the words. `tests/loom.rs` checks this
//! protocol.

#[cfg(not(loom))]
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

#[cfg(loom)]
use loom::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

const WORD: usize = 8;

/// Aligned to its own pair of cache lines against false sharing; CPUs fetch lines in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Apart<T>(T);

/// The producer's progress.
#[derive(Debug)]
struct Done {
    /// Words written since the start.
    head: AtomicUsize,
    /// The producer writes no more.
    retired: AtomicBool,
}

#[derive(Debug)]
struct Ring {
    words: Box<[AtomicU64]>,
    done: Apart<Done>,
    /// Words read since the start.
    tail: Apart<AtomicUsize>,
}

/// The writing end.
#[derive(Debug)]
pub struct Producer {
    ring: Arc<Ring>,
    head: usize,
    /// Last loaded value of `tail`.
    tail: usize,
}

/// The reading end.
#[derive(Debug)]
pub struct Consumer {
    ring: Arc<Ring>,
    tail: usize,
}

/// Result of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// The record is in the ring.
    In,
    /// The record is in the ring, which is more than half full.
    PastHalf,
    /// The ring has no space for it now.
    Full,
}

/// Creates a ring of at least `bytes`, rounded up to a power of two and at least 64.
pub fn ring(bytes: usize) -> (Producer, Consumer) {
    let words = (bytes / WORD).clamp(8, 1 << 27).next_power_of_two();
    let ring = Arc::new(Ring {
        words: (0..words).map(|_| AtomicU64::new(0)).collect(),
        done: Apart(Done { head: AtomicUsize::new(0), retired: AtomicBool::new(false) }),
        tail: Apart(AtomicUsize::new(0)),
    });
    (Producer { ring: Arc::clone(&ring), head: 0, tail: 0 }, Consumer { ring, tail: 0 })
}

impl Producer {
    /// Capacity in bytes, including the lengths of the records.
    pub fn capacity(&self) -> usize {
        self.ring.words.len() * WORD
    }

    /// Writes one record.
    #[inline]
    pub fn push(&mut self, record: &[u64]) -> Pushed {
        let needed = 1 + record.len();
        let words = self.ring.words.len();
        let mut taken = self.head.wrapping_sub(self.tail) + needed;
        if taken > words / 2 {
            self.tail = self.ring.tail.0.load(Ordering::Acquire);
            taken = self.head.wrapping_sub(self.tail) + needed;
            if taken > words {
                return Pushed::Full;
            }
        }
        self.write(record);
        self.head = self.head.wrapping_add(needed);
        self.ring.done.0.head.store(self.head, Ordering::Release);
        if taken > words / 2 { Pushed::PastHalf } else { Pushed::In }
    }

    /// Writes up to the end of the ring, then continues at its start.
    #[inline]
    fn write(&self, record: &[u64]) {
        let words = &*self.ring.words;
        let (start, end) = words.split_at(self.head & (words.len() - 1));
        let Some((first, end)) = end.split_first() else { return };
        first.store(record.len() as u64, Ordering::Relaxed);
        let (here, there) = record.split_at(record.len().min(end.len()));
        store(end, here);
        store(start, there);
    }
}

/// Stores values into the first words, four at a time.
#[inline]
fn store(mut words: &[AtomicU64], mut values: &[u64]) {
    while let (Some((four, more)), Some((those, rest))) =
        (words.split_first_chunk::<4>(), values.split_first_chunk::<4>())
    {
        four[0].store(those[0], Ordering::Relaxed);
        four[1].store(those[1], Ordering::Relaxed);
        four[2].store(those[2], Ordering::Relaxed);
        four[3].store(those[3], Ordering::Relaxed);
        (words, values) = (more, rest);
    }
    while let (Some((word, more)), Some((value, rest))) = (words.split_first(), values.split_first()) {
        word.store(*value, Ordering::Relaxed);
        (words, values) = (more, rest);
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.ring.done.0.retired.store(true, Ordering::Release);
    }
}

impl Consumer {
    /// Whether the producer is gone. A read after `true` gets all remaining records.
    pub fn is_retired(&self) -> bool {
        self.ring.done.0.retired.load(Ordering::Acquire)
    }

    /// Reads all available records in order, each through `scratch`. Returns their number.
    pub fn drain(&mut self, scratch: &mut Vec<u64>, mut each: impl FnMut(&[u64])) -> usize {
        let head = self.ring.done.0.head.load(Ordering::Acquire);
        let mut count = 0;
        while self.tail != head {
            self.read(scratch);
            // Freed before the callback, so the producer can continue meanwhile.
            self.tail = self.tail.wrapping_add(1 + scratch.len());
            self.ring.tail.0.store(self.tail, Ordering::Release);
            each(scratch);
            count += 1;
        }
        count
    }

    fn read(&self, scratch: &mut Vec<u64>) {
        let words = &*self.ring.words;
        let mask = words.len() - 1;
        let word = |at: usize| words[at & mask].load(Ordering::Relaxed);
        let len = word(self.tail) as usize;
        scratch.clear();
        scratch.extend((1..=len).map(|at| word(self.tail.wrapping_add(at))));
    }
}
