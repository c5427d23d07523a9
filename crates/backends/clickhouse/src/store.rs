//! The store's answers to queries, one by one.

use async_trait::async_trait;
use quipu_answers::{
    CostList, FacetCount, Question as _, SessionList, SpanList, Summed, ToolSum, Trace, TraceList, UsageSum,
    WorkRowList, WorkSum, shown, span_row,
};
use quipu_core::{
    AnswerMemory, CostPage, CostQuery, Detail, EventPage, EventQuery, Facet, FacetField, Meeting, MetricName,
    MetricQuery, MetricSeries, Node, Result, SessionPage, SessionQuery, Sort, SpanId, SpanPage, SpanQuery,
    SpanRow, Store, StoreCapabilities, StoreInfo, Timestamp, ToolGroup, TraceFilter, TraceId, TracePage,
    TraceQuery, TraceRow, UsageGroup, UsageQuery, WorkGroup, WorkQuery, WorkRowPage, WorkRowQuery, Worked,
};

use crate::ddl::LAYOUT;
use crate::load::{Wanted, trace_id};
use crate::open::Clickhouse;
use crate::preselect::{Depth, Order, Preselect, is_of_rollup};
use crate::sql;

impl Clickhouse {
    /// One trace; empty if it is unknown.
    async fn trace_of(&self, id: TraceId, depth: Depth, refused: bool) -> Result<Trace> {
        let mut traces = self.load(&Wanted::Traces(&[id]), depth, refused).await?;
        Ok(traces.remove(&id).unwrap_or_default())
    }

    /// A page in the order of start: reads traces from that end until the page is full.
    async fn traces_by_start(&self, query: &TraceQuery, order: Order) -> Result<TracePage> {
        let mut filter = query.filter.clone();
        let newest = order == Order::LatestFirst;
        if let Some(cursor) = query.cursor {
            // A trace on a later page starts at the cursor or behind it.
            let at = Timestamp::from_nanos(cursor.value);
            match newest {
                true => filter.until = Some(filter.until.map_or(at.plus(1), |until| until.min(at.plus(1)))),
                false => filter.since = Some(filter.since.map_or(at, |since| since.max(at))),
            }
        }
        let preselect = Preselect::of_traces(&filter).ordered(order);
        let candidates = self.candidates(&preselect).await?;
        let mut list = TraceList::new(query)?;
        let most = self.connection.config().limits.traces;
        let mut rest = candidates.as_slice();
        let mut size = query.limit.max(1).saturating_add(1).min(most);
        while !rest.is_empty() {
            let (some, later) = rest.split_at(size.min(rest.len()));
            self.ask_of(&preselect, some, &mut list).await?;
            (rest, size) = (later, most);
            let next = rest.first().map(|next| if newest { next.last } else { next.first });
            if next.is_some_and(|next| list.is_full_before(Timestamp::from_nanos(next))) {
                break;
            }
        }
        list.finish()
    }

    async fn number(&self, sql: &str) -> Result<u64> {
        self.connection.rows(sql).await?.u64()
    }
}

#[async_trait]
impl Store for Clickhouse {
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage> {
        match query.sort {
            Sort::Newest => self.traces_by_start(query, Order::LatestFirst).await,
            Sort::Oldest => self.traces_by_start(query, Order::EarliestFirst).await,
            _ => self.ask(&Preselect::of_traces(&query.filter), TraceList::new(query)?).await,
        }
    }

    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>> {
        let trace = self.trace_of(trace_id, Depth::Heads, false).await?;
        Ok(Summed::of(trace_id, &trace).map(|summed| shown(summed.row)))
    }

    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage> {
        let depth = if query.detail == Detail::Full { Depth::Full } else { Depth::Heads };
        let trace = self.trace_of(query.trace_id, depth, true).await?;
        let bytes = trace.values().map(|entry| entry.span.bytes()).sum();
        let hold = AnswerMemory::current().hold(bytes)?;
        Ok(SpanPage { hold, ..SpanList(query).of(Some(&trace)) })
    }

    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>> {
        let traces = self.load(&Wanted::Spans(&[(trace_id, span_id)]), Depth::Full, true).await?;
        let entry = traces.get(&trace_id).and_then(|trace| trace.get(&span_id));
        Ok(entry.map(|entry| span_row(entry, Detail::Full)))
    }

    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage> {
        self.ask(&Preselect::of_traces(&query.filter), SessionList::new(query)?).await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        match is_of_rollup(query) {
            true => self.usage_by_rollup(query).await,
            false => self.ask(&Preselect::of_calls(&query.filter), UsageSum::new(query)?).await,
        }
    }

