//! Implementation of `Store`: the queries of the embedded store.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use quipu_core::{
    Batch, Conflicts, CopyDay, CostPage, CostQuery, CostScan, CostScanPage, Error, ErrorKind, EventPage,
    EventQuery, Facet, FacetField, Hold, Meeting, MetricName, MetricQuery, MetricSeries, Node, Owned, Owner,
    PointCursor, PointPage, Remnant, Result, Retention, Retired, Retry, ScanPage, SessionPage, SessionQuery,
    SpanConflict, SpanId, SpanPage, SpanQuery, SpanRow, SpanScan, Store, StoreCapabilities, StoreCopy,
    StoreEncoding, StoreForgetting, StoreInfo, StoreIntegrity, StoreRetention, StoreScan, StoredSpan,
    Timestamp, ToolGroup, TraceFilter, TraceId, TracePage, TraceQuery, TraceRow, UsageGroup, UsageQuery,
    WorkGroup, WorkQuery, WorkRowPage, WorkRowQuery,
};

use crate::fault::NAME;
use crate::read::{
    copies, cost_scan, costs, events, facets, meetings, metrics, owned, scan, sessions, spans, tools, traces,
    usage, work,
};
use crate::schema::DAY;
use crate::shared::Shared;
use crate::sqlite::Sqlite;
use crate::write::{Encoded, Request};

#[async_trait]
impl Store for Sqlite {
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage> {
        let query = query.clone();
        self.ask(move |shared| traces::page(shared, &query)).await
    }

    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>> {
        self.ask(move |shared| traces::one(shared, trace_id)).await
    }

    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage> {
        let query = query.clone();
        self.ask(move |shared| spans::page(shared, &query)).await
    }

    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>> {
        self.ask(move |shared| spans::one(shared, trace_id, span_id)).await
    }

    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage> {
        let query = query.clone();
        self.ask(move |shared| sessions::page(shared, &query)).await
    }

    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>> {
        let query = query.clone();
        self.ask(move |shared| usage::groups(shared, &query)).await
    }

    async fn costs(&self, query: &CostQuery) -> Result<CostPage> {
        let query = query.clone();
        self.ask(move |shared| costs::page(shared, &query)).await
    }

    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>> {
        let query = query.clone();
        self.ask(move |shared| work::groups(shared, &query)).await
    }

    async fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage> {
        let query = query.clone();
        self.ask(move |shared| work::page(shared, &query)).await
    }

    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>> {
        let filter = filter.clone();
        self.ask(move |shared| tools::groups(shared, &filter)).await
    }

    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>> {
        let filter = filter.clone();
        self.ask(move |shared| facets::list(shared, field, &filter, limit)).await
    }

    async fn events(&self, query: &EventQuery) -> Result<EventPage> {
        let query = query.clone();
        self.ask(move |shared| events::page(shared, &query)).await
    }

    async fn metrics(&self) -> Result<Vec<MetricName>> {
        self.ask(metrics::names).await
    }

    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>> {
        let query = query.clone();
        self.ask(move |shared| metrics::series(shared, &query)).await
    }

    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>> {
        let is_absent = {
            let may_hold = self.shared.may_hold_any()?;
            !traces.iter().any(|(trace, _)| may_hold(*trace))
        };
        if is_absent {
            return Ok(vec![Vec::new(); traces.len()]);
        }
        let traces = traces.to_vec();
        self.ask(move |shared| spans::nodes(shared, &traces)).await
    }

    async fn span_counts(&self, traces: &[TraceId]) -> Result<Vec<u64>> {
        let mut counts = vec![0; traces.len()];
        let held: Vec<(usize, TraceId)> = {
            let may_hold = self.shared.may_hold_any()?;
            traces.iter().copied().enumerate().filter(|(_, trace)| may_hold(*trace)).collect()
        };
        if held.is_empty() {
            return Ok(counts);
        }
        let asked: Vec<TraceId> = held.iter().map(|(_, trace)| *trace).collect();
        let found = self.ask(move |shared| spans::counts(shared, &asked)).await?;
        held.into_iter().zip(found).for_each(|((at, _), count)| counts[at] = count);
        Ok(counts)
    }

    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>> {
        if meetings::are_absent(&self.shared, meetings)? {
            return Ok(vec![Vec::new(); meetings.len()]);
        }
        let meetings = meetings.to_vec();
        self.ask(move |shared| meetings::traces(shared, &meetings)).await
    }

    async fn info(&self) -> Result<StoreInfo> {
        self.ask(info).await
    }

    fn capabilities(&self) -> StoreCapabilities<'_> {
        StoreCapabilities {
            encoding: Some(self),
            retention: Some(self),
            forgetting: Some(self),
            integrity: Some(self),
            scanning: Some(self),
            copying: Some(self),
        }
    }
}

#[async_trait]
impl StoreScan for Sqlite {
    async fn scan(&self, scan: &SpanScan) -> Result<ScanPage> {
        let scan = scan.clone();
        self.ask(move |shared| scan::page(shared, &scan)).await
    }

    async fn scan_costs(&self, scan: &CostScan) -> Result<CostScanPage> {
        let scan = scan.clone();
        self.ask(move |shared| cost_scan::page(shared, &scan)).await
    }
}

#[async_trait]
impl StoreCopy for Sqlite {
    async fn days(&self) -> Result<Vec<CopyDay>> {
        self.ask(copies::days).await
    }

    async fn day_traces(&self, day: Timestamp, after: Option<TraceId>, limit: usize) -> Result<Vec<TraceId>> {
        self.ask(move |shared| copies::traces(shared, day, after, limit)).await
    }

