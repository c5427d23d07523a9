//! Records as they are stored, for a copy of all shards.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{
    CopyDay, PointCursor, PointPage, Result, SpanConflict, SpanId, StoreCopy, StoredSpan, Timestamp, TraceId,
};

use crate::merge::{Part, merged};
use crate::shards::Shards;

#[async_trait]
impl StoreCopy for Shards {
    async fn days(&self) -> Result<Vec<CopyDay>> {
        let lists = self.all(|store| async move { store.need_copying()?.days().await }).await?;
        let mut days: BTreeMap<Timestamp, Option<u64>> = BTreeMap::new();
        for (at, list) in lists.into_iter().enumerate() {
            for CopyDay { day, mark } in list {
                // A day without a mark in one shard has none at all.
                let mark = mark.map(|mark| mark.rotate_left(u32::try_from(at).unwrap_or(0) % 64));
                let known = days.entry(day).or_insert(Some(0));
                *known = known.zip(mark).map(|(known, mark)| known.wrapping_add(mark));
            }
        }
        Ok(days.into_iter().map(|(day, mark)| CopyDay { day, mark }).collect())
    }

    async fn day_traces(&self, day: Timestamp, after: Option<TraceId>, limit: usize) -> Result<Vec<TraceId>> {
        let lists = self
            .all(move |store| async move { store.need_copying()?.day_traces(day, after, limit).await })
            .await?;
        let parts = lists.into_iter().map(|rows| Part { more: rows.len() >= limit, rows });
        Ok(merged(parts, limit, |trace| *trace).0)
    }

    async fn stored_spans(
        &self,
        traces: &[TraceId],
        after: Option<(TraceId, SpanId)>,
        limit: usize,
    ) -> Result<Vec<StoredSpan>> {
        let mut by_shard: BTreeMap<usize, Vec<TraceId>> = BTreeMap::new();
        for trace in traces {
            by_shard.entry(self.of_trace(*trace)).or_default().push(*trace);
        }
        let requests = by_shard.into_iter().collect();
        let pages = self
            .some(requests, move |store, some| async move {
                store.need_copying()?.stored_spans(&some, after, limit).await
            })
            .await?;
        // A page may be short, and is empty only at the end.
        let parts = pages.into_iter().map(|(_, rows)| Part { more: !rows.is_empty(), rows });
        Ok(merged(parts, limit, StoredSpan::id).0)
    }

    async fn day_points(
        &self,
        day: Timestamp,
        after: Option<&PointCursor>,
        limit: usize,
    ) -> Result<PointPage> {
        // The number of the shard precedes the shard's own cursor.
        let (mut at, mut own) = match after.and_then(|after| Some((after.series.split_first()?, after.time)))
        {
            Some(((at, series), time)) => {
                // Without a series it is the beginning of the shard.
                let own = (!series.is_empty()).then(|| PointCursor { series: series.to_vec(), time });
                (usize::from(*at), own)
            }
            None => (0, None),
        };
        while at < self.count() {
            let cursor = own.take();
            let page = self
                .one(at, |store| async move {
                    store.need_copying()?.day_points(day, cursor.as_ref(), limit).await
                })
                .await?;
            let number = u8::try_from(at).unwrap_or(u8::MAX);
            let next = match page.next {
                Some(next) => Some(PointCursor {
                    series: [&[number], next.series.as_slice()].concat(),
                    time: next.time,
                }),
                None if at + 1 < self.count() => {
                    Some(PointCursor { series: vec![number + 1], time: Timestamp::from_nanos(i64::MIN) })
                }
                None => None,
            };
            if !page.metrics.is_empty() || next.is_none() {
                return Ok(PointPage { metrics: page.metrics, next });
            }
            at += 1;
        }
        Ok(PointPage::default())
    }

    async fn restore_refused(&self, refused: Vec<(TraceId, SpanId, Vec<SpanConflict>)>) -> Result<()> {
        let mut by_shard: BTreeMap<usize, Vec<_>> = BTreeMap::new();
        for one in refused {
            by_shard.entry(self.of_trace(one.0)).or_default().push(one);
        }
        let requests = by_shard.into_iter().collect();
        self.some(requests, |store: Arc<dyn quipu_core::Store>, some| async move {
            store.need_copying()?.restore_refused(some).await
        })
        .await?;
        Ok(())
    }
}
