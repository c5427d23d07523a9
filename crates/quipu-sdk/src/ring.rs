//! A bounded queue of records from one thread to another, made of atomic words: no lock, and nothing unsafe.
//!
//! The producer writes a record's words with relaxed stores and makes them visible with one release store of `head`; the
//! consumer reads after an acquire load of `head`, and gives the words back with a release store of `tail`, which the
//! producer loads with acquire before it writes them again. `tests/loom.rs` checks exactly this.

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

/// On a cache line of its own, so that the two sides do not take it from each other. Two lines: CPUs fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Apart<T>(T);

/// What the producer has done, for others to read.
#[derive(Debug)]
struct Done {
    /// Words written since the beginning.
    head: AtomicUsize,
    /// The producer writes no more.
    retired: AtomicBool,
}

#[derive(Debug)]
struct Ring {
    words: Box<[AtomicU64]>,
    done: Apart<Done>,
    /// Words read since the beginning.
    tail: Apart<AtomicUsize>,
}

/// The end that records are written to.
#[derive(Debug)]
pub struct Producer {
    ring: Arc<Ring>,
    head: usize,
    /// `tail` as it was last looked at.
    tail: usize,
}

/// The end that records are read from.
#[derive(Debug)]
pub struct Consumer {
    ring: Arc<Ring>,
    tail: usize,
}

/// What came of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// It is in.
    In,
    /// It is in, and more than half of the ring is taken.
    PastHalf,
    /// There is no room for it now.
    Full,
}

/// A ring of at least `bytes`, rounded up to a power of two, and to no less than 64.
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
    /// Bytes that it has room for, the lengths of the records included.
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

    /// In order from here to the end of the ring, then from its start.
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

/// Stores values into the first of the words, four at a time.
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
    /// Whether the producer is gone: what is read after this said yes is all that there will be.
    pub fn is_retired(&self) -> bool {
        self.ring.done.0.retired.load(Ordering::Acquire)
    }

    /// Reads every record that is there now, one after the other, each through `scratch`. Answers how many.
    pub fn drain(&mut self, scratch: &mut Vec<u64>, mut each: impl FnMut(&[u64])) -> usize {
        let head = self.ring.done.0.head.load(Ordering::Acquire);
        let mut count = 0;
        while self.tail != head {
            self.read(scratch);
            // Given back before it is looked at: the producer may go on meanwhile.
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
