//! The reference store with switchable failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use quipu_backend_memory::Memory;
use quipu_core::*;
use tokio::sync::Semaphore;

/// A store that fails while `full` is set, rejects batches with a span named `poison`, and waits at a gate.
/// Its encoding is a list of span names; a write fails if the encoding does not match its first spans.
pub struct Faulty {
    pub inner: Memory,
    pub full: AtomicBool,
    pub writes: AtomicUsize,
    /// Spans that arrived in the store's encoding.
    pub encoded: AtomicUsize,
    pub gate: Semaphore,
}

impl Faulty {
    pub fn new() -> Self {
        let gate = Semaphore::new(Semaphore::MAX_PERMITS);
        Self {
            inner: Memory::new(),
            full: AtomicBool::new(false),
            writes: AtomicUsize::new(0),
            encoded: AtomicUsize::new(0),
            gate,
        }
    }
}

fn names(spans: &[Span]) -> Vec<String> {
    spans.iter().map(|span| span.name.to_string()).collect()
}

#[async_trait]
impl Backend for Faulty {
    fn name(&self) -> &str {
        "faulty"
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let _open = self.gate.acquire().await.unwrap();
        self.writes.fetch_add(1, Ordering::SeqCst);
        if self.full.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Exhausted, "write batch", "the disk is full"));
        }
        if batch.spans.iter().any(|span| span.name == "poison") {
            return Err(Error::new(ErrorKind::Invalid, "write batch", "poison"));
        }
        self.inner.write(batch).await
    }
}

#[async_trait]
impl Store for Faulty {
    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        self.inner.nodes(traces).await
    }
    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        self.inner.meeting_traces(meetings).await
    }
    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        self.inner.usage(query).await
    }
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage> {
        self.inner.traces(query).await
    }
    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>> {
        self.inner.trace(trace_id).await
    }
    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage> {
        self.inner.spans(query).await
    }
    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>> {
        self.inner.span(trace_id, span_id).await
    }
    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage> {
        self.inner.sessions(query).await
    }
    async fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        self.inner.costs(query).await
    }
    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
        self.inner.tools(filter).await
    }
    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>> {
        self.inner.facets(field, filter, limit).await
    }
    async fn events(&self, query: &EventQuery) -> Result<EventPage> {
        self.inner.events(query).await
    }
    async fn metrics(&self) -> Result<Vec<MetricName>> {
        self.inner.metrics().await
    }
    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>> {
        self.inner.metric(query).await
    }
    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>> {
        self.inner.work(query).await
    }

    async fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage> {
        self.inner.work_rows(query).await
    }

    async fn info(&self) -> Result<StoreInfo> {
        self.inner.info().await
    }

    fn capabilities(&self) -> StoreCapabilities<'_> {
        StoreCapabilities { encoding: Some(self), forgetting: Some(self), ..StoreCapabilities::default() }
    }
}

#[async_trait]
impl StoreEncoding for Faulty {
    fn encode(&self, batch: &Batch) -> Option<Encoded> {
        Some(Encoded::new(names(&batch.spans)))
    }

    async fn write_encoded(&self, batch: Arc<Batch>, ahead: Vec<Encoded>) -> Result<()> {
        let parts = ahead.into_iter().flat_map(|part| part.into::<Vec<String>>().unwrap().as_ref().clone());
        let parts: Vec<String> = parts.collect();
        if !names(&batch.spans).starts_with(&parts) {
            return Err(Error::new(ErrorKind::Internal, "write batch", "encoded otherwise"));
        }
        self.encoded.fetch_add(parts.len(), Ordering::SeqCst);
        self.write(batch).await
    }
}

#[async_trait]
impl StoreForgetting for Faulty {
    async fn forget(&self, traces: &[TraceId]) -> Result<u64> {
        self.inner.forget(traces).await
    }

    async fn purge(&self, before: Timestamp) -> Result<u64> {
        self.inner.purge(before).await
    }

    fn removals(&self) -> u64 {
        self.inner.removals()
    }
}
