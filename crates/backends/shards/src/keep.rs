//! Retention, removal and checks over all shards. A shard that is away makes each of them fail.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{
    Conflicts, DayFate, Error, ErrorKind, Hold, MOST_HOLDS, Owned, Owner, Remnant, Result, Retention,
    Retired, RetiredDay, Retry, StoreForgetting, StoreIntegrity, StoreRetention, Timestamp, TraceId,
};

use crate::shard::NAME;
use crate::shards::Shards;

/// Adds the removed records of a day in another shard. The day is removed if every shard removes its part.
fn add_day(days: &mut BTreeMap<Timestamp, RetiredDay>, day: RetiredDay) {
    let Some(known) = days.get_mut(&day.day) else {
        days.insert(day.day, day);
        return;
    };
    if day.fate == DayFate::Thinned {
        known.fate = DayFate::Thinned;
    }
    known.traces += day.traces;
    known.spans += day.spans;
    known.costs += day.costs;
    known.events += day.events;
    known.points += day.points;
    known.held += day.held;
    known.bytes += day.bytes;
    known.freed += day.freed;
}

/// The traces of each shard.
fn by_shard<T>(shards: &Shards, all: &[T], trace: impl Fn(&T) -> TraceId) -> Vec<(usize, Vec<T>)>
where
    T: Clone,
{
    let mut by_shard: BTreeMap<usize, Vec<T>> = BTreeMap::new();
    for one in all {
        by_shard.entry(shards.of_trace(trace(one))).or_default().push(one.clone());
    }
    by_shard.into_iter().collect()
}

#[async_trait]
impl StoreRetention for Shards {
    async fn retire(&self, rules: &Retention, now: Timestamp, dry_run: bool) -> Result<Retired> {
        if rules.max_bytes.is_some() {
            let text = "retention.max_bytes: shards have no common size; set it at each server";
            return Err(Error::new(ErrorKind::Unsupported, "retention", text).of_backend(NAME));
        }
        let rules = Arc::new(rules.clone());
        let parts = self
            .all(move |store| {
                let rules = Arc::clone(&rules);
                async move { store.need_retention()?.retire(&rules, now, dry_run).await }
            })
            .await?;
        let (mut days, mut all) = (BTreeMap::new(), Retired::default());
        for (shard, part) in self.named().zip(parts) {
            part.days.into_iter().for_each(|day| add_day(&mut days, day));
            all.bytes += part.bytes;
            let named = |(day, why): (Timestamp, String)| (day, format!("shard {}: {why}", shard.name()));
            all.left.extend(part.left.into_iter().map(named));
        }
        Ok(Retired { days: days.into_values().collect(), ..all })
    }

    async fn hold(&self, holds: &[Hold]) -> Result<u64> {
        let known: BTreeSet<TraceId> = self.holds().await?.into_iter().map(|hold| hold.trace_id).collect();
        let new: BTreeSet<TraceId> =
            holds.iter().map(|hold| hold.trace_id).filter(|id| !known.contains(id)).collect();
        let all = known.len() + new.len();
        if all > MOST_HOLDS {
            let text =
                format!("at most {MOST_HOLDS} traces can be held, and {all} would be: release some first");
            return Err(Error::new(ErrorKind::Exhausted, "hold traces", text)
                .with_retry(Retry::No)
                .of_backend(NAME));
        }
        let requests = by_shard(self, holds, |hold| hold.trace_id);
        let counts = self
            .some(requests, |store, some| async move { store.need_retention()?.hold(&some).await })
            .await?;
        Ok(counts.iter().map(|(_, count)| count).sum())
    }

    async fn release(&self, traces: &[TraceId]) -> Result<u64> {
        let requests = by_shard(self, traces, |trace| *trace);
        let counts = self
            .some(requests, |store, some| async move { store.need_retention()?.release(&some).await })
            .await?;
        Ok(counts.iter().map(|(_, count)| count).sum())
    }

    async fn holds(&self) -> Result<Vec<Hold>> {
        let lists = self.all(|store| async move { store.need_retention()?.holds().await }).await?;
        let mut holds: Vec<Hold> = lists.into_iter().flatten().collect();
        holds.sort_by_key(|hold| (Reverse(hold.since), hold.trace_id));
        Ok(holds)
    }

