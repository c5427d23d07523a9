//! A thread's channel to a recorder's drain.

use std::sync::Arc;

use crate::Recorder;
use crate::ring::{Producer, Pushed, ring};
use crate::tally::{Loss, Tally};

/// Bytes of a thread's first ring. Most threads never need more; a full ring grows to the recorder's limit.
const FIRST_RING: usize = 32 << 10;
/// Growth factor of a ring.
const GROWTH: usize = 4;
/// Share of a ring that one record can take, as a divisor; a larger record bypasses the rings.
const SHARE: usize = 4;
/// Bytes above which a record bypasses rings of any size.
const LARGE: usize = 64 << 10;

/// A thread's channel to the drain of one recorder.
#[derive(Debug)]
pub(crate) struct Lane {
    recorder: Recorder,
    producer: Producer,
    tally: Arc<Tally>,
    /// Bytes above which a record bypasses the rings.
    large: usize,
}

impl Lane {
    #[cold]
    pub fn open(recorder: Recorder) -> Self {
        let most = recorder.config().ring_bytes;
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

    /// Whether a record of this size bypasses the rings.
    #[inline]
    pub fn is_large(&self, bytes: usize) -> bool {
        bytes > self.large
    }

    /// Sends a record.
    ///
    /// # Errors
    /// The reason why the record was lost.
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
        let most = self.recorder.config().ring_bytes;
        self.recorder.wake();
        while self.producer.capacity() < most {
            let (producer, consumer) = ring((self.producer.capacity() * GROWTH).min(most));
            // The drain reads the rest of the old ring and then releases it.
            self.producer = producer;
            self.recorder.register(consumer, &self.tally);
            if self.producer.push(record) != Pushed::Full {
                return Ok(());
            }
        }
        Err(Loss::RingFull)
    }
}
