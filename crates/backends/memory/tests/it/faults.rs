//! Tests of the conformance cases: a store with one fault fails the case for it.

use std::sync::Arc;

use async_trait::async_trait;
use quipu_backend_memory::Memory;
use quipu_conformance::Suite;
use quipu_core::{
    Backend, Batch, CostPage, CostQuery, EventPage, EventQuery, Facet, FacetField, Meeting, MetricName,
    MetricQuery, MetricSeries, Node, Result, SessionPage, SessionQuery, Signal, SpanId, SpanPage, SpanQuery,
    SpanRow, SpanSink as _, Store, StoreCapabilities, StoreForgetting, StoreInfo, Timestamp, ToolGroup,
    TraceFilter, TraceId, TracePage, TraceQuery, TraceRow, UsageGroup, UsageQuery, WorkGroup, WorkQuery,
    WorkRowPage, WorkRowQuery,
};

/// A fault of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Rows of a batch are kept although the batch is rejected.
    KeepsHalf,
    /// Batches are forgotten after they were acknowledged.
    Forgets,
    /// Later ledger rows are ignored.
    NeverCorrects,
    /// `until` is taken as included.
    ClosedTimes,
    /// Values that are NaN come back as null.
    LosesNan,
    /// The last row of each page of traces is left out.
    SkipsRows,
    /// The first row of the next page is the last of this one.
    RepeatsRows,
    /// Tokens are counted twice.
    CountsTwice,
    /// Search knows nothing.
    FindsNothing,
    /// Tools do not say why they failed.
    LosesErrors,
    /// Details of usage are not given back to the ledger.
    ForgetsNodes,
    /// A meeting has one trace at most.
    MeetsOnce,
    /// Spans of other signals are never hidden.
    HidesNothing,
    /// Events come oldest first.
    OldestEventsFirst,
    /// Steps of metrics begin at the first point.
    OddSteps,
    /// Ignores further terms.
    IgnoresTerms,
    /// Work is not only what failed.
    CountsAllWork,
    /// Traces that were to be forgotten stay.
    Remembers,
}

struct Faulty(Memory, Fault);

impl Faulty {
    fn has(&self, fault: Fault) -> bool {
        self.1 == fault
    }
}

#[async_trait]
impl Backend for Faulty {
    fn name(&self) -> &str {
        "faulty"
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        let mut changed = (*batch).clone();
        match self.1 {
            Fault::Forgets => return Ok(()),
            Fault::KeepsHalf => self.0.write_spans(&batch.spans).await?,
            Fault::NeverCorrects => changed.costs.retain(|cost| cost.version < 2),
            Fault::HidesNothing => {
                changed.spans.iter_mut().for_each(|span| span.canonical.signal = Signal::Span);
            }
            _ => {}
        }
        self.0.write(Arc::new(changed)).await
    }
}

#[async_trait]
impl Store for Faulty {
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage> {
        let mut query = query.clone();
        if self.has(Fault::ClosedTimes) {
            query.filter.until = query.filter.until.map(|until| until.plus(1));
        }
        if self.has(Fault::IgnoresTerms) {
            query.filter.terms.clear();
        }
        if self.has(Fault::FindsNothing) && query.filter.q.is_some() {
            return Ok(TracePage::default());
        }
        let mut page = self.0.traces(&query).await?;
        if self.has(Fault::SkipsRows) && page.next.is_some() {
            page.rows.pop();
        }
        if let (true, Some(next)) = (self.has(Fault::RepeatsRows), &mut page.next) {
            next.value += 1;
        }
        Ok(page)
    }

    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>> {
        let mut row = self.0.trace(trace_id).await?;
        if let (true, Some(row)) = (self.has(Fault::CountsTwice), &mut row) {
            row.tokens = row.tokens.plus(&row.tokens);
        }
        Ok(row)
    }

    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage> {
        self.0.spans(query).await
    }

    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>> {
        let mut row = self.0.span(trace_id, span_id).await?;
        let raw = row.as_mut().and_then(|row| row.raw.as_mut());
        if let (true, Some(raw)) = (self.has(Fault::LosesNan), raw) {
            let values = raw.attributes.iter_mut().map(|(_, value)| value);
            values
                .filter(|value| value.as_number().is_some_and(f64::is_nan))
                .for_each(|value| *value = Default::default());
        }
        Ok(row)
    }

    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage> {
        self.0.sessions(query).await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        self.0.usage(query).await
    }

