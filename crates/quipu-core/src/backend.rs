//! Where records go, and where they can be asked for again.

use std::sync::Arc;

use async_trait::async_trait;

use crate::retention::keeps_all;
use crate::{
    Batch, Conflicts, Cost, CostPage, CostQuery, Encoded, Event, EventPage, EventQuery, Facet, FacetField,
    Finding, Health, Hold, Meeting, Metric, MetricName, MetricQuery, MetricSeries, Node, Owned, Owner,
    OwnerKind, Remnant, Result, Retention, Retired, SessionPage, SessionQuery, Span, SpanId, SpanPage,
    SpanQuery, SpanRow, StoreInfo, Timestamp, ToolGroup, TraceFilter, TraceId, TracePage, TraceQuery,
    TraceRow, UsageGroup, UsageQuery, WorkGroup, WorkQuery,
};

/// Takes spans.
#[async_trait]
pub trait SpanSink: Send + Sync {
    /// Keeps or delivers the spans. Idempotent by `(trace_id, span_id)`.
    ///
    /// # Errors
    /// None of the spans is acknowledged.
    async fn write_spans(&self, spans: &[Span]) -> Result<()>;
}

/// Takes events.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// Keeps or delivers the events.
    ///
    /// # Errors
    /// None of the events is acknowledged.
    async fn write_events(&self, events: &[Event]) -> Result<()>;
}

/// Takes metrics.
#[async_trait]
pub trait MetricSink: Send + Sync {
    /// Keeps or delivers the points.
    ///
    /// # Errors
    /// None of the points is acknowledged.
    async fn write_metrics(&self, metrics: &[Metric]) -> Result<()>;
}

/// Takes ledger rows.
#[async_trait]
pub trait CostSink: Send + Sync {
    /// Keeps or delivers the rows; a row replaces an earlier one of the same span.
    ///
    /// # Errors
    /// None of the rows is acknowledged.
    async fn write_costs(&self, costs: &[Cost]) -> Result<()>;
}

/// A way out of the pipeline. It has a sink for each signal that it can serve; what it lacks is visible as `None`.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Name, such as `sqlite`.
    fn name(&self) -> &str;

    /// Its span sink.
    fn span_sink(&self) -> Option<&dyn SpanSink> {
        None
    }

    /// Its event sink.
    fn event_sink(&self) -> Option<&dyn EventSink> {
        None
    }

    /// Its metric sink.
    fn metric_sink(&self) -> Option<&dyn MetricSink> {
        None
    }

    /// Its cost sink.
    fn cost_sink(&self) -> Option<&dyn CostSink> {
        None
    }

    /// Writes a whole batch: by default each signal to its sink. A transactional backend overrides it, so that all of
    /// the batch is kept or none.
    ///
    /// # Errors
    /// The batch is not acknowledged; repeating it is safe.
    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        if let (Some(sink), false) = (self.span_sink(), batch.spans.is_empty()) {
            sink.write_spans(&batch.spans).await?;
        }
        if let (Some(sink), false) = (self.event_sink(), batch.events.is_empty()) {
            sink.write_events(&batch.events).await?;
        }
        if let (Some(sink), false) = (self.metric_sink(), batch.metrics.is_empty()) {
            sink.write_metrics(&batch.metrics).await?;
        }
        if let (Some(sink), false) = (self.cost_sink(), batch.costs.is_empty()) {
            sink.write_costs(&batch.costs).await?;
        }
        Ok(())
    }

    /// How it is doing, from memory: never waits.
    fn health(&self) -> Health {
        Health::Ready
    }

    /// Whether it hands records to another program, which may be away for a while: what waits for it is then worth keeping.
    fn is_remote(&self) -> bool {
        false
    }

    /// Looks whether the other side can be reached, lets us in and takes what it is sent: one finding a step, the last one where it
    /// failed. May send a record that says it is a check. A backend without another side finds nothing.
    async fn probe(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// Waits until everything acknowledged has left its buffers.
    ///
    /// # Errors
    /// Something could not be written.
    async fn flush(&self) -> Result<()> {
        Ok(())
    }

    /// Flushes and lets go of every file and connection. Calling it twice is fine.
    ///
    /// # Errors
    /// Something could not be written.
    async fn close(&self) -> Result<()> {
        self.flush().await
    }
}

