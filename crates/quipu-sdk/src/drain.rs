//! The end that records come out of.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use quipu_core::Batch;

use crate::Recorder;
use crate::clock::Scale;
use crate::ring::Consumer;
use crate::wire::Decoder;

/// How long it waits at least and at most before it looks again whether something has come.
const LOOK: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(20));
/// How often the ticks are compared with the machine's.
const COMPARE: Duration = Duration::from_secs(1);

/// The end that records come out of. There is one for each recorder.
#[derive(Debug)]
pub struct Drain {
    pub(crate) recorder: Recorder,
    rings: Vec<Consumer>,
    large: Receiver<Box<[u64]>>,
    woken: Receiver<()>,
    decoder: Decoder,
    scratch: Vec<u64>,
    /// What a tick is in time, and when that was last compared with the machine's clock.
    scale: Scale,
    compared: Instant,
}

impl Drain {
    pub(crate) fn new(recorder: Recorder, large: Receiver<Box<[u64]>>, woken: Receiver<()>) -> Self {
        Self {
            recorder,
            rings: Vec::new(),
            large,
            woken,
            decoder: Decoder::new(recorder.settings().resource.clone()),
            scratch: Vec::new(),
            scale: Scale::now(),
            compared: Instant::now(),
        }
    }

    /// Waits until a record is there, or for `at_most`; then gives all that is there. The batch is empty after a wait in
    /// vain.
    pub fn collect(&mut self, at_most: Duration) -> Batch {
        let until = Instant::now().checked_add(at_most);
        let mut pause = LOOK.0;
        loop {
            let batch = self.take();
            let left = until.map_or(LOOK.1, |until| until.saturating_duration_since(Instant::now()));
            if !batch.is_empty() || left.is_zero() {
                return batch;
            }
            self.wait(pause.min(left));
            pause = (pause * 2).min(LOOK.1);
        }
    }

    /// Waits for `at_most`, or until it is worth its while: some thread's ring is half full, or [`Recorder::wake`] was called.
    /// [`Drain::collect`] after it gives larger batches for less work than alone.
    pub fn wait(&mut self, at_most: Duration) {
        let _ = self.woken.recv_timeout(at_most);
        self.recorder.shared().asked.store(false, Ordering::Release);
    }

    /// Gives all that is there, of threads that still record too, and takes no more: what is recorded from now on is dropped
    /// and counted as `closed`.
    pub fn finish(&mut self) -> Batch {
        self.recorder.shared().closed.store(true, Ordering::SeqCst);
        self.take()
    }

    fn take(&mut self) -> Batch {
        if self.compared.elapsed() >= COMPARE {
            self.scale = Scale::now();
            self.compared = Instant::now();
        }
        self.rings.append(&mut self.recorder.shared().fresh.lock());
        let Self { rings, decoder, scratch, scale, .. } = self;
        let mut batch = Batch::default();
        rings.retain_mut(|ring| {
            // Asked first: a ring that was retired before it was read holds nothing more.
            let retired = ring.is_retired();
            ring.drain(scratch, |record| {
                let decoded = decoder.decode(record, scale, &mut batch);
                debug_assert!(decoded, "a record that this crate wrote can be read");
            });
            !retired
        });
        for record in self.large.try_iter() {
            self.recorder.shared().large_bytes.fetch_sub(size_of_val(&*record), Ordering::AcqRel);
            let decoded = self.decoder.decode(&record, &self.scale, &mut batch);
            debug_assert!(decoded, "a record that this crate wrote can be read");
        }
        batch
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        self.recorder.shared().closed.store(true, Ordering::SeqCst);
    }
}
