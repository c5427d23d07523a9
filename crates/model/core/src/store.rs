//! Contract of stores: the queries, and the optional capabilities of a store.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Backend, Batch, Conflicts, CostPage, CostQuery, Encoded, Error, ErrorKind, EventPage, EventQuery, Facet,
    FacetField, Hold, Meeting, MetricName, MetricQuery, MetricSeries, Node, Owned, Owner, OwnerKind, Remnant,
    Result, Retention, Retired, ScanPage, SessionPage, SessionQuery, SpanId, SpanPage, SpanQuery, SpanRow,
    SpanScan, StoreInfo, Timestamp, ToolGroup, TraceFilter, TraceId, TracePage, TraceQuery, TraceRow,
    UsageGroup, UsageQuery, WorkGroup, WorkQuery, WorkRowPage, WorkRowQuery,
};

/// A backend that answers queries. Queries never wait for a writer. An optional capability is `None` for a
/// store without it.
#[async_trait]
pub trait Store: Backend {
    /// One page of traces, newest first unless the query sorts otherwise. A trace with [`TraceRow::spans`] of
    /// 0 is left out, also from sessions and facets. A span that sampling left out
    /// ([`Span::is_sampled`](crate::Span::is_sampled)) is not part of its trace. It is stored for its ledger
    /// row, which gives the figures of its trace, its session and every sum.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn traces(&self, query: &TraceQuery) -> Result<TracePage>;

    /// One trace's summary; `None` for an unknown trace.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn trace(&self, trace_id: TraceId) -> Result<Option<TraceRow>>;

    /// One page of a trace's spans, by start, then id. A span that was made from another signal is left out
    /// while its ledger row does not count. A span that sampling left out is never returned.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn spans(&self, query: &SpanQuery) -> Result<SpanPage>;

    /// One whole span; `None` for an unknown span.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn span(&self, trace_id: TraceId, span_id: SpanId) -> Result<Option<SpanRow>>;

    /// One page of sessions, latest activity first. A trace whose spans were all left out by sampling still
    /// belongs to its session.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn sessions(&self, query: &SessionQuery) -> Result<SessionPage>;

    /// Sums over counted calls, one group for each combination of the requested keys, in the order of the
    /// keys; one group without keys.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn usage(&self, query: &UsageQuery) -> Result<Vec<UsageGroup>>;

    /// One page of the ledger rows that add to usage.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn costs(&self, query: &CostQuery) -> Result<CostPage>;

    /// Sums over work, one group for each existing combination of the requested keys, in the order of the
    /// keys.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn work(&self, query: &WorkQuery) -> Result<Vec<WorkGroup>>;

    /// One page of the spans that [`Self::work`] counts, with the number of all of them.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn work_rows(&self, query: &WorkRowQuery) -> Result<WorkRowPage>;

    /// Sums over counted tool runs, one group for each tool, most calls first. If the tools exceed
    /// [`AnswerMemory::group_bytes`](crate::AnswerMemory::group_bytes), the last group has the sums of the
    /// others.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn tools(&self, filter: &TraceFilter) -> Result<Vec<ToolGroup>>;

    /// The values of a field with the number of their traces, most first, at most `limit`. If the values
    /// exceed [`AnswerMemory::group_bytes`](crate::AnswerMemory::group_bytes), some of the rarest may be
    /// missing; the numbers of the others are exact.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn facets(&self, field: FacetField, filter: &TraceFilter, limit: usize) -> Result<Vec<Facet>>;

    /// One page of events, newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn events(&self, query: &EventQuery) -> Result<EventPage>;

    /// All stored metrics.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn metrics(&self) -> Result<Vec<MetricName>>;

    /// Series of one metric.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn metric(&self, query: &MetricQuery) -> Result<Vec<MetricSeries>>;

    /// The counting facts of every stored span of these traces: one list for each trace, in the order of the
    /// request. A list is unordered, and empty for an unknown trace. Each trace comes with the start of one
    /// of its spans, so a store with day files may search only the matching files.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn nodes(&self, traces: &[(TraceId, Timestamp)]) -> Result<Vec<Vec<Node>>>;

