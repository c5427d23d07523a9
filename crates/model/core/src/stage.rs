//! The stage trait: one step of the pipeline.

use crate::Batch;

/// A step that changes a batch before the backends. Synchronous and fast: it runs for every batch.
pub trait Stage: Send + Sync {
    /// Name for logs and self-metrics.
    fn name(&self) -> &'static str;

    /// Changes the batch in place. A stage never fails: it skips impossible changes and notes them on the
    /// record.
    fn apply(&self, batch: &mut Batch);

    /// Whether it leaves existing spans, events and metrics unchanged and at most appends new ones. A store
    /// may then encode them before this stage. The pipeline asks the stages after the count.
    fn only_adds(&self) -> bool {
        false
    }
}
