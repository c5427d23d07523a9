//! The reading end of a recorder.

use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use quipu_core::{Batch, Metric, Span, Timestamp};
use quipu_semconv::quipu::UNFINISHED;

use crate::Recorder;
use crate::clock::Scale;
use crate::ring::Consumer;
use crate::wire::Decoder;

/// Shortest and longest pause between two looks for new records.
const LOOK: (Duration, Duration) = (Duration::from_micros(500), Duration::from_millis(20));
/// Interval at which the tick scale is renewed.
const COMPARE: Duration = Duration::from_secs(1);

/// The reading end of a recorder. Each recorder has one.
///
/// ```
/// use std::time::Duration;
///
/// use quipu_sdk::{Recorder, RecorderConfig};
///
/// let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
/// recorder.context().tool("search").end();
/// let batch = drain.collect(Duration::ZERO);
/// println!("{} spans", batch.spans.len());
/// ```
#[derive(Debug)]
pub struct Drain {
    pub(crate) recorder: Recorder,
    rings: Vec<Consumer>,
    large: Receiver<Box<[u64]>>,
    woken: Receiver<()>,
    decoder: Decoder,
    scratch: Vec<u64>,
    /// Conversion from ticks to time, and when it was renewed.
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
            decoder: Decoder::new(recorder.config().resource.clone()),
            scratch: Vec::new(),
            scale: Scale::now(),
            compared: Instant::now(),
        }
    }

    /// Returns every series of every instrument: see
    /// [`Registry::collect`](crate::metrics::Registry::collect).
    pub fn metrics(&self, now: Timestamp) -> Vec<Metric> {
        self.recorder.metrics().collect(now, &self.recorder.config().resource)
    }

    /// Waits for a record, at most `at_most`, and returns all available records. The batch is empty after a
    /// timeout.
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

    /// Waits `at_most`, but only until some ring is half full or [`Recorder::wake`] is called. A following
    /// [`Drain::collect`] returns larger batches with less work than without this wait.
    pub fn wait(&mut self, at_most: Duration) {
        let _ = self.woken.recv_timeout(at_most);
        self.recorder.shared().asked.store(false, Ordering::Release);
    }

    /// Returns all available records, also of threads that still record, and closes the recorder. Later
    /// records are dropped and counted as `closed`.
    pub fn finish(&mut self) -> Batch {
        self.recorder.shared().closed.store(true, Ordering::SeqCst);
        self.take()
    }

    /// Spans that are open now, with the values of their start: name, kind, ids and time. They have no end
    /// and the attribute `quipu.unfinished`. The record of an ended span replaces such a version in a
    /// store. Call it after [`Self::collect`].
    pub fn open_spans(&mut self) -> Vec<Span> {
        let mut batch = Batch::default();
        for record in self.open_records() {
            let decoded = self.decoder.decode(&record, &self.scale, &mut batch);
            debug_assert!(decoded, "the start of a record can be read");
        }
        for span in &mut batch.spans {
            span.end = None;
            span.attributes.push(UNFINISHED, true);
        }
        batch.spans
    }

    #[cfg(feature = "enable")]
    fn open_records(&self) -> Vec<Vec<u64>> {
        crate::slot::open_records(self.recorder.address())
    }

    #[cfg(not(feature = "enable"))]
    fn open_records(&self) -> Vec<Vec<u64>> {
        Vec::new()
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
            // Checked before the read: a ring that was already retired holds no more records after it.
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
