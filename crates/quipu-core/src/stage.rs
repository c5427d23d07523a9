//! A step of the pipeline.

use crate::Batch;

/// Changes a batch on its way to the backends. Synchronous and quick: it runs for every batch.
pub trait Stage: Send + Sync {
    /// Name for logs and self-metrics.
    fn name(&self) -> &'static str;

    /// Changes the batch in place. A stage never fails: what it cannot do it leaves and notes on the record.
    fn apply(&self, batch: &mut Batch);

    /// Whether it leaves the spans, events and metrics that it finds as they are, and at most adds some behind them: a store may then
    /// encode them before this stage. Asked of the stages after the count.
    fn only_adds(&self) -> bool {
        false
    }
}