    async fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        let mut filter = query.filter.clone();
        if let Some(cursor) = query.cursor {
            filter.since = Some(filter.since.map_or(cursor.time, |since| since.max(cursor.time)));
        }
        self.ask(&Preselect::of_calls(&filter), CostList::new(query)?).await
    }

    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>> {
        let preselect = match &query.of {
            Worked::Traces => Preselect::of_traces(&query.filter),
            Worked::Spans(_) => Preselect::of_work(&query.filter),
            Worked::Events => return self.work_of_events(query).await,
        };
        self.ask(&preselect, WorkSum::new(query)?).await
    }

    async fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage> {
        self.ask(&Preselect::of_work(&query.filter).with_refused(), WorkRowList::new(query)?).await
    }

    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
        self.ask(&Preselect::of_tools(filter), ToolSum::new(filter)?).await
    }

    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>> {
        let preselect = Preselect::of_traces(filter);
        let preselect = if field == FacetField::Error { preselect.in_full() } else { preselect };
        self.ask(&preselect, FacetCount::new(field, filter, limit)?).await
    }

    async fn events(&self, query: &EventQuery) -> Result<EventPage> {
        self.page_of_events(query).await
    }

    async fn metrics(&self) -> Result<Vec<MetricName>> {
        self.names_of_metrics().await
    }

    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>> {
        self.series_of_metric(query).await
    }

    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        let ids: Vec<TraceId> = traces.iter().map(|(id, _)| *id).collect();
        let mut nodes = Vec::with_capacity(ids.len());
        for some in ids.chunks(self.connection.config().limits.traces) {
            let loaded = self.load(&Wanted::Traces(some), Depth::Full, false).await?;
            let of = |id: &TraceId| {
                loaded
                    .get(id)
                    .into_iter()
                    .flat_map(Trace::values)
                    .map(|entry| Node::of(&entry.span))
                    .collect()
            };
            nodes.extend(some.iter().map(of));
        }
        Ok(nodes)
    }

    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        self.traces_of_meetings(meetings).await
    }

    async fn info(&self) -> Result<StoreInfo> {
        let [spans, events, points] = ["spans", "events", "points"].map(|name| self.connection.table(name));
        let days = format!(
            "SELECT count() FROM (SELECT day FROM {spans} UNION DISTINCT SELECT day FROM {events} \
             UNION DISTINCT SELECT day FROM {points})"
        );
        let count = format!("SELECT count() FROM (SELECT trace_id, span_id FROM {spans} GROUP BY ALL)");
        let database = sql::text(&self.connection.config().database);
        let bytes =
            format!("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = {database}");
        let (days, spans, bytes) =
            tokio::try_join!(self.number(&days), self.number(&count), self.number(&bytes))?;
        let uri = self.connection.config().uri();
        Ok(StoreInfo { uri, version: LAYOUT, days, spans, bytes, search_lag_spans: 0, search_lag_ms: 0 })
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

impl Clickhouse {
    async fn traces_of_meetings(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        let mut lists = Vec::with_capacity(meetings.len());
        for some in meetings.chunks(self.connection.config().limits.traces) {
            let numbers = some.iter().map(|(meeting, _)| meeting.number().to_string());
            let sql = format!(
                "SELECT DISTINCT trace_id FROM {} WHERE meeting IN {} ORDER BY trace_id",
                self.connection.table("meetings"),
                sql::list(numbers)
            );
            let mut rows = self.connection.rows(&sql).await?;
            let mut ids = Vec::new();
            while !rows.is_empty() {
                ids.push(trace_id(&mut rows)?);
            }
            let mut found = vec![Vec::new(); some.len()];
            for ids in ids.chunks(self.connection.config().limits.traces) {
                let traces = self.load(&Wanted::Traces(ids), Depth::Heads, false).await?;
                for ((meeting, _), found) in some.iter().zip(&mut found) {
                    found
                        .extend(traces.iter().filter_map(|(id, trace)| Some((*id, meets(trace, *meeting)?))));
                }
            }
            lists.extend(found);
        }
        Ok(lists)
    }
}

/// Start of a span of the trace that is of a meeting.
fn meets(trace: &Trace, meeting: Meeting) -> Option<Timestamp> {
    let entry = trace.values().find(|entry| entry.span.meetings().any(|of| of == meeting))?;
    Some(entry.span.start)
}
