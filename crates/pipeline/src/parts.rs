//! Components of a pipeline, chosen by its owner.

use std::sync::Arc;

use quipu_core::{Clock, Limits, Meter, NoMeter, Store, SystemClock};
use quipu_ledger::Ledger;

use crate::exporter::Exporter;
use crate::stages::Stages;

/// Components of a pipeline.
pub struct PipelineParts {
    /// The store of all records, also for the ledger's look-ups beyond its memory.
    pub store: Arc<dyn Store>,
    /// Exporters; each gets the batches that the store has committed.
    pub exporters: Vec<Exporter>,
    /// Reading, and the stages before and after the count.
    pub stages: Stages,
    /// Meter for the pipeline's own metrics.
    pub meter: Arc<dyn Meter>,
    /// Clock for commit times.
    pub clock: Arc<dyn Clock>,
    /// Limits of the queue.
    pub limits: Limits,
    /// Spans that the ledger holds in memory; it asks the store for older ones.
    pub ledger_spans: usize,
    /// Whether the store returns what it has accepted until a caller removes it. The ledger then leaves
    /// records in the store that it need not compare. `false` by default.
    pub store_returns_all: bool,
}

impl PipelineParts {
    /// A store alone: no stages, no exporters, no meter, default limits.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            exporters: Vec::new(),
            stages: Stages::default(),
            meter: Arc::new(NoMeter),
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            ledger_spans: Ledger::NODES,
            store_returns_all: false,
        }
    }
}
