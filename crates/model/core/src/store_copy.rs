//! Optional capability of stores: reading and restoring records exactly as they are stored.

use async_trait::async_trait;

use crate::{Cost, Metric, Result, Span, SpanConflict, SpanId, Timestamp, TraceId};

/// A UTC day of a store with records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyDay {
    /// Start of the day.
    pub day: Timestamp,
    /// A number that changes with every change of a record of the day. `None` if the store cannot tell, or
    /// while the day is open for writing.
    pub mark: Option<u64>,
}

/// A stored span with everything that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSpan {
    /// The span, with the canonical fields that the store has: those that its answers need.
    pub span: Span,
    /// Its ledger row.
    pub cost: Option<Cost>,
    /// Refused versions of it, in order of arrival.
    pub refused: Vec<SpanConflict>,
}

impl StoredSpan {
    /// Trace and id of the span.
    pub const fn id(&self) -> (TraceId, SpanId) {
        (self.span.trace_id, self.span.span_id)
    }

    /// Size in memory in bytes, contents included.
    pub fn bytes(&self) -> usize {
        let refused: usize = self.refused.iter().map(SpanConflict::bytes).sum();
        size_of::<Cost>() + self.span.bytes() + self.cost.as_ref().map_or(0, Cost::heap_bytes) + refused
    }
}

/// Position of a metric point within its day, in the store's own order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointCursor {
    /// The series, as the store identifies it.
    pub series: Vec<u8>,
    /// Time of the point.
    pub time: Timestamp,
}

/// A page of the metric points of a day.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PointPage {
    /// One metric with one point for each stored point.
    pub metrics: Vec<Metric>,
    /// Position of the next page; `None` at the end.
    pub next: Option<PointCursor>,
}

/// Reading of all records, hidden ones included, and restoring of refused versions, for copies of a store.
/// [`Store::events`](crate::Store::events) reads the events.
#[async_trait]
pub trait StoreCopy: Send + Sync {
    /// The days with records, earliest first.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn days(&self) -> Result<Vec<CopyDay>>;

    /// The next traces of a day after `after`, in the order of their ids, at most `limit`. Every trace is in
    /// at least one day; a day without records has none.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn day_traces(&self, day: Timestamp, after: Option<TraceId>, limit: usize) -> Result<Vec<TraceId>>;

    /// The next spans of these traces after `after`, in the order of trace and id, at most `limit`. A page
    /// may have fewer spans; it is empty only at the end. Unknown traces have no spans.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn stored_spans(
        &self,
        traces: &[TraceId],
        after: Option<(TraceId, SpanId)>,
        limit: usize,
    ) -> Result<Vec<StoredSpan>>;

    /// The next metric points of a day, at most `limit`.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn day_points(
        &self,
        day: Timestamp,
        after: Option<&PointCursor>,
        limit: usize,
    ) -> Result<PointPage>;

    /// Stores refused versions next to their spans, which the store has. Versions that it has already are
    /// skipped.
    ///
    /// # Errors
    /// The store cannot be written.
    async fn restore_refused(&self, refused: Vec<(TraceId, SpanId, Vec<SpanConflict>)>) -> Result<()>;
}
