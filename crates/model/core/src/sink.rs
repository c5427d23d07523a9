//! Sinks: where a backend takes the records of one signal. Every backend is the sink of its signals.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Backend, Batch, Cost, Error, ErrorKind, Event, Metric, Result, SignalSet, Span};

/// A sink for spans. A backend that does not take the signal returns [`ErrorKind::Unsupported`] from a sink.
#[async_trait]
pub trait SpanSink: Send + Sync {
    /// Stores or delivers the spans. Idempotent by `(trace_id, span_id)`.
    ///
    /// # Errors
    /// None of the spans is acknowledged.
    async fn write_spans(&self, spans: &[Span]) -> Result<()>;
}

/// A sink for events.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// Stores or delivers the events.
    ///
    /// # Errors
    /// None of the events is acknowledged.
    async fn write_events(&self, events: &[Event]) -> Result<()>;
}

/// A sink for metrics.
#[async_trait]
pub trait MetricSink: Send + Sync {
    /// Stores or delivers the points.
    ///
    /// # Errors
    /// None of the points is acknowledged.
    async fn write_metrics(&self, metrics: &[Metric]) -> Result<()>;
}

/// A sink for ledger rows.
#[async_trait]
pub trait CostSink: Send + Sync {
    /// Stores or delivers the rows; a row replaces an earlier one of the same span.
    ///
    /// # Errors
    /// None of the rows is acknowledged.
    async fn write_costs(&self, costs: &[Cost]) -> Result<()>;
}

/// Writes the records of one signal to a backend that takes it.
async fn pass<B: Backend + ?Sized>(
    to: &B,
    signal: SignalSet,
    operation: &'static str,
    batch: Batch,
) -> Result<()> {
    if to.signals().has(signal) {
        return to.write(Arc::new(batch)).await;
    }
    let error = Error::new(ErrorKind::Unsupported, operation, "the backend does not take this signal");
    Err(error.of_backend(to.name()))
}

#[async_trait]
impl<B: Backend + ?Sized> SpanSink for B {
    async fn write_spans(&self, spans: &[Span]) -> Result<()> {
        let batch = Batch { spans: spans.to_vec(), ..Batch::default() };
        pass(self, SignalSet::SPANS, "write spans", batch).await
    }
}

#[async_trait]
impl<B: Backend + ?Sized> EventSink for B {
    async fn write_events(&self, events: &[Event]) -> Result<()> {
        let batch = Batch { events: events.to_vec(), ..Batch::default() };
        pass(self, SignalSet::EVENTS, "write events", batch).await
    }
}

#[async_trait]
impl<B: Backend + ?Sized> MetricSink for B {
    async fn write_metrics(&self, metrics: &[Metric]) -> Result<()> {
        let batch = Batch { metrics: metrics.to_vec(), ..Batch::default() };
        pass(self, SignalSet::METRICS, "write metrics", batch).await
    }
}

#[async_trait]
impl<B: Backend + ?Sized> CostSink for B {
    async fn write_costs(&self, costs: &[Cost]) -> Result<()> {
        let batch = Batch { costs: costs.to_vec(), ..Batch::default() };
        pass(self, SignalSet::COSTS, "write costs", batch).await
    }
}
