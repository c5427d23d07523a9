//! A store that drops data instead of failing, for processes that must not wait for their telemetry.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quipu_core::{
    Backend, Batch, CostPage, CostQuery, EventPage, EventQuery, Facet, FacetField, Health, Meeting, Meter,
    MetricName, MetricQuery, MetricSeries, Node, Result, Retry, SessionPage, SessionQuery, SpanId, SpanPage,
    SpanQuery, SpanRow, Store, StoreCapabilities, StoreInfo, Timestamp, ToolGroup, TraceFilter, TraceId,
    TracePage, TraceQuery, TraceRow, UsageGroup, UsageQuery, WorkGroup, WorkQuery, WorkRowPage, WorkRowQuery,
};
use tokio::sync::Mutex;

use super::breaker::Breaker;
use super::deliver::attempt;
use super::tally::BacklogSize;
use super::{DeliveryConfig, ExporterStatus, Tally};

/// Longest attempt on a store in milliseconds; all other writes wait for it.
const STORE_MS: u64 = 10_000;

/// A store behind retries and a circuit breaker. It drops and counts records that it cannot write. The
/// pipeline continues, so the exporters get all records. If a look-up of the count fails, the answer is that
/// of an empty store.
pub struct Steady {
    store: Arc<dyn Store>,
    config: DeliveryConfig,
    tally: Tally,
    breaker: Mutex<Breaker>,
}

impl Steady {
    /// Wraps `store`.
    pub fn new(store: Arc<dyn Store>, config: DeliveryConfig, meter: Arc<dyn Meter>) -> Self {
        let tally = Tally::new(store.name(), meter);
        let breaker = Mutex::new(Breaker::new(&config));
        Self { store, config, tally, breaker }
    }

    /// Status of the store.
    pub fn status(&self) -> ExporterStatus {
        self.tally.status(BacklogSize::default(), self.store.health())
    }

    async fn keep(&self, batch: &Arc<Batch>) -> std::result::Result<(), &'static str> {
        let mut breaker = self.breaker.lock().await;
        let backend = Arc::clone(&self.store) as Arc<dyn Backend>;
        for number in 1..=self.config.bounded_attempts() {
            if breaker.open_until().is_some() {
                self.tally.breaker(breaker.state());
                return Err("breaker_open");
            }
            if number > 1 {
                tokio::time::sleep(self.config.wait(number)).await;
            }
            match attempt(&backend, batch, self.config.write_timeout_ms.min(STORE_MS)).await {
                Ok(()) => {
                    breaker.succeeded();
                    self.tally.breaker(breaker.state());
                    return Ok(());
                }
                Err(error) => {
                    self.tally.failed(&error);
                    if error.retry() != Retry::Yes {
                        return Err("refused");
                    }
                    breaker.failed();
                    self.tally.breaker(breaker.state());
                }
            }
        }
        Err("retries_exhausted")
    }

    fn or_nothing<T>(&self, asked: Result<T>, nothing: impl FnOnce() -> T) -> T {
        asked.unwrap_or_else(|error| {
            self.tally.failed(&error);
            nothing()
        })
    }
}

#[async_trait]
impl Backend for Steady {
    fn name(&self) -> &str {
        self.store.name()
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let taken = self.store.signals().records(&batch) as u64;
        match self.keep(&batch).await {
            Ok(()) => self.tally.wrote(taken),
            Err(reason) => self.tally.lost(reason, taken),
        }
        Ok(())
    }

    fn health(&self) -> Health {
        self.status().health
    }

    async fn flush(&self) -> Result<()> {
        self.store.flush().await
    }

    async fn close(&self) -> Result<()> {
        let most = Duration::from_millis(self.config.close_timeout_ms);
        tokio::time::timeout(most, self.store.close()).await.unwrap_or(Ok(()))
    }
}

#[async_trait]
impl Store for Steady {
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage> {
        self.store.traces(query).await
    }

    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>> {
        self.store.trace(trace_id).await
    }

    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage> {
        self.store.spans(query).await
    }

    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>> {
        self.store.span(trace_id, span_id).await
    }

    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage> {
        self.store.sessions(query).await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        Ok(self.or_nothing(self.store.usage(query).await, Vec::new))
    }

    async fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        self.store.costs(query).await
    }

    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
        self.store.tools(filter).await
    }

    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>> {
        self.store.facets(field, filter, limit).await
    }

    async fn events(&self, query: &EventQuery) -> Result<EventPage> {
        self.store.events(query).await
    }

    async fn metrics(&self) -> Result<Vec<MetricName>> {
        self.store.metrics().await
    }

    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>> {
        self.store.metric(query).await
    }

    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        let nothing = || traces.iter().map(|_| Vec::new()).collect();
        Ok(self.or_nothing(self.store.nodes(traces).await, nothing))
    }

    async fn span_counts(&self, traces: &[TraceId]) -> Result<Vec<u64>> {
        let nothing = || vec![0; traces.len()];
        Ok(self.or_nothing(self.store.span_counts(traces).await, nothing))
    }

    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        let nothing = || meetings.iter().map(|_| Vec::new()).collect();
        Ok(self.or_nothing(self.store.meeting_traces(meetings).await, nothing))
    }

    async fn info(&self) -> Result<StoreInfo> {
        self.store.info().await
    }

    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>> {
        self.store.work(query).await
    }

    async fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage> {
        self.store.work_rows(query).await
    }

    fn capabilities(&self) -> StoreCapabilities<'_> {
        StoreCapabilities {
            retention: self.store.retention(),
            forgetting: self.store.forgetting(),
            ..StoreCapabilities::default()
        }
    }
}
