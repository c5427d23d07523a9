//! Contract of stores: the queries. [`StoreCapabilities`] has the optional rest.

use async_trait::async_trait;

use crate::{
    Backend, CostPage, CostQuery, EventPage, EventQuery, Facet, FacetField, Meeting, MetricName, MetricQuery,
    MetricSeries, Node, Result, SessionPage, SessionQuery, SpanId, SpanPage, SpanQuery, SpanRow,
    StoreCapabilities, StoreInfo, Timestamp, ToolGroup, TraceFilter, TraceId, TracePage, TraceQuery,
    TraceRow, UsageGroup, UsageQuery, WorkGroup, WorkQuery, WorkRowPage, WorkRowQuery,
};

/// A backend that answers queries. Queries never wait for a writer.
#[async_trait]
pub trait Store: Backend {
    /// One page of traces, newest first unless the query sorts otherwise. A trace with [`TraceRow::spans`] of
    /// 0 is left out, also from sessions and facets. A span that sampling left out
    /// ([`Span::is_sampled`](crate::Span::is_sampled)) is not part of its trace. It is stored for its ledger
    /// row, which gives the figures of its trace, its session and every sum.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage>;

    /// One trace's summary; `None` for an unknown trace.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>>;

    /// One page of a trace's spans, by start, then id. A span that was made from another signal is left out
    /// while its ledger row does not count. A span that sampling left out is never returned.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage>;

    /// One whole span; `None` for an unknown span.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>>;

    /// One page of sessions, latest activity first. A trace whose spans were all left out by sampling still
    /// belongs to its session.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage>;

    /// Sums over counted calls, one group for each combination of the requested keys, in the order of the
    /// keys; one group without keys.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>>;

    /// One page of the ledger rows that add to usage.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn costs(&self, query: &CostQuery) -> Result<CostPage>;

    /// Sums over work, one group for each existing combination of the requested keys, in the order of the
    /// keys.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>>;

    /// One page of the spans that [`Self::work`] counts, with the number of all of them.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage>;

    /// Sums over counted tool runs, one group for each tool, most calls first. If the tools exceed
    /// [`AnswerMemory::group_bytes`](crate::AnswerMemory::group_bytes), the last group has the sums of the
    /// others.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>>;

    /// The values of a field with the number of their traces, most first, at most `limit`. If the values
    /// exceed [`AnswerMemory::group_bytes`](crate::AnswerMemory::group_bytes), some of the rarest may be
    /// missing; the numbers of the others are exact.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>>;

    /// One page of events, newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn events(&self, query: &EventQuery) -> Result<EventPage>;

    /// All stored metrics.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn metrics(&self) -> Result<Vec<MetricName>>;

    /// Series of one metric.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>>;

    /// The counting facts of every stored span of these traces: one list for each trace, in the order of the
    /// request. A list is unordered, and empty for an unknown trace. Each trace comes with the start of one
    /// of its spans, so a store with day files may search only the matching files.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>>;

    /// Number of stored spans of each trace, in the order of the request, hidden spans included; 0 for an
    /// unknown trace. A store should answer without reading a file for traces that it does not have.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn span_counts(&self, traces: &[TraceId]) -> Result<Vec<u64>> {
        let traces: Vec<_> = traces.iter().map(|trace| (*trace, Timestamp::default())).collect();
        Ok(self.nodes(&traces).await?.iter().map(|nodes| nodes.len() as u64).collect())
    }

    /// The traces with a span of each of these meetings: one list for each meeting, in the order of the
    /// request. A list is unordered, and empty for an unknown meeting. Each trace appears once, with the
    /// start of one of its spans. Each meeting comes with the time of one of its records. A store with day
    /// files may search only that day and the adjacent days.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>>;

    /// Location, layout and size of the store.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn info(&self) -> Result<StoreInfo>;

    /// Its optional capabilities; none without an override.
    fn capabilities(&self) -> StoreCapabilities<'_> {
        StoreCapabilities::default()
    }
}
