//! A store in which only some frameworks' calls are: what a comma list of frameworks asks for.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{
    Backend, CostPage, CostQuery, EventPage, EventQuery, Facet, FacetField, Meeting, MetricName, MetricQuery,
    MetricSeries, Node, Result, SessionPage, SessionQuery, SpanId, SpanPage, SpanQuery, SpanRow, Store,
    StoreInfo, Timestamp, ToolGroup, TraceFilter, TraceId, TracePage, TraceQuery, TraceRow, UsageGroup,
    UsageKey, UsageQuery, UsageTotals,
};

/// A store that answers for usage and ledger rows as if only these frameworks' calls were in it; all else is passed on.
pub(crate) struct Among {
    store: Arc<dyn Store>,
    frameworks: Vec<String>,
}

impl Among {
    /// Of one framework or more.
    pub(crate) fn new(store: Arc<dyn Store>, mut frameworks: Vec<String>) -> Self {
        frameworks.sort_unstable();
        frameworks.dedup();
        Self { store, frameworks }
    }
}

#[async_trait]
impl Backend for Among {
    fn name(&self) -> &str {
        self.store.name()
    }
}

#[async_trait]
impl Store for Among {
    /// A call has one framework: the sums of each are the sums of all.
    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        let mut groups: BTreeMap<Vec<UsageKey>, UsageTotals> = BTreeMap::new();
        for framework in &self.frameworks {
            let filter = TraceFilter { framework: Some(framework.clone()), ..query.filter.clone() };
            for group in self.store.usage(&UsageQuery { filter, group_by: query.group_by.clone() }).await? {
                groups.entry(group.key).or_default().merge(&group.totals);
            }
        }
        Ok(groups.into_iter().map(|(key, totals)| UsageGroup { key, totals }).collect())
    }

    async fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        let mut page = self.store.costs(query).await?;
        let wanted = |name: &str| self.frameworks.iter().any(|framework| framework == name);
        page.rows.retain(|row| row.cost.framework.as_deref().is_some_and(wanted));
        Ok(page)
    }

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
        self.store.nodes(traces).await
    }

    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        self.store.meeting_traces(meetings).await
    }

    async fn info(&self) -> Result<StoreInfo> {
        self.store.info().await
    }

    async fn purge(&self, before: Timestamp) -> Result<u64> {
        self.store.purge(before).await
    }
}
