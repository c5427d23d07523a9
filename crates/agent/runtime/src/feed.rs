//! Intake of records that other instrumentations of the process made.

use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{Batch, Error, ErrorKind, Intake, Result};
use tokio::runtime::Handle;

use crate::control::Shared;
use crate::quipu::Quipu;

/// Intake that works on any runtime, or without one: the work is done on the library's thread.
struct Feed {
    shared: Arc<Shared>,
    runtime: Handle,
}

/// Intake of a library whose recording is off.
struct Nowhere;

impl<T> Quipu<T> {
    /// Intake for records that this library did not make, such as those of `opentelemetry_sdk`. They are
    /// read, redacted, counted and priced like all others, and count toward budgets. Sampling does not apply.
    /// If recording is off, the records are discarded.
    pub fn intake(&self) -> Arc<dyn Intake> {
        match &self.running {
            Some(running) => {
                Arc::new(Feed { shared: Arc::clone(&running.shared), runtime: running.clock.clone() })
            }
            None => Arc::new(Nowhere),
        }
    }
}

#[async_trait]
impl Intake for Feed {
    fn read(&self, batch: &mut Batch) {
        self.shared.pipeline.read(batch);
    }

    async fn submit(&self, batch: Batch) -> Result<()> {
        let (shared, records) = (Arc::clone(&self.shared), batch.len());
        let submitted = self.runtime.spawn(async move { shared.pipeline.submit(batch).await }).await;
        let submitted = submitted.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unavailable, "take batch", "the library is shut down"))
        });
        if submitted.is_err() {
            self.shared.lose("intake", records);
        }
        submitted
    }
}

#[async_trait]
impl Intake for Nowhere {
    fn read(&self, _batch: &mut Batch) {}

    async fn submit(&self, _batch: Batch) -> Result<()> {
        Ok(())
    }
}
