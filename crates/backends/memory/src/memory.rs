//! The memory store and its backend traits.

use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::locks::RwLock;
use quipu_core::{Backend, Batch, Result};

use crate::held::Records;

pub(crate) const NAME: &str = "memory";

/// A store in memory. Clones of the [`Arc`] around it share its content. A batch is taken whole or not at
/// all. It is visible to every query after [`Backend::write`] returned.
#[derive(Debug)]
pub struct Memory {
    pub(crate) held: RwLock<Records>,
    capacity: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// A store without a bound.
    pub fn new() -> Self {
        Self::with_capacity(usize::MAX)
    }

    /// A store that keeps at most so many spans: when there are more, the traces that started first are
    /// dropped and counted. A single trace is kept however large it is.
    pub fn with_capacity(spans: usize) -> Self {
        Self { held: RwLock::default(), capacity: spans }
    }

    /// Traces dropped so far because the store was full.
    pub fn dropped_traces(&self) -> u64 {
        self.held.read().dropped_traces
    }

    fn take(&self, batch: &Batch) -> Result<()> {
        self.held.write().take(batch, self.capacity)
    }
}

#[async_trait]
impl Backend for Memory {
    fn name(&self) -> &str {
        NAME
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        self.take(&batch)
    }
}
