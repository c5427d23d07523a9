//! The store's answers to queries, one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use quipu_answers::{cost_cursor, trace_cursor, trace_place};
use quipu_core::{
    CostPage, CostQuery, Cursor, EventPage, EventQuery, Facet, FacetField, Meeting, MetricName, MetricQuery,
    MetricSeries, Node, Result, SessionPage, SessionQuery, SpanId, SpanPage, SpanQuery, SpanRow, Store,
    StoreCapabilities, StoreInfo, Timestamp, ToolGroup, TraceFilter, TraceId, TracePage, TraceQuery,
    TraceRow, UsageGroup, UsageQuery, WorkGroup, WorkQuery, WorkRowPage, WorkRowQuery,
};

use crate::groups;
use crate::merge::{Part, merged};
use crate::place;
use crate::shards::Shards;

impl Shards {
    /// The traces of a request by shard, each with its place in the request.
    fn by_shard<T: Clone>(
        &self,
        all: &[T],
        trace: impl Fn(&T) -> TraceId,
    ) -> BTreeMap<usize, Vec<(usize, T)>> {
        let mut by_shard: BTreeMap<usize, Vec<(usize, T)>> = BTreeMap::new();
        for (at, one) in all.iter().enumerate() {
            by_shard.entry(self.of_trace(trace(one))).or_default().push((at, one.clone()));
        }
        by_shard
    }
}

#[async_trait]
impl Store for Shards {
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage> {
        let (sort, limit) = (query.sort, query.limit);
        let pages = self.each_with(query, |store, query| async move { store.traces(&query).await }).await?;
        let parts = pages.into_iter().map(|(_, page)| Part { more: page.next.is_some(), rows: page.rows });
        let (rows, more) = merged(parts, limit, |row: &TraceRow| trace_place(sort, row));
        let next: Option<Cursor> = rows.last().filter(|_| more).map(|row| trace_cursor(sort, row));
        Ok(TracePage { rows, next })
    }

    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>> {
        self.one(self.of_trace(trace_id), |store| async move { store.trace(trace_id).await }).await
    }

    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage> {
        self.one(self.of_trace(query.trace_id), |store| async move { store.spans(query).await }).await
    }

    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>> {
        self.one(self.of_trace(trace_id), |store| async move { store.span(trace_id, span_id).await }).await
    }

    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage> {
        self.page_of_sessions(query).await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        let keys = query.group_by.len();
        let lists = self.each_with(query, |store, query| async move { store.usage(&query).await }).await?;
        let lists =
            lists.into_iter().map(|(_, list)| list.into_iter().map(|one| (one.key, one.totals)).collect());
        groups::merged(lists, keys, |key, totals| UsageGroup { key, totals })
    }