/// A backend that can be asked. Answers never wait for a writer.
#[async_trait]
pub trait Store: Backend {
    /// Encodes the records of a batch ahead of its write: the part of the work that needs neither a file nor another batch.
    /// Blocks; may be called on several threads at once, and beside writes. `None`: the store gains nothing by it, or the batch
    /// cannot be encoded, which its write will say.
    fn encode(&self, _batch: &Batch) -> Option<Encoded> {
        None
    }

    /// Writes a batch of which the first records of each signal were encoded ahead, in the order of `ahead`.
    ///
    /// # Errors
    /// As [`Backend::write`].
    async fn write_encoded(&self, batch: Arc<Batch>, _ahead: Vec<Encoded>) -> Result<()> {
        self.write(batch).await
    }

    /// One page of traces, newest first unless the query sorts otherwise. A trace whose [`TraceRow::spans`] are none is left
    /// out, as it is of sessions and facets. A span that sampling left out ([`Span::is_sampled`]) is none of its trace's: it is
    /// kept for its ledger row, by which its trace, session and every sum have its figures.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage>;

    /// One trace's summary; `None` when unknown.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>>;

    /// One page of a trace's spans, by start, then id. A span that was made from another signal is left out while it has a
    /// ledger row that does not count; one that sampling left out is never given.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage>;

    /// One span in full; `None` when unknown.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>>;

    /// One page of sessions, latest activity first. A trace of none but spans that sampling left out is one of its session's.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage>;

    /// Sums over counted calls, one group for each combination of the keys asked for; without keys one group.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>>;

    /// One page of the ledger rows that add to usage.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn costs(&self, query: &CostQuery) -> Result<CostPage>;

    /// Sums over work, one group for each combination of the keys asked for that has any, in the order of their keys.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>>;

    /// Sums over counted tool runs, one group a tool, most calls first.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>>;

    /// The values of a field with the number of traces that have each, most first, at most `limit`.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>>;

    /// One page of events, newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn events(&self, query: &EventQuery) -> Result<EventPage>;

    /// Every metric that is stored.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn metrics(&self) -> Result<Vec<MetricName>>;

    /// Series of one metric.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>>;

    /// What the count needs to know of every stored span of these traces: one list a trace, in the order asked, each in
    /// any order, empty when unknown. With each trace comes the start of one of its spans: a store that keeps days apart
    /// may look only where a span of that time would have been put.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>>;

    /// The traces with a span of each of these meetings, each trace once with the start of one of its spans: one list a
    /// meeting, in the order asked, each in any order, empty when unknown. With each meeting comes the time of one of its
    /// records: a store that keeps days apart may look only at that day and the days beside it.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>>;

    /// How often traces were removed, by [`Store::forget`] or [`Store::purge`], since the store was opened. Never waits. What was
    /// remembered of the store's traces holds for as long as this number stays the same; one that removes nothing may say 0.
    fn removals(&self) -> u64 {
        0
    }

    /// Versions of ended spans that were refused since this was last asked: see [`crate::SpanVersion::judge`]. Never waits.
    fn take_conflicts(&self) -> Conflicts {
        Conflicts::default()
    }

    /// What is stored.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn info(&self) -> Result<StoreInfo>;