    async fn newest_day_end(&self) -> Result<Option<Timestamp>> {
        let ends = self.all(|store| async move { store.need_retention()?.newest_day_end().await }).await?;
        Ok(ends.into_iter().flatten().max())
    }
}

#[async_trait]
impl StoreForgetting for Shards {
    async fn forget(&self, traces: &[TraceId]) -> Result<u64> {
        // Points of metrics in any shard can name a trace.
        let traces: Arc<[TraceId]> = traces.into();
        let counts = self
            .all(move |store| {
                let traces = Arc::clone(&traces);
                async move { store.need_forgetting()?.forget(&traces).await }
            })
            .await?;
        Ok(counts.iter().sum())
    }

    async fn owned(&self, owner: &Owner) -> Result<Owned> {
        let owner = owner.clone();
        let parts = self
            .all(move |store| {
                let owner = owner.clone();
                async move { store.need_forgetting()?.owned(&owner).await }
            })
            .await?;
        Ok(parts.into_iter().fold(Owned::default(), together))
    }

    async fn unreached(&self) -> Result<Vec<String>> {
        let lists = self.all(|store| async move { store.need_forgetting()?.unreached().await }).await?;
        Ok(lists.concat())
    }

    async fn forget_owned(&self, owner: &Owner) -> Result<Owned> {
        let owned = self.owned(owner).await?;
        let owner = owner.clone();
        let parts = self
            .all(move |store| {
                let owner = owner.clone();
                async move { store.need_forgetting()?.forget_owned(&owner).await }
            })
            .await?;
        // Points of metrics in any shard can name the traces.
        self.forget(&owned.traces).await?;
        Ok(parts.into_iter().fold(Owned::default(), together))
    }

    async fn scrub(&self, dry_run: bool) -> Result<Vec<Remnant>> {
        let lists =
            self.all(move |store| async move { store.need_forgetting()?.scrub(dry_run).await }).await?;
        Ok(lists.concat())
    }

    async fn purge(&self, before: Timestamp) -> Result<u64> {
        let days = self.days_before(before).await?;
        self.all(move |store| async move { store.need_forgetting()?.purge(before).await }).await?;
        let left = self.days_before(before).await?;
        Ok(days.difference(&left).count() as u64)
    }

    fn removals(&self) -> u64 {
        let stores = self.named().filter_map(|shard| shard.opened());
        stores.map(|store| store.forgetting().map_or(0, StoreForgetting::removals)).sum()
    }
}

impl Shards {
    /// Days with records that end at or before a time.
    async fn days_before(&self, before: Timestamp) -> Result<BTreeSet<Timestamp>> {
        let lists = self.all(|store| async move { store.need_copying()?.days().await }).await?;
        let days = lists.into_iter().flatten().map(|one| one.day);
        Ok(days.filter(|day| day.plus(Timestamp::DAY) <= before).collect())
    }
}

fn together(mut all: Owned, part: Owned) -> Owned {
    all.traces.extend(part.traces);
    all.traces.sort_unstable();
    all.events += part.events;
    all.series += part.series;
    all.names += part.names;
    all.unreached.extend(part.unreached);
    all
}

#[async_trait]
impl StoreIntegrity for Shards {
    async fn check(&self) -> Result<Vec<String>> {
        let lists = self
            .all(|store| async move {
                match store.integrity() {
                    Some(integrity) => integrity.check().await,
                    None => Ok(Vec::new()),
                }
            })
            .await?;
        let named = self.named().zip(lists).flat_map(|(shard, list)| {
            list.into_iter().map(move |finding| format!("shard {}: {finding}", shard.name()))
        });
        Ok(named.collect())
    }

    fn take_conflicts(&self) -> Conflicts {
        let mut all = Conflicts::default();
        for store in self.named().filter_map(|shard| shard.opened()) {
            if let Some(integrity) = store.integrity() {
                all.append(&mut integrity.take_conflicts());
            }
        }
        all
    }
}
