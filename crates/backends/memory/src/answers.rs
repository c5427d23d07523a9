//! The store's answers to queries, one by one.

use async_trait::async_trait;
use quipu_answers::{
    CostList, Entry, EventList, FacetCount, Question, SessionList, SpanList, Summed, ToolSum, TraceList,
    UsageSum, WorkRowList, WorkSum, metric_names, series_of, shown, span_row,
};
use quipu_core::{
    Conflicts, CostPage, CostQuery, Detail, EventPage, EventQuery, Facet, FacetField, Hold, Meeting,
    MetricName, MetricQuery, MetricSeries, Node, Owned, Owner, Result, Retention, Retired, SessionPage,
    SessionQuery, SpanId, SpanPage, SpanQuery, SpanRow, Store, StoreCapabilities, StoreForgetting, StoreInfo,
    StoreIntegrity, StoreRetention, Timestamp, ToolGroup, TraceFilter, TraceId, TracePage, TraceQuery,
    TraceRow, UsageGroup, UsageQuery, WorkGroup, WorkQuery, WorkRowPage, WorkRowQuery, Worked,
};

use crate::held::Records;
use crate::memory::Memory;

impl Memory {
    fn ask<Q: Question>(&self, mut question: Q) -> Result<Q::Answer> {
        let held = self.held.read();
        held.traces.iter().try_for_each(|(id, trace)| question.add(*id, trace))?;
        question.finish()
    }
}

#[async_trait]
impl Store for Memory {
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage> {
        self.ask(TraceList::new(query)?)
    }

    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>> {
        let held = self.held.read();
        let row = held
            .traces
            .get(&trace_id)
            .and_then(|trace| Summed::of(trace_id, trace))
            .map(|summed| shown(summed.row));
        Ok(row)
    }

    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage> {
        Ok(SpanList(query).of(self.held.read().traces.get(&query.trace_id)))
    }

    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>> {
        let held = self.held.read();
        let entry = held.traces.get(&trace_id).and_then(|trace| trace.get(&span_id));
        Ok(entry.map(|entry| span_row(entry, Detail::Full)))
    }

    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage> {
        self.ask(SessionList::new(query)?)
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        self.ask(UsageSum::new(query)?)
    }

    async fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        self.ask(CostList::new(query)?)
    }

    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>> {
        let mut sum = WorkSum::new(query)?;
        if query.of == Worked::Events {
            self.held.read().events.values().try_for_each(|event| sum.add_event(event))?;
        }
        self.ask(sum)
    }

    async fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage> {
        self.ask(WorkRowList::new(query)?)
    }

    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
        self.ask(ToolSum::new(filter)?)
    }

    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>> {
        self.ask(FacetCount::new(field, filter, limit)?)
    }

    async fn events(&self, query: &EventQuery) -> Result<EventPage> {
        let mut list = EventList::new(query)?;
        self.held.read().events.iter().try_for_each(|(number, event)| list.add(*number, event))?;
        Ok(list.finish())
    }

    async fn metrics(&self) -> Result<Vec<MetricName>> {
        let held = self.held.read();
        Ok(metric_names(held.series.iter().map(|(key, series)| (key, series, series.last_at()))))
    }

    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>> {
        let held = self.held.read();
        let of_name = held.series.iter().filter(|((name, _), _)| *name == query.name);
        Ok(series_of(query, of_name.map(|(_, series)| series)))
    }

    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        let held = self.held.read();
        let nodes_of = |(id, _): &(TraceId, Timestamp)| {
            held.traces.get(id).into_iter().flatten().map(|(_, entry)| Node::of(&entry.span)).collect()
        };
        Ok(traces.iter().map(nodes_of).collect())
    }

    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        let held = self.held.read();
        Ok(meetings.iter().map(|(meeting, _)| held.traces_of(*meeting)).collect())
    }

    async fn info(&self) -> Result<StoreInfo> {
        let held = self.held.read();
        Ok(StoreInfo {
            uri: "memory:".to_owned(),
            version: 1,
            days: u64::try_from(held.days().len()).unwrap_or(u64::MAX),
            spans: u64::try_from(held.spans()).unwrap_or(u64::MAX),
            bytes: bytes(&held),
            search_lag_spans: 0,
            search_lag_ms: 0,
        })
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

#[async_trait]
impl StoreRetention for Memory {
    async fn retire(&self, rules: &Retention, now: Timestamp, dry_run: bool) -> Result<Retired> {
        Ok(self.held.write().retire(rules, now, dry_run))
    }

    async fn hold(&self, holds: &[Hold]) -> Result<u64> {
        self.held.write().hold(holds)
    }

    async fn release(&self, traces: &[TraceId]) -> Result<u64> {
        let mut held = self.held.write();
        Ok(traces.iter().filter(|id| held.holds.remove(id).is_some()).count() as u64)
    }

    async fn holds(&self) -> Result<Vec<Hold>> {
        let mut holds: Vec<Hold> = self.held.read().holds.values().cloned().collect();
        holds.sort_by_key(|hold| (std::cmp::Reverse(hold.since), hold.trace_id));
        Ok(holds)
    }
}

#[async_trait]
impl StoreForgetting for Memory {
    async fn forget(&self, traces: &[TraceId]) -> Result<u64> {
        Ok(self.held.write().forget(traces))
    }

    async fn owned(&self, owner: &Owner) -> Result<Owned> {
        Ok(self.held.read().owned(owner))
    }

    async fn forget_owned(&self, owner: &Owner) -> Result<Owned> {
        Ok(self.held.write().forget_owned(owner))
    }

    async fn purge(&self, before: Timestamp) -> Result<u64> {
        Ok(self.held.write().purge(before))
    }

    fn removals(&self) -> u64 {
        self.held.read().removals
    }
}

#[async_trait]
impl StoreIntegrity for Memory {
    fn take_conflicts(&self) -> Conflicts {
        // Mostly there are none, and a writer need not wait for this.
        if self.held.read().conflicts.versions == 0 {
            return Conflicts::default();
        }
        std::mem::take(&mut self.held.write().conflicts)
    }
}

/// About how many bytes the records take: their fixed size and the length of their texts, without the
/// allocator's share.
fn bytes(held: &Records) -> u64 {
    let of_entry = |entry: &Entry| {
        let texts =
            entry.span.attributes.iter().map(|(key, value)| key.len() + value.as_str().map_or(16, str::len));
        size_of::<Entry>() + size_of_val(entry.span.as_ref()) + texts.sum::<usize>()
    };
    let spans: usize = held.traces.values().flat_map(|trace| trace.values()).map(of_entry).sum();
    let events: usize = held.event_texts.iter().map(|text| 2 * text.len()).sum();
    let points: usize =
        held.series.values().map(|series| series.points.len() * size_of::<quipu_core::Point>()).sum();
    u64::try_from(spans + events + points).unwrap_or(u64::MAX)
}
