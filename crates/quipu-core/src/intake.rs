//! The entrance of the pipeline, as its visitors see it.

use async_trait::async_trait;

use crate::{Batch, Result, Timestamp, TraceId};

/// Takes batches in. The only way to the backends.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Resolves once the store has committed the whole batch: only then may it be acknowledged.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Exhausted`]: no room now (queue full, disk full), come back later.
    /// Any other kind with [`crate::Retry::Yes`]: the store failed, come back later. Nothing of the batch is kept.
    async fn submit(&self, batch: Batch) -> Result<()>;
}

/// Told to those who watch after a batch was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// When.
    pub at: Timestamp,
    /// Traces that are new or changed, each once.
    pub traces: Vec<TraceId>,
    /// Spans committed.
    pub spans: usize,
    /// Events committed.
    pub events: usize,
    /// Metric points committed.
    pub points: usize,
}

/// Counts what happens inside of Quipu itself. Names are Prometheus names with their unit, labels are few.
pub trait Meter: Send + Sync {
    /// Adds to a counter, whose name ends in `_total`.
    fn add(&self, name: &'static str, labels: &[(&'static str, &str)], by: u64);

    /// Sets a gauge.
    fn set(&self, name: &'static str, labels: &[(&'static str, &str)], value: i64);

    /// Adds a time in seconds to a histogram, whose name ends in `_seconds`. Whoever keeps none lets it pass.
    fn observe(&self, _name: &'static str, _labels: &[(&'static str, &str)], _seconds: f64) {}
}

/// Counts nothing; for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMeter;

impl Meter for NoMeter {
    fn add(&self, _name: &'static str, _labels: &[(&'static str, &str)], _by: u64) {}

    fn set(&self, _name: &'static str, _labels: &[(&'static str, &str)], _value: i64) {}
}
