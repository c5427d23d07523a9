//! A thread's way to a recorder's drain.

use std::sync::Arc;

use crate::Recorder;
use crate::ring::{Producer, Pushed, ring};
use crate::tally::{Loss, Tally};

/// Bytes of a thread's first ring. Most threads never need more; a ring that overflows grows to the recorder's bound.
const FIRST_RING: usize = 32 << 10;
/// How much a ring grows at a time.
const GROWTH: usize = 4;
/// Part of a ring that one record may take; a larger one goes beside the rings.
const SHARE: usize = 4;
/// Bytes of a record above which it goes beside the rings, however large they are.
const LARGE: usize = 64 << 10;

/// One thread's way to one recorder's drain.
#[derive(Debug)]
pub(crate) struct Lane {
    recorder: Recorder,
    producer: Producer,
    tally: Arc<Tally>,
    /// Bytes of a record above which it goes beside the rings.
    large: usize,
}

impl Lane {
    #[cold]
    pub fn open(recorder: Recorder) -> Self {
        let most = recorder.settings().ring_bytes;
        let (producer, consumer) = ring(most.min(FIRST_RING));
        let tally = Arc::default();
        recorder.register(consumer, &tally);
        let large = (most / SHARE).min(LARGE);
        Self { recorder, producer, tally, large }
    }

    #[inline]
    pub fn leads_to(&self, recorder: Recorder) -> bool {
        self.recorder.is(recorder)
    }

    #[inline]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Whether a record of so many bytes goes beside the rings.
    #[inline]
    pub fn is_large(&self, bytes: usize) -> bool {
        bytes > self.large
    }

    /// Sends a record on its way.
    ///
    /// # Errors
    /// It is lost, and why.
    #[inline]
    pub fn push(&mut self, record: &[u64]) -> Result<(), Loss> {
        match self.producer.push(record) {
            Pushed::In => Ok(()),
            Pushed::PastHalf => {
                self.recorder.wake();
                Ok(())
            }
            Pushed::Full => self.push_grown(record),
        }
    }

    #[cold]
    fn push_grown(&mut self, record: &[u64]) -> Result<(), Loss> {
        let most = self.recorder.settings().ring_bytes;
        self.recorder.wake();
        while self.producer.capacity() < most {
            let (producer, consumer) = ring((self.producer.capacity() * GROWTH).min(most));
            // The old ring retires: what is in it is drained, then it is forgotten.
            self.producer = producer;
            self.recorder.register(consumer, &self.tally);
            if self.producer.push(record) != Pushed::Full {
                return Ok(());
            }
        }
        Err(Loss::RingFull)
    }
}
