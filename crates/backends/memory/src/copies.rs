//! Records as they are stored, for a copy of the store.

use std::ops::Bound;

use async_trait::async_trait;
use quipu_core::{
    CopyDay, Metric, PointCursor, PointPage, Result, SpanConflict, SpanId, StoreCopy, StoredSpan, Timestamp,
    TraceId,
};

use crate::memory::Memory;

/// Whether a time is on the day with this start.
fn is_on(day: Timestamp, time: Timestamp) -> bool {
    time.floor(Timestamp::DAY) == day
}

#[async_trait]
impl StoreCopy for Memory {
    async fn days(&self) -> Result<Vec<CopyDay>> {
        Ok(self.held.read().days().into_iter().map(|day| CopyDay { day, mark: None }).collect())
    }

    async fn day_traces(&self, day: Timestamp, after: Option<TraceId>, limit: usize) -> Result<Vec<TraceId>> {
        let held = self.held.read();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rest = held.traces.range((from, Bound::Unbounded));
        let of_day =
            rest.filter(|(_, trace)| quipu_answers::started_at(trace).is_some_and(|start| is_on(day, start)));
        Ok(of_day.map(|(id, _)| *id).take(limit).collect())
    }

    async fn stored_spans(
        &self,
        traces: &[TraceId],
        after: Option<(TraceId, SpanId)>,
        limit: usize,
    ) -> Result<Vec<StoredSpan>> {
        let mut wanted = traces.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let held = self.held.read();
        let entries = wanted.iter().filter_map(|id| held.traces.get(id)).flat_map(|trace| trace.values());
        let all = entries.map(|entry| StoredSpan {
            span: entry.span.as_ref().clone(),
            cost: entry.cost.clone(),
            refused: entry.conflicts.clone(),
        });
        Ok(all.filter(|one| after.is_none_or(|after| one.id() > after)).take(limit).collect())
    }

    async fn day_points(
        &self,
        day: Timestamp,
        after: Option<&PointCursor>,
        limit: usize,
    ) -> Result<PointPage> {
        let held = self.held.read();
        let mut page = PointPage::default();
        for (key, series) in &held.series {
            let name = format!("{key:?}").into_bytes();
            for (time, point) in series.points.range(day..day.plus(Timestamp::DAY)) {
                if after.is_some_and(|after| (&name, time) <= (&after.series, &after.time)) {
                    continue;
                }
                if page.metrics.len() == limit.max(1) {
                    return Ok(page);
                }
                page.metrics.push(Metric { points: vec![point.clone()], ..series.metric.clone() });
                page.next = Some(PointCursor { series: name.clone(), time: *time });
            }
        }
        page.next = None;
        Ok(page)
    }

    async fn restore_refused(&self, refused: Vec<(TraceId, SpanId, Vec<SpanConflict>)>) -> Result<()> {
        self.held.write().restore(refused);
        Ok(())
    }
}
