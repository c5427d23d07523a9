//! `Backend` of the pipeline: writes to the embedded store.

use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{
    Backend, Batch, Cost, CostSink, Event, EventSink, Health, Metric, MetricSink, Result, Span, SpanSink,
};

use crate::fault::NAME;
use crate::sqlite::Sqlite;
use crate::write::Request;

#[async_trait]
impl SpanSink for Sqlite {
    async fn write_spans(&self, spans: &[Span]) -> Result<()> {
        Backend::write(self, Arc::new(Batch { spans: spans.to_vec(), ..Batch::default() })).await
    }
}

#[async_trait]
impl EventSink for Sqlite {
    async fn write_events(&self, events: &[Event]) -> Result<()> {
        Backend::write(self, Arc::new(Batch { events: events.to_vec(), ..Batch::default() })).await
    }
}

#[async_trait]
impl MetricSink for Sqlite {
    async fn write_metrics(&self, metrics: &[Metric]) -> Result<()> {
        Backend::write(self, Arc::new(Batch { metrics: metrics.to_vec(), ..Batch::default() })).await
    }
}

#[async_trait]
impl CostSink for Sqlite {
    async fn write_costs(&self, costs: &[Cost]) -> Result<()> {
        Backend::write(self, Arc::new(Batch { costs: costs.to_vec(), ..Batch::default() })).await
    }
}

#[async_trait]
impl Backend for Sqlite {
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
        self.submit(batch, Vec::new()).await
    }

    fn health(&self) -> Health {
        self.shared.health()
    }

    async fn flush(&self) -> Result<()> {
        if self.shared.read_only {
            return Ok(());
        }
        self.request(|_, answer| Ok(Request::Flush(answer))).await
    }

    async fn close(&self) -> Result<()> {
        self.shut().await
    }
}
