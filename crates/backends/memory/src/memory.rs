//! The memory store and its backend traits.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::RwLock;
use quipu_core::{
    Backend, Batch, Cost, CostSink, Event, EventSink, Metric, MetricSink, Result, Span, SpanSink,
};

use crate::held::Held;

pub(crate) const NAME: &str = "memory";

/// A store in memory. Clones of the [`Arc`] around it share its content. A batch is taken whole or not at
/// all. It is visible to every query after [`Backend::write`] returned.
#[derive(Debug)]
pub struct Memory {
    pub(crate) held: RwLock<Held>,
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

    fn span_sink(&self) -> Option<&dyn SpanSink> {
        Some(self)
    }

    fn event_sink(&self) -> Option<&dyn EventSink> {
        Some(self)
    }

    fn metric_sink(&self) -> Option<&dyn MetricSink> {
        Some(self)
    }

    fn cost_sink(&self) -> Option<&dyn CostSink> {
        Some(self)
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        self.take(&batch)
    }
}

#[async_trait]
impl SpanSink for Memory {
    async fn write_spans(&self, spans: &[Span]) -> Result<()> {
        self.take(&Batch { spans: spans.to_vec(), ..Batch::default() })
    }
}

#[async_trait]
impl EventSink for Memory {
    async fn write_events(&self, events: &[Event]) -> Result<()> {
        self.take(&Batch { events: events.to_vec(), ..Batch::default() })
    }
}

#[async_trait]
impl MetricSink for Memory {
    async fn write_metrics(&self, metrics: &[Metric]) -> Result<()> {
        self.take(&Batch { metrics: metrics.to_vec(), ..Batch::default() })
    }
}

#[async_trait]
impl CostSink for Memory {
    async fn write_costs(&self, costs: &[Cost]) -> Result<()> {
        self.take(&Batch { costs: costs.to_vec(), ..Batch::default() })
    }
}
