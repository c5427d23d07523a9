//! Contracts of the pipeline's input, commit notices and self-metrics.

use async_trait::async_trait;

use crate::{Batch, Result, Timestamp, TraceId};

/// Accepts batches. It is the only path to the backends.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Reads raw records: runs the first stage of the pipeline on the caller's thread. Callers that check,
    /// sample or divide read records call it once before [`Self::submit`]. The others use
    /// [`Self::submit_raw`].
    fn read(&self, batch: &mut Batch);

    /// Accepts read records, and Quipu's own records, which need no reading. Resolves once the store has
    /// committed the whole batch. The caller may acknowledge it only then.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Exhausted`]: the queue or disk is full; retry later. Any other kind with
    /// [`crate::Retry::Yes`]: the store failed; retry later. Nothing of the batch is stored.
    async fn submit(&self, batch: Batch) -> Result<()>;

    /// Number of stored spans of each trace, in the order of the request; 0 for an unknown trace, and for an
    /// intake without a store.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn span_counts(&self, traces: &[TraceId]) -> Result<Vec<u64>> {
        Ok(vec![0; traces.len()])
    }

    /// Reads raw records and submits them.
    ///
    /// # Errors
    /// Those of [`Self::submit`].
    async fn submit_raw(&self, mut batch: Batch) -> Result<()> {
        self.read(&mut batch);
        self.submit(batch).await
    }
}

/// Notice of a committed batch, for live feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Time of the commit.
    pub at: Timestamp,
    /// New or changed traces, each once.
    pub traces: Vec<TraceId>,
    /// Spans committed.
    pub spans: usize,
    /// Events committed.
    pub events: usize,
    /// Metric points committed.
    pub points: usize,
}

/// Records Quipu's own metrics. Names follow Prometheus, with their unit; labels are few.
pub trait Meter: Send + Sync {
    /// Adds to a counter, whose name ends in `_total`.
    fn add(&self, name: &'static str, labels: &[(&'static str, &str)], by: u64);

    /// Sets a gauge.
    fn set(&self, name: &'static str, labels: &[(&'static str, &str)], value: i64);

    /// Adds a time in seconds to a histogram, whose name ends in `_seconds`. A meter without histograms
    /// ignores it.
    fn observe(&self, _name: &'static str, _labels: &[(&'static str, &str)], _seconds: f64) {}
}

/// A meter that records nothing; for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMeter;

impl Meter for NoMeter {
    fn add(&self, _name: &'static str, _labels: &[(&'static str, &str)], _by: u64) {}

    fn set(&self, _name: &'static str, _labels: &[(&'static str, &str)], _value: i64) {}
}