    /// Number of stored spans of each trace, in the order of the request, hidden spans included; 0 for an
    /// unknown trace. A store should answer without reading a file for traces that it does not have.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn span_counts(&self, traces: &[TraceId]) -> Result<Vec<u64>> {
        let traces: Vec<_> = traces.iter().map(|trace| (*trace, Timestamp::default())).collect();
        Ok(self.nodes(&traces).await?.iter().map(|nodes| nodes.len() as u64).collect())
    }

    /// The traces with a span of each of these meetings: one list for each meeting, in the order of the
    /// request. A list is unordered, and empty for an unknown meeting. Each trace appears once, with the
    /// start of one of its spans. Each meeting comes with the time of one of its records. A store with day
    /// files may search only that day and the adjacent days.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn meeting_traces(
        &self,
        meetings: &[(Meeting, Timestamp)],
    ) -> Result<Vec<Vec<(TraceId, Timestamp)>>>;

    /// Location, layout and size of the store.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn info(&self) -> Result<StoreInfo>;

    /// Its encoding ahead of a write; `None` if batches gain nothing by it.
    fn encoding(&self) -> Option<&dyn StoreEncoding> {
        None
    }

    /// Its retention and holds; `None` if it keeps its data until a caller removes them.
    fn retention(&self) -> Option<&dyn StoreRetention> {
        None
    }

    /// Its removal on request; `None` if it removes nothing.
    fn forgetting(&self) -> Option<&dyn StoreForgetting> {
        None
    }

    /// Its checks of stored data; `None` if it has none.
    fn integrity(&self) -> Option<&dyn StoreIntegrity> {
        None
    }

    /// Its reading of spans in storage order; `None` if it has no such order.
    fn scanning(&self) -> Option<&dyn StoreScan> {
        None
    }
}

impl dyn Store + '_ {
    /// The retention of a store that must have one.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]: it has none.
    pub fn need_retention(&self) -> Result<&dyn StoreRetention> {
        self.retention().ok_or_else(|| {
            let text = format!("the store {} supports neither retention nor holds", self.name());
            Error::new(ErrorKind::Unsupported, "retention", text)
        })
    }

    /// The removal on request of a store that must have one.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]: it has none.
    pub fn need_forgetting(&self) -> Result<&dyn StoreForgetting> {
        self.forgetting().ok_or_else(|| {
            let text = format!("the store {} removes no data on request", self.name());
            Error::new(ErrorKind::Unsupported, "forget", text)
        })
    }
}

/// Encoding of batches before their write, on other threads than the writer's.
#[async_trait]
pub trait StoreEncoding: Send + Sync {
    /// Encodes the records of a batch before its write: the work that needs neither a file nor another batch.
    /// Blocks. May run on several threads at once and during writes. `None` means that the store gains
    /// nothing by it, or that the batch cannot be encoded; the write then reports the error.
    fn encode(&self, batch: &Batch) -> Option<Encoded>;

    /// Writes a batch whose first records of each signal were encoded before, in the order of `ahead`.
    ///
    /// # Errors
    /// The errors of [`Backend::write`].
    async fn write_encoded(&self, batch: Arc<Batch>, ahead: Vec<Encoded>) -> Result<()>;
}

/// Removal of expired records, and holds that prevent it.
#[async_trait]
pub trait StoreRetention: Send + Sync {
    /// Removes expired records as of `now`, day by day, oldest first; with `dry_run` it only lists them. A
    /// trace whose spans expire keeps its ledger rows and its share of every sum for the retention of costs.
    /// Sums therefore stay the same, while trace lists and search no longer contain the trace. Writes
    /// continue meanwhile. A dropped future stops between two days.
    ///
    /// # Errors
    /// The store cannot be read or written; removed records stay removed.
    async fn retire(&self, rules: &Retention, now: Timestamp, dry_run: bool) -> Result<Retired>;

