//! Optional capabilities of stores.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Batch, Conflicts, CostScan, CostScanPage, Encoded, Error, ErrorKind, Hold, Owned, Owner, OwnerKind,
    Remnant, Result, Retention, Retired, ScanPage, SpanScan, Store, StoreCopy, Timestamp, TraceFilter,
    TraceId, TraceQuery,
};

/// The optional capabilities of a store. A store that lacks one leaves its field at `None`.
#[derive(Clone, Copy, Default)]
pub struct StoreCapabilities<'a> {
    /// Encoding ahead of a write.
    pub encoding: Option<&'a dyn StoreEncoding>,
    /// Retention and holds.
    pub retention: Option<&'a dyn StoreRetention>,
    /// Removal on request.
    pub forgetting: Option<&'a dyn StoreForgetting>,
    /// Checks of stored data.
    pub integrity: Option<&'a dyn StoreIntegrity>,
    /// Reading of spans in storage order.
    pub scanning: Option<&'a dyn StoreScan>,
    /// Copies of all records.
    pub copying: Option<&'a dyn StoreCopy>,
}

impl dyn Store + '_ {
    /// Its encoding ahead of a write; `None` if batches gain nothing by it.
    pub fn encoding(&self) -> Option<&dyn StoreEncoding> {
        self.capabilities().encoding
    }

    /// Its retention and holds; `None` if it keeps its data until a caller removes them.
    pub fn retention(&self) -> Option<&dyn StoreRetention> {
        self.capabilities().retention
    }

    /// Its removal on request; `None` if it removes nothing.
    pub fn forgetting(&self) -> Option<&dyn StoreForgetting> {
        self.capabilities().forgetting
    }

    /// Its checks of stored data; `None` if it has none.
    pub fn integrity(&self) -> Option<&dyn StoreIntegrity> {
        self.capabilities().integrity
    }

    /// Its reading of spans in storage order; `None` if it has no such order.
    pub fn scanning(&self) -> Option<&dyn StoreScan> {
        self.capabilities().scanning
    }

    /// Its copies of all records; `None` if it cannot be migrated.
    pub fn copying(&self) -> Option<&dyn StoreCopy> {
        self.capabilities().copying
    }

    /// The copies of a store that must support them.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]: it does not.
    pub fn need_copying(&self) -> Result<&dyn StoreCopy> {
        self.copying().ok_or_else(|| {
            let text = format!("the store {} supports no copies of its records", self.name());
            Error::new(ErrorKind::Unsupported, "migrate", text)
        })
    }

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
    /// The errors of [`Backend::write`](crate::Backend::write).
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

/// Reading of spans and ledger rows in storage order, whatever their trace.
#[async_trait]
pub trait StoreScan: Send + Sync {
    /// One page of spans.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn scan(&self, scan: &SpanScan) -> Result<ScanPage>;

    /// One page of ledger rows.
    ///
    /// # Errors
    /// The store cannot be read.
    async fn scan_costs(&self, scan: &CostScan) -> Result<CostScanPage>;
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
