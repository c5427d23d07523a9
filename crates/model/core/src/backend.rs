//! Contract of backends: stores and exporters.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Batch, Finding, Health, Result, SignalSet};

/// A destination of the pipeline: a store or an exporter. It is also the [sink](crate::SpanSink) of each of
/// its signals, without code of its own.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Name, such as `sqlite`.
    fn name(&self) -> &str;

    /// The signals that it takes. Records of other signals never count as delivered to it.
    fn signals(&self) -> SignalSet {
        SignalSet::ALL
    }

    /// Writes the records of a batch, and ignores signals that it does not take. A transactional backend
    /// stores all of the batch or nothing.
    ///
    /// # Errors
    /// The batch is not acknowledged; a retry is safe.
    async fn write(&self, batch: Arc<Batch>) -> Result<()>;

    /// Current state, from memory. Never waits.
    fn health(&self) -> Health {
        Health::Ready
    }

    /// Whether it sends records to another program. That program may be down for a while, so unsent records
    /// are worth keeping.
    fn is_remote(&self) -> bool {
        false
    }

    /// Checks that the remote server can be reached, accepts the credentials and accepts records. Returns one
    /// finding for each step, up to the first failure. It may send a record that is marked as a check. A
    /// backend without a remote server returns no findings.
    async fn probe(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// Waits until all acknowledged records have left its buffers.
    ///
    /// # Errors
    /// A buffered record could not be written.
    async fn flush(&self) -> Result<()> {
        Ok(())
    }

    /// Flushes, then closes every file and connection. A second call has no effect.
    ///
    /// # Errors
    /// A buffered record could not be written.
    async fn close(&self) -> Result<()> {
        self.flush().await
    }
}
