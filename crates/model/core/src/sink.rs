//! Sinks: where a backend takes the records of one signal.

use async_trait::async_trait;

use crate::{Cost, Event, Metric, Result, Span};

/// A sink for spans.
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