    /// Holds traces: [`Self::retire`] keeps them whole until they are released. A held trace keeps its first
    /// hold. The trace may be unknown: the hold then applies to its later records.
    /// [`StoreForgetting::forget`] removes a held trace with its hold, and [`StoreForgetting::purge`] ignores
    /// holds. Returns the number of new holds.
    ///
    /// # Errors
    /// [`ErrorKind::Exhausted`]: the number of holds would exceed [`crate::MOST_HOLDS`]. Other errors: the
    /// store cannot be written.
    async fn hold(&self, holds: &[Hold]) -> Result<u64>;

    /// Releases traces. Returns the number of released holds.
    ///
    /// # Errors
    /// The store cannot be written.
    async fn release(&self, traces: &[TraceId]) -> Result<u64>;

    /// Every hold, latest first.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn holds(&self) -> Result<Vec<Hold>>;

    /// The end of the newest UTC day with records: a time bound that does not depend on this machine's clock.
    /// `None` if the store is empty or does not know.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn newest_day_end(&self) -> Result<Option<Timestamp>> {
        Ok(None)
    }
}

/// Removal of data on request.
#[async_trait]
pub trait StoreForgetting: Store {
    /// Removes all data of these traces: spans, texts, ledger rows, their share of every sum, events, and
    /// their ids in metric points. Returns the number of traces that had a span or an event. All other
    /// records and sums stay, as do data outside the store: spent budgets, and records that other backends
    /// received. Later spans of a removed trace create it anew; so do spans that wait for tail sampling.
    ///
    /// Several signals can describe one call, each in its own trace. Such a call is removed only with all of
    /// these traces. With the next record of the session the count reads the remaining ones, and a record
    /// that was only an echo may then count.
    ///
    /// # Errors
    /// Nothing, or only the traces of some days, were removed; a retry is safe.
    async fn forget(&self, traces: &[TraceId]) -> Result<u64>;

    /// The data of a user or session: by the canonical fields of spans, the session of events, and the
    /// attributes of events, series and resources. The default returns the traces that a filtered list
    /// contains.
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

    /// Files that may contain records of any owner and cannot be searched: see [`Owned::unreached`].
    ///
    /// # Errors
    /// The store cannot be read.
    async fn unreached(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Removes all data that [`Self::owned`] finds, each trace as [`Self::forget`] does, and the owner's
    /// name. Returns the removed data.
    ///
    /// # Errors
    /// The errors of [`Self::forget`].
    async fn forget_owned(&self, owner: &Owner) -> Result<Owned> {
        let owned = self.owned(owner).await?;
        self.forget(&owned.traces).await?;
        Ok(Owned { events: 0, series: 0, ..owned })
    }

    /// Rewrites the files that may still contain bytes of removed records; with `dry_run` it only lists them.
    /// The default does nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn scrub(&self, _dry_run: bool) -> Result<Vec<Remnant>> {
        Ok(Vec::new())
    }

    /// Removes whole days that end at or before `before`. Returns the number of removed days.
    ///
    /// # Errors
    /// A day could not be removed; removed days stay removed.
    async fn purge(&self, before: Timestamp) -> Result<u64>;

    /// Number of removals by [`Self::forget`] or [`Self::purge`] since the store was opened. Never waits.
    /// Cached facts about the store's traces stay valid while this number does not change. A store that
    /// removes nothing may return 0.
    fn removals(&self) -> u64 {
        0
    }
}

/// Reading of spans in storage order, whatever their trace.
#[async_trait]
pub trait StoreScan: Send + Sync {
    /// One page of spans.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn scan(&self, scan: &SpanScan) -> Result<ScanPage>;
}

/// Checks of stored data.
#[async_trait]
pub trait StoreIntegrity: Send + Sync {
    /// Checks for damage and wrong sums: one sentence for each finding, none if all is well.
    ///
    /// # Errors
    /// The store cannot be read at all.
    async fn check(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Refused versions of ended spans since the last call: see [`crate::SpanVersion::judge`]. Never waits.
    fn take_conflicts(&self) -> Conflicts {
        Conflicts::default()
    }
}