    async fn stored_spans(
        &self,
        traces: &[TraceId],
        after: Option<(TraceId, SpanId)>,
        limit: usize,
    ) -> Result<Vec<StoredSpan>> {
        let traces = traces.to_vec();
        self.ask(move |shared| copies::spans(shared, &traces, after, limit)).await
    }

    async fn day_points(
        &self,
        day: Timestamp,
        after: Option<&PointCursor>,
        limit: usize,
    ) -> Result<PointPage> {
        let after = after.cloned();
        self.ask(move |shared| copies::points(shared, day, after.as_ref(), limit)).await
    }

    async fn restore_refused(&self, refused: Vec<(TraceId, SpanId, Vec<SpanConflict>)>) -> Result<()> {
        self.request(move |_, answer| Ok(Request::KeepConflicts(refused, answer))).await
    }
}

#[async_trait]
impl StoreEncoding for Sqlite {
    fn encode(&self, batch: &Batch) -> Option<quipu_core::Encoded> {
        // Records that cannot be encoded are rejected at their write.
        let records = Encoded::of(batch, self.shared.dictionaries.current()).ok()?;
        Some(quipu_core::Encoded::new(records))
    }

    async fn write_encoded(&self, batch: Arc<Batch>, ahead: Vec<quipu_core::Encoded>) -> Result<()> {
        let parts: Option<Vec<Arc<Encoded>>> = ahead.into_iter().map(quipu_core::Encoded::into).collect();
        self.submit(batch, parts.unwrap_or_default()).await
    }
}

#[async_trait]
impl StoreRetention for Sqlite {
    async fn retire(&self, rules: &Retention, now: Timestamp, dry_run: bool) -> Result<Retired> {
        crate::retire::retire(self, rules, now, dry_run).await
    }

    async fn hold(&self, holds: &[Hold]) -> Result<u64> {
        let holds = holds.to_vec();
        self.request(move |_, answer| Ok(Request::Hold(holds, Vec::new(), answer))).await
    }

    async fn release(&self, traces: &[TraceId]) -> Result<u64> {
        let traces = traces.to_vec();
        self.request(move |_, answer| Ok(Request::Hold(Vec::new(), traces, answer))).await
    }

    async fn holds(&self) -> Result<Vec<Hold>> {
        let at = |shared: &Shared| shared.folder.catalog();
        self.ask(move |shared| {
            shared.with_catalog(crate::holds::list).map_err(|fault| fault.at("list holds", &at(shared)))
        })
        .await
    }

    async fn newest_day_end(&self) -> Result<Option<Timestamp>> {
        self.ask(|shared| Ok(shared.sound_days()?.first().map(|day| day.plus(1).start()))).await
    }
}

#[async_trait]
impl StoreForgetting for Sqlite {
    async fn forget(&self, traces: &[TraceId]) -> Result<u64> {
        let traces = traces.to_vec();
        self.request(move |_, answer| Ok(Request::Forget(traces, answer))).await
    }

    async fn owned(&self, owner: &Owner) -> Result<Owned> {
        let owner = owner.clone();
        self.ask(move |shared| owned::owned(shared, &owner)).await
    }

    async fn unreached(&self) -> Result<Vec<String>> {
        self.ask(|shared| Ok(owned::unreached(shared))).await
    }

    async fn forget_owned(&self, owner: &Owner) -> Result<Owned> {
        self.ask(all_readable).await?;
        let owned = crate::erasure::forget_owned(self, owner).await?;
        // A day may have been found damaged meanwhile.
        self.ask(all_readable).await?;
        Ok(owned)
    }

    async fn scrub(&self, dry_run: bool) -> Result<Vec<Remnant>> {
        crate::retire::scrub(self, dry_run).await
    }

    async fn purge(&self, before: Timestamp) -> Result<u64> {
        self.request(move |_, answer| Ok(Request::Purge(before, answer))).await
    }

    fn removals(&self) -> u64 {
        self.shared.removals.load(Ordering::Acquire)
    }
}

#[async_trait]
impl StoreIntegrity for Sqlite {
    async fn check(&self) -> Result<Vec<String>> {
        self.ask(|shared| crate::check::findings(shared, false)).await
    }

    fn take_conflicts(&self) -> Conflicts {
        std::mem::take(&mut *self.shared.conflicts.lock())
    }
}

/// Returns an error if any file is unreadable or set aside. Otherwise an erasure could report success while
/// records of the owner remain.
fn all_readable(shared: &Shared) -> Result<()> {
    let Some(file) = owned::unreached(shared).into_iter().next() else { return Ok(()) };
    let text = format!(
        "{file}: it is damaged or was set aside, and may have records of the owner: repair the store, \
         remove the files that the repair sets aside, and try again"
    );
    Err(Error::new(ErrorKind::Damaged, "forget", text).with_retry(Retry::No).of_backend(NAME))
}

fn info(shared: &Shared) -> Result<StoreInfo> {
    let days = shared.sound_days()?;
    let found = days.iter().filter_map(|day| shared.count(*day).transpose()).collect::<Result<Vec<_>>>()?;
    let with_data = found.iter().filter(|(spans, other)| *spans > 0 || *other).count();
    let (search_lag_spans, search_lag_ms) = shared.days.lag();
    Ok(StoreInfo {
        uri: format!("{NAME}:{}", shared.folder.root().display()),
        version: DAY.version(),
        days: u64::try_from(with_data).unwrap_or(u64::MAX),
        spans: found.iter().map(|(spans, _)| spans).sum(),
        bytes: shared.folder.bytes(&shared.days.newest_first()),
        search_lag_spans,
        search_lag_ms,
    })
}
