//! The store of a process without storage.

use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{
    Backend, Batch, CostPage, CostQuery, EventPage, EventQuery, Facet, FacetField, Meeting, MetricName,
    MetricQuery, MetricSeries, Node, Result, SessionPage, SessionQuery, SpanId, SpanPage, SpanQuery, SpanRow,
    Store, StoreInfo, Timestamp, ToolGroup, TraceFilter, TraceId, TracePage, TraceQuery, TraceRow,
    UsageGroup, UsageQuery, WorkGroup, WorkQuery, WorkRowPage, WorkRowQuery,
};

/// A store that accepts all records, keeps none and answers like an empty store. The count uses its own
/// memory alone. A span that arrives after its trace has left that memory counts as if it stood alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unstored;

#[async_trait]
impl Backend for Unstored {
    fn name(&self) -> &str {
        "none"
    }

    async fn write(&self, _batch: Arc<Batch>) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Store for Unstored {
    async fn traces(&self, _query: &TraceQuery) -> Result<TracePage> {
        Ok(TracePage::default())
    }

    async fn trace(&self, _trace_id: TraceId) -> Result<Option<TraceRow>> {
        Ok(None)
    }

    async fn spans(&self, _query: &SpanQuery) -> Result<SpanPage> {
        Ok(SpanPage::default())
    }

    async fn span(&self, _trace_id: TraceId, _span_id: SpanId) -> Result<Option<SpanRow>> {
        Ok(None)
    }

    async fn sessions(&self, _query: &SessionQuery) -> Result<SessionPage> {
        Ok(SessionPage::default())
    }

    async fn usage(&self, _query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        Ok(Vec::new())
    }

    async fn costs(&self, _query: &CostQuery) -> Result<CostPage> {
        Ok(CostPage::default())
    }

    async fn tools(&self, _filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
        Ok(Vec::new())
    }

    async fn facets(&self, _field: FacetField, _filter: &TraceFilter, _limit: usize) -> Result<Vec<Facet>> {
        Ok(Vec::new())
    }

    async fn events(&self, _query: &EventQuery) -> Result<EventPage> {
        Ok(EventPage::default())
    }

    async fn metrics(&self) -> Result<Vec<MetricName>> {
        Ok(Vec::new())
    }

    async fn metric(&self, _query: &MetricQuery) -> Result<Vec<MetricSeries>> {
        Ok(Vec::new())
    }

    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        Ok(traces.iter().map(|_| Vec::new()).collect())
    }

    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        Ok(meetings.iter().map(|_| Vec::new()).collect())
    }

    async fn info(&self) -> Result<StoreInfo> {
        Ok(StoreInfo::default())
    }

    async fn work(&self, _query: &WorkQuery) -> Result<Vec<WorkGroup>> {
        Ok(Vec::new())
    }

    async fn work_rows(&self, _query: &WorkRowQuery) -> Result<WorkRowPage> {
        Ok(WorkRowPage::default())
    }
}
