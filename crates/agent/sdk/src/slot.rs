//! Slots of open spans, so that a process that ends early can still record them.
//!
//! The thread that opens a span copies the start of its record into a slot, with plain stores. The drain
//! reads all slots. `turn` is odd during a copy, so the drain recognises and skips a torn one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};

use quipu_core::locks::Mutex;

/// Most words that a slot holds: the head, and a name of some 190 bytes. A span with a longer name shows its
/// kind alone.
const WORDS: usize = 32;
/// Words of the head, which every slot can hold.
const HEAD: usize = crate::wire::HEAD;

/// Slots of all threads. A thread locks them when it makes a record buffer.
static SLOTS: Mutex<Vec<Arc<Slot>>> = Mutex::new(Vec::new());

/// The start of one open span.
#[derive(Debug)]
pub(crate) struct Slot {
    turn: AtomicU64,
    /// Number of words; 0 without an open span.
    len: AtomicUsize,
    /// Address of the span's recorder.
    recorder: AtomicUsize,
    words: [AtomicU64; WORDS],
}

impl Slot {
    /// Makes a slot that the drain sees. It disappears once its buffer is dropped.
    #[cold]
    pub fn new() -> Arc<Self> {
        let slot = Arc::new(Self {
            turn: AtomicU64::new(0),
            len: AtomicUsize::new(0),
            recorder: AtomicUsize::new(0),
            words: [const { AtomicU64::new(0) }; WORDS],
        });
        let mut slots = SLOTS.lock();
        if slots.len() == slots.capacity() {
            slots.retain(|slot| Arc::strong_count(slot) > 1);
        }
        slots.push(Arc::clone(&slot));
        slot
    }

    /// Shows a span.
    #[inline]
    pub fn open(&self, recorder: usize, record: &[u64]) {
        let record = if record.len() > WORDS { &record[..HEAD] } else { record };
        let turn = self.turn.load(Ordering::Relaxed);
        self.turn.store(turn.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        self.recorder.store(recorder, Ordering::Relaxed);
        for (word, value) in self.words.iter().zip(record) {
            word.store(*value, Ordering::Relaxed);
        }
        self.len.store(record.len(), Ordering::Relaxed);
        self.turn.store(turn.wrapping_add(2), Ordering::Release);
    }

    /// Hides the span. The caller sends its record afterwards, so the drain never sees an open span whose
    /// record it has read.
    #[inline]
    pub fn close(&self) {
        self.len.store(0, Ordering::Release);
    }

    /// Copies the open span of a recorder; `None` without one, and during a change.
    fn read(&self, recorder: usize) -> Option<Vec<u64>> {
        let turn = self.turn.load(Ordering::Acquire);
        let len = self.len.load(Ordering::Acquire);
        if len == 0 || turn % 2 == 1 || self.recorder.load(Ordering::Relaxed) != recorder {
            return None;
        }
        let words = self.words.iter().take(len).map(|word| word.load(Ordering::Relaxed)).collect();
        fence(Ordering::Acquire);
        (self.turn.load(Ordering::Relaxed) == turn).then_some(words)
    }
}

/// The records of a recorder's open spans, as far as they were written at their start.
pub(crate) fn open_records(recorder: usize) -> Vec<Vec<u64>> {
    let slots: Vec<Arc<Slot>> = SLOTS.lock().clone();
    slots.iter().filter_map(|slot| slot.read(recorder)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_slot_shows_its_span_until_it_closes_and_a_long_record_keeps_its_head() {
        let slot = Slot::new();
        assert_eq!(slot.read(7), None);
        slot.open(7, &[1, 2, 3]);
        assert_eq!((slot.read(7), slot.read(8)), (Some(vec![1, 2, 3]), None));
        slot.close();
        assert_eq!(slot.read(7), None);
        slot.open(7, &(0..40).collect::<Vec<_>>());
        assert_eq!(slot.read(7), Some((0..7).collect()));
    }

    #[test]
    fn a_reader_never_sees_a_mixture_of_two_spans() {
        let slot = Slot::new();
        let other = Arc::clone(&slot);
        let writer = std::thread::spawn(move || {
            for number in 0..200_000 {
                other.open(1, &[number; 12]);
                other.close();
            }
        });
        while !writer.is_finished() {
            if let Some(words) = slot.read(1) {
                assert!(words.iter().all(|word| *word == words[0]), "{words:?}");
            }
        }
        writer.join().unwrap();
    }

    #[test]
    fn slots_of_dropped_buffers_disappear() {
        let before = SLOTS.lock().len();
        (0..10_000).for_each(|_| drop(Slot::new()));
        assert!(SLOTS.lock().len() < before + 5_000);
    }
}
