//! Queries and capabilities of a shared store, passed to the store that can answer them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use quipu_core::{
    Backend, Batch, Conflicts, CostPage, CostQuery, EventPage, EventQuery, Facet, FacetField, Health, Hold,
    Meeting, MetricName, MetricQuery, MetricSeries, Node, Owned, Owner, Remnant, Result, Retention, Retired,
    SessionPage, SessionQuery, SpanId, SpanPage, SpanQuery, SpanRow, Store, StoreCapabilities,
    StoreForgetting, StoreInfo, StoreIntegrity, StoreRetention, Timestamp, ToolGroup, TraceFilter, TraceId,
    TracePage, TraceQuery, TraceRow, UsageGroup, UsageQuery, WorkGroup, WorkQuery, WorkRowPage, WorkRowQuery,
};

use super::store::SharedStore;

#[async_trait]
impl Backend for SharedStore {
    fn name(&self) -> &str {
        self.name
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let _turn = self.turn.read().await;
        match self.writer() {
            Some(store) => store.write(batch).await,
            None => self.inbox.put(&batch),
        }
    }

    fn health(&self) -> Health {
        self.writer().map_or(Health::Ready, |store| store.health())
    }

    async fn flush(&self) -> Result<()> {
        match self.writer() {
            Some(store) => Backend::flush(&*store).await,
            // A handed-over batch is on disk.
            None => Ok(()),
        }
    }

    async fn close(&self) -> Result<()> {
        self.end().await
    }
}

#[async_trait]
impl Store for SharedStore {
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage> {
        self.ask().await?.traces(query).await
    }

    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>> {
        self.ask().await?.trace(trace_id).await
    }

    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage> {
        self.ask().await?.spans(query).await
    }

    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>> {
        self.ask().await?.span(trace_id, span_id).await
    }

    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage> {
        self.ask().await?.sessions(query).await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        self.ask().await?.usage(query).await
    }

    async fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        self.ask().await?.costs(query).await
    }

    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
        self.ask().await?.tools(filter).await
    }

    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>> {
        self.ask().await?.facets(field, filter, limit).await
    }

    async fn events(&self, query: &EventQuery) -> Result<EventPage> {
        self.ask().await?.events(query).await
    }

    async fn metrics(&self) -> Result<Vec<MetricName>> {
        self.ask().await?.metrics().await
    }

    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>> {
        self.ask().await?.metric(query).await
    }

    async fn info(&self) -> Result<StoreInfo> {
        self.ask().await?.info().await
    }

    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>> {
        self.ask().await?.work(query).await
    }

    async fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage> {
        self.ask().await?.work_rows(query).await
    }

    // The count looks further spans of a trace up. The process that writes counts a handed-over batch again,
    // so a process without the lock counts by its own memory alone.

    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        match self.writer() {
            Some(store) => store.nodes(traces).await,
            None => Ok(traces.iter().map(|_| Vec::new()).collect()),
        }
    }

    async fn span_counts(&self, traces: &[TraceId]) -> Result<Vec<u64>> {
        match self.writer() {
            Some(store) => store.span_counts(traces).await,
            None => Ok(vec![0; traces.len()]),
        }
    }

    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        match self.writer() {
            Some(store) => store.meeting_traces(meetings).await,
            None => Ok(meetings.iter().map(|_| Vec::new()).collect()),
        }
    }

    fn capabilities(&self) -> StoreCapabilities<'_> {
        StoreCapabilities {
            retention: Some(self),
            forgetting: Some(self),
            integrity: Some(self),
            ..StoreCapabilities::default()
        }
    }
}

#[async_trait]
impl StoreRetention for SharedStore {
    async fn retire(&self, rules: &Retention, now: Timestamp, dry_run: bool) -> Result<Retired> {
        match self.writer() {
            Some(store) => store.need_retention()?.retire(rules, now, dry_run).await,
            // The process that writes applies its own rules.
            None => Ok(Retired::default()),
        }
    }

    async fn hold(&self, holds: &[Hold]) -> Result<u64> {
        self.need_writer()?.need_retention()?.hold(holds).await
    }

    async fn release(&self, traces: &[TraceId]) -> Result<u64> {
        self.need_writer()?.need_retention()?.release(traces).await
    }

    async fn holds(&self) -> Result<Vec<Hold>> {
        self.ask().await?.need_retention()?.holds().await
    }

    async fn newest_day_end(&self) -> Result<Option<Timestamp>> {
        match self.writer() {
            Some(store) => store.need_retention()?.newest_day_end().await,
            None => Ok(None),
        }
    }
}

#[async_trait]
impl StoreForgetting for SharedStore {
    async fn forget(&self, traces: &[TraceId]) -> Result<u64> {
        self.need_writer()?.need_forgetting()?.forget(traces).await
    }

    async fn owned(&self, owner: &Owner) -> Result<Owned> {
        self.ask().await?.need_forgetting()?.owned(owner).await
    }

    async fn unreached(&self) -> Result<Vec<String>> {
        self.ask().await?.need_forgetting()?.unreached().await
    }

    async fn forget_owned(&self, owner: &Owner) -> Result<Owned> {
        self.need_writer()?.need_forgetting()?.forget_owned(owner).await
    }

    async fn scrub(&self, dry_run: bool) -> Result<Vec<Remnant>> {
        self.need_writer()?.need_forgetting()?.scrub(dry_run).await
    }

    async fn purge(&self, before: Timestamp) -> Result<u64> {
        self.need_writer()?.need_forgetting()?.purge(before).await
    }

    /// Also changes when the lock is taken or handed over, because another process may have removed data.
    fn removals(&self) -> u64 {
        let now = self.writer().and_then(|store| Some(store.forgetting()?.removals()));
        self.past_removals.load(Ordering::Acquire) + now.unwrap_or(0)
    }
}

#[async_trait]
impl StoreIntegrity for SharedStore {
    async fn check(&self) -> Result<Vec<String>> {
        match self.ask().await?.integrity() {
            Some(integrity) => integrity.check().await,
            None => Ok(Vec::new()),
        }
    }

    fn take_conflicts(&self) -> Conflicts {
        let conflicts = self.writer().and_then(|store| Some(store.integrity()?.take_conflicts()));
        conflicts.unwrap_or_default()
    }
}