    async fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        let limit = query.limit;
        let pages = self.each_with(query, |store, query| async move { store.costs(&query).await }).await?;
        let parts = pages.into_iter().map(|(_, page)| Part { more: page.next.is_some(), rows: page.rows });
        let (rows, more) = merged(parts, limit, |row| cost_cursor(&row.cost));
        let next = rows.last().filter(|_| more).map(|row| cost_cursor(&row.cost));
        Ok(CostPage { rows, next })
    }

    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>> {
        let keys = query.group_by.len();
        let lists = self.each_with(query, |store, query| async move { store.work(&query).await }).await?;
        let lists =
            lists.into_iter().map(|(_, list)| list.into_iter().map(|one| (one.key, one.totals)).collect());
        groups::merged(lists, keys, |key, totals| WorkGroup { key, totals })
    }

    async fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage> {
        let (sort, limit) = (query.sort, query.limit);
        let pages =
            self.each_with(query, |store, query| async move { store.work_rows(&query).await }).await?;
        let total = pages.iter().map(|(_, page)| page.total).sum();
        let parts = pages.into_iter().map(|(_, page)| Part { more: page.next.is_some(), rows: page.rows });
        let (rows, more) = merged(parts, limit, |row| row.place(sort).rank(sort));
        let next = rows.last().filter(|_| more).map(|row| row.place(sort));
        Ok(WorkRowPage { rows, total, next })
    }

    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
        let lists = self.each_with(filter, |store, filter| async move { store.tools(&filter).await }).await?;
        groups::tools(lists.into_iter().map(|(_, list)| list))
    }

    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>> {
        // A value that is rare in one shard can be frequent in all.
        let lists =
            self.each_with(filter, move |store, filter| async move {
                store.facets(field, &filter, usize::MAX).await
            })
            .await?;
        groups::facets(lists.into_iter().map(|(_, list)| list), limit)
    }

    async fn events(&self, query: &EventQuery) -> Result<EventPage> {
        self.page_of_events(query).await
    }

    async fn metrics(&self) -> Result<Vec<MetricName>> {
        let lists = self.each(|store| async move { store.metrics().await }).await?;
        let mut all: Vec<MetricName> = lists.into_iter().flat_map(|(_, list)| list).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>> {
        let at = place::of_metric(&query.name, self.count());
        self.one(at, |store| async move { store.metric(query).await }).await
    }

    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        let by_shard = self.by_shard(traces, |(trace, _)| *trace);
        let places: Vec<Vec<usize>> =
            by_shard.values().map(|some| some.iter().map(|(at, _)| *at).collect()).collect();
        let requests = by_shard
            .into_iter()
            .map(|(at, some)| (at, some.into_iter().map(|(_, trace)| trace).collect::<Vec<_>>()))
            .collect();
        let answers = self.some(requests, |store, some| async move { store.nodes(&some).await }).await?;
        let mut lists = vec![Vec::new(); traces.len()];
        for (places, (_, found)) in places.into_iter().zip(answers) {
            places.into_iter().zip(found).for_each(|(at, nodes)| lists[at] = nodes);
        }
        Ok(lists)
    }

    async fn span_counts(&self, traces: &[TraceId]) -> Result<Vec<u64>> {
        let by_shard = self.by_shard(traces, |trace| *trace);
        let places: Vec<Vec<usize>> =
            by_shard.values().map(|some| some.iter().map(|(at, _)| *at).collect()).collect();
        let requests = by_shard
            .into_iter()
            .map(|(at, some)| (at, some.into_iter().map(|(_, trace)| trace).collect::<Vec<_>>()))
            .collect();
        let answers =
            self.some(requests, |store, some| async move { store.span_counts(&some).await }).await?;
        let mut counts = vec![0; traces.len()];
        for (places, (_, found)) in places.into_iter().zip(answers) {
            places.into_iter().zip(found).for_each(|(at, count)| counts[at] = count);
        }
        Ok(counts)
    }

    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        // The count decides by these traces, so none may be missing.
        let asked: Arc<[(Meeting, Timestamp)]> = meetings.into();
        let answers = self
            .all(move |store| {
                let asked = Arc::clone(&asked);
                async move { store.meeting_traces(&asked).await }
            })
            .await?;
        let mut lists = vec![Vec::new(); meetings.len()];
        for answer in answers {
            lists.iter_mut().zip(answer).for_each(|(list, mut found)| list.append(&mut found));
        }
        Ok(lists)
    }

    async fn info(&self) -> Result<StoreInfo> {
        let infos = self.each(|store| async move { store.info().await }).await?;
        let mut all = StoreInfo { uri: self.uri(), ..StoreInfo::default() };
        for (_, info) in infos {
            all.version = all.version.max(info.version);
            all.days = all.days.max(info.days);
            all.spans += info.spans;
            all.bytes += info.bytes;
            all.search_lag_spans += info.search_lag_spans;
            all.search_lag_ms = all.search_lag_ms.max(info.search_lag_ms);
        }
        Ok(all)
    }

    fn capabilities(&self) -> StoreCapabilities<'_> {
        StoreCapabilities {
            retention: Some(self),
            forgetting: Some(self),
            integrity: Some(self),
            copying: Some(self),
            ..StoreCapabilities::default()
        }
    }
}

impl Shards {
    /// The names of all shards.
    fn uri(&self) -> String {
        let names: Vec<&str> = self.named().map(|shard| shard.name()).collect();
        names.join(",")
    }
}