    /// Looks for damage and sums that do not add up: one sentence a finding, none when all is well.
    ///
    /// # Errors
    /// The store cannot be read at all.
    async fn check(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Removes all that is kept of these traces: spans, texts, ledger rows, their part of every sum, events, and the places where
    /// points of metrics name them. Gives of how many of them there was a span or an event. Every other record and sum stays as
    /// it is, and so does what was not the store's: what budgets have spent was spent, and what other backends were given they
    /// have. Spans of a trace that come later make it anew, without any memory of the old one; so do spans that wait for tail
    /// sampling.
    ///
    /// A call of which several signals told, each in a trace of its own, is forgotten only with all of these traces: the count
    /// reads what is left when the next record of their session comes, and a record that was no more than an echo may then count.
    ///
    /// # Errors
    /// Nothing, or the traces of some days, were removed; repeating it is safe.
    async fn forget(&self, traces: &[TraceId]) -> Result<u64>;

    /// What there is of a user or session: by what was read of spans, by the session of events, and by the attributes of events,
    /// series and resources. By default, the traces that a list of them has.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn owned(&self, owner: &Owner) -> Result<Owned> {
        let id = Some(owner.id.clone());
        let filter = match owner.kind {
            OwnerKind::User => TraceFilter { user: id, ..TraceFilter::default() },
            OwnerKind::Session => TraceFilter { session: id, ..TraceFilter::default() },
        };
        let mut query = TraceQuery { filter, limit: 1_000, ..TraceQuery::default() };
        let mut owned = Owned::default();
        loop {
            let page = self.traces(&query).await?;
            owned.traces.extend(page.rows.iter().map(|row| row.trace_id));
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        owned.traces.sort_unstable();
        Ok(owned)
    }

    /// Files that may have records of anybody and are in no answer: see [`Owned::unreached`].
    ///
    /// # Errors
    /// The store cannot be read.
    async fn unreached(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Removes all of that, each trace as [`Store::forget`] does, and the name itself; gives what there was.
    ///
    /// # Errors
    /// As there.
    async fn forget_owned(&self, owner: &Owner) -> Result<Owned> {
        let owned = self.owned(owner).await?;
        self.forget(&owned.traces).await?;
        Ok(Owned { events: 0, series: 0, ..owned })
    }

    /// Writes anew the files that may still have bytes of removed records; with `dry_run` it only tells of them. By default, none.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn scrub(&self, _dry_run: bool) -> Result<Vec<Remnant>> {
        Ok(Vec::new())
    }

    /// Removes whole days that end at or before `before`; gives the number of days removed.
    ///
    /// # Errors
    /// Something could not be removed; what was removed stays removed.
    async fn purge(&self, before: Timestamp) -> Result<u64>;

    /// The end of the newest UTC day that has records: a bound on the time that does not come from this machine's clock. `None` where
    /// nothing is stored, or the store does not tell.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn newest_day_end(&self) -> Result<Option<Timestamp>> {
        Ok(None)
    }

    /// Whether it has retention and holds; one that has not keeps what it has until it is told to remove it.
    fn retires(&self) -> bool {
        false
    }

    /// Removes what the rules do not keep at `now`, day by day, the oldest first; with `dry_run` it only tells what would go. A trace
    /// whose spans go keeps its ledger rows and its part of every sum for as long as costs are kept: sums are the same before and
    /// after, while lists of traces and search have it no more. Writing goes on meanwhile. Whoever drops the future stops it between
    /// two days.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unsupported`]: this store keeps everything until it is told to remove it. Else the store cannot be read or
    /// written; what was removed stays removed.
    async fn retire(&self, _rules: &Retention, _now: Timestamp, _dry_run: bool) -> Result<Retired> {
        Err(keeps_all(self.name()))
    }

    /// Holds traces: [`Store::retire`] leaves them whole, until they are released. One that is held already keeps its hold. A trace
    /// need not be there: what comes of it later is held too. [`Store::forget`] removes a held trace with its hold, and
    /// [`Store::purge`] does not ask. Gives how many are newly held.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unsupported`], as above. [`crate::ErrorKind::Exhausted`]: there would be more than [`crate::MOST_HOLDS`].
    async fn hold(&self, _holds: &[Hold]) -> Result<u64> {
        Err(keeps_all(self.name()))
    }

    /// Releases traces; gives how many were held.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unsupported`], as above. The store cannot be written.
    async fn release(&self, _traces: &[TraceId]) -> Result<u64> {
        Err(keeps_all(self.name()))
    }

    /// Every hold, the latest first; none for a store that cannot hold.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn holds(&self) -> Result<Vec<Hold>> {
        Ok(Vec::new())
    }
}