    async fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        self.0.costs(query).await
    }

    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
        let mut groups = self.0.tools(filter).await?;
        if self.has(Fault::LosesErrors) {
            groups.iter_mut().for_each(|group| group.last_error = None);
        }
        Ok(groups)
    }

    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>> {
        self.0.facets(field, filter, limit).await
    }

    async fn events(&self, query: &EventQuery) -> Result<EventPage> {
        let mut page = self.0.events(query).await?;
        if self.has(Fault::OldestEventsFirst) {
            page.rows.reverse();
        }
        Ok(page)
    }

    async fn metrics(&self) -> Result<Vec<MetricName>> {
        self.0.metrics().await
    }

    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>> {
        let mut series = self.0.metric(query).await?;
        if self.has(Fault::OddSteps) {
            series.iter_mut().flat_map(|series| &mut series.points).for_each(|(at, _)| *at = at.plus(1));
        }
        Ok(series)
    }

    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        let mut lists = self.0.nodes(traces).await?;
        if self.has(Fault::ForgetsNodes) {
            lists.iter_mut().flatten().for_each(|node| node.call = None);
        }
        Ok(lists)
    }

    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        let mut lists = self.0.meeting_traces(meetings).await?;
        if self.has(Fault::MeetsOnce) {
            lists.iter_mut().for_each(|list| list.truncate(1));
        }
        Ok(lists)
    }

    async fn info(&self) -> Result<StoreInfo> {
        self.0.info().await
    }

    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>> {
        let failed = query.failed && !self.has(Fault::CountsAllWork);
        self.0.work(&WorkQuery { failed, ..query.clone() }).await
    }

    async fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage> {
        self.0.work_rows(query).await
    }

    fn capabilities(&self) -> StoreCapabilities<'_> {
        StoreCapabilities { forgetting: Some(self), ..StoreCapabilities::default() }
    }
}

#[async_trait]
impl StoreForgetting for Faulty {
    async fn forget(&self, traces: &[TraceId]) -> Result<u64> {
        if self.has(Fault::Remembers) {
            return Ok(u64::try_from(traces.len()).unwrap_or(u64::MAX));
        }
        self.0.forget(traces).await
    }

    async fn purge(&self, before: Timestamp) -> Result<u64> {
        self.0.purge(before).await
    }

    fn removals(&self) -> u64 {
        self.0.removals()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_found_by_its_case() {
    let faults = [
        (Fault::KeepsHalf, "write/a_batch_is_kept_whole_or_not_at_all"),
        (Fault::Forgets, "write/what_is_acknowledged_can_be_asked_for"),
        (Fault::NeverCorrects, "ledger/a_call_can_be_taken_back"),
        (Fault::ClosedTimes, "traces/filter_by_half_open_times"),
        (Fault::LosesNan, "fidelity/nan_and_infinities"),
        (Fault::SkipsRows, "paging/newest_and_oldest"),
        (Fault::RepeatsRows, "paging/pages_are_complete_over_ties"),
        (Fault::CountsTwice, "ledger/counted_rows_are_summed"),
        (Fault::FindsNothing, "search/the_lag_goes_to_zero"),
        (Fault::LosesErrors, "tools/the_last_error_is_the_latest_failure"),
        (Fault::ForgetsNodes, "nodes/a_call_keeps_its_facts"),
        (Fault::MeetsOnce, "meetings/a_meeting_has_the_traces_of_its_spans"),
        (Fault::HidesNothing, "signals/a_trace_of_spans_that_do_not_count_is_in_no_list"),
        (Fault::OldestEventsFirst, "events/newest_come_first"),
        (Fault::OddSteps, "metrics/half_open_times_and_steps"),
        (Fault::IgnoresTerms, "terms/the_name_of_the_trace"),
        (Fault::CountsAllWork, "work/failed_ones_only"),
        (Fault::Remembers, "forget/a_trace_is_gone_with_all_its_parts"),
    ];
    for (fault, case) in faults {
        let make = move || async move { Arc::new(Faulty(Memory::new(), fault)) as Arc<dyn Store> };
        let report = Suite::of_stores(make).only(case).run().await;
        assert_eq!(report.failed(), [case], "{fault:?}:\n{report}");
    }
}
