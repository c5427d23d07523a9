//! Records as they are stored, for a copy of the store.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use quipu_core::{
    CopyDay, Metric, PointCursor, PointPage, Result, SpanConflict, SpanId, StoreCopy, StoredSpan, Timestamp,
    TraceId,
};

use crate::codec::{decode_metric, decode_point};
use crate::load::{Id, Wanted, id, trace_id};
use crate::open::Clickhouse;
use crate::preselect::Depth;
use crate::sql;
use crate::tables::{self, day_of};
use crate::write::Inserts;

/// Series whose metrics one query reads.
const SERIES: usize = 1_000;

impl Clickhouse {
    /// The ids of the next spans of these traces, by trace and id.
    async fn next_ids(&self, traces: &[TraceId], after: Option<Id>, limit: usize) -> Result<Vec<Id>> {
        let list = sql::list(traces.iter().map(|id| sql::bytes(id.as_bytes())));
        let mut conditions = vec![format!("trace_id IN {list}")];
        conditions.extend(after.map(|(trace, span)| {
            let (trace, span) = (sql::bytes(trace.as_bytes()), sql::bytes(span.as_bytes()));
            format!("(trace_id, span_id) > ({trace}, {span})")
        }));
        let sql = format!(
            "SELECT DISTINCT trace_id, span_id FROM {}{} ORDER BY trace_id, span_id LIMIT {limit}",
            self.connection.table("spans"),
            sql::filter(&conditions)
        );
        let mut rows = self.connection.rows(&sql).await?;
        let mut ids = Vec::new();
        while !rows.is_empty() {
            ids.push(id(&mut rows)?);
        }
        Ok(ids)
    }

    /// The metrics of these series, without points.
    async fn metrics_of(&self, series: &BTreeSet<[u8; 16]>) -> Result<BTreeMap<[u8; 16], Metric>> {
        let series: Vec<[u8; 16]> = series.iter().copied().collect();
        let mut metrics = BTreeMap::new();
        for some in series.chunks(SERIES) {
            let sql = format!(
                "SELECT series, body FROM {} FINAL WHERE series IN {}",
                self.connection.table("metrics"),
                sql::list(some.iter().map(|id| sql::bytes(id)))
            );
            let mut rows = self.connection.rows(&sql).await?;
            while !rows.is_empty() {
                let (series, metric) = (rows.array()?, decode_metric(&rows.bytes()?)?);
                metrics.insert(series, Metric { points: Vec::new(), ..metric });
            }
        }
        Ok(metrics)
    }
}

#[async_trait]
impl StoreCopy for Clickhouse {
    async fn days(&self) -> Result<Vec<CopyDay>> {
        let [spans, events, points] = ["spans", "events", "points"].map(|name| self.connection.table(name));
        let sql = format!(
            "SELECT day FROM (SELECT day FROM {spans} UNION DISTINCT SELECT day FROM {events} \
             UNION DISTINCT SELECT day FROM {points}) ORDER BY day"
        );
        let mut rows = self.connection.rows(&sql).await?;
        let mut days = Vec::new();
        while !rows.is_empty() {
            let day = i64::from(i32::from_le_bytes(rows.array()?));
            days.push(CopyDay { day: Timestamp::from_nanos(day.saturating_mul(Timestamp::DAY)), mark: None });
        }
        Ok(days)
    }

    async fn day_traces(&self, day: Timestamp, after: Option<TraceId>, limit: usize) -> Result<Vec<TraceId>> {
        let after = after.map(|id| format!("trace_id > {}", sql::bytes(id.as_bytes())));
        let conditions: Vec<String> = [format!("day = {}", day_of(day))].into_iter().chain(after).collect();
        let sql = format!(
            "SELECT DISTINCT trace_id FROM {}{} ORDER BY trace_id LIMIT {limit}",
            self.connection.table("spans"),
            sql::filter(&conditions)
        );
        let mut rows = self.connection.rows(&sql).await?;
        let mut ids = Vec::new();
        while !rows.is_empty() {
            ids.push(trace_id(&mut rows)?);
        }
        Ok(ids)
    }

    async fn stored_spans(
        &self,
        traces: &[TraceId],
        after: Option<(TraceId, SpanId)>,
        limit: usize,
    ) -> Result<Vec<StoredSpan>> {
        if traces.is_empty() {
            return Ok(Vec::new());
        }
        let limit = limit.clamp(1, self.connection.config().limits.traces);
        let ids = self.next_ids(traces, after, limit).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let loaded = self.load(&Wanted::Spans(&ids), Depth::Full, true).await?;
        let entries = loaded.into_values().flat_map(BTreeMap::into_values);
        Ok(entries
            .map(|entry| StoredSpan {
                span: entry.span.as_ref().clone(),
                cost: entry.cost,
                refused: entry.conflicts,
            })
            .collect())
    }

    async fn day_points(
        &self,
        day: Timestamp,
        after: Option<&PointCursor>,
        limit: usize,
    ) -> Result<PointPage> {
        let limit = limit.max(1);
        let after = after
            .map(|after| format!("(series, time) > ({}, {})", sql::bytes(&after.series), after.time.nanos()));
        let conditions: Vec<String> = [format!("day = {}", day_of(day))].into_iter().chain(after).collect();
        let sql = format!(
            "SELECT series, body FROM {} FINAL{} ORDER BY series, time LIMIT {limit}",
            self.connection.table("points"),
            sql::filter(&conditions)
        );
        let mut rows = self.connection.rows(&sql).await?;
        let mut points: Vec<([u8; 16], quipu_core::Point)> = Vec::new();
        while !rows.is_empty() {
            points.push((rows.array()?, decode_point(&rows.bytes()?)?));
        }
        let metrics = self.metrics_of(&points.iter().map(|(series, _)| *series).collect()).await?;
        let last = points.last().filter(|_| points.len() == limit);
        let next = last.map(|(series, point)| PointCursor { series: series.to_vec(), time: point.time });
        let with_point =
            |(series, point)| Some(Metric { points: vec![point], ..metrics.get(&series)?.clone() });
        Ok(PointPage { metrics: points.into_iter().filter_map(with_point).collect(), next })
    }

    async fn restore_refused(&self, refused: Vec<(TraceId, SpanId, Vec<SpanConflict>)>) -> Result<()> {
        let mut writer = self.writing().await?;
        let limits = &self.connection.config().limits;
        let mut rows = Inserts::new("refused", tables::REFUSED);
        let version = writer.version(refused.len() + 1);
        for some in refused.chunks(limits.traces) {
            let ids: Vec<Id> = some.iter().map(|(trace, span, _)| (*trace, *span)).collect();
            let mut loaded = self.load(&Wanted::Spans(&ids), Depth::Heads, true).await?;
            for (trace, span, versions) in some {
                let entry = loaded.get_mut(trace).and_then(|trace| trace.get_mut(span));
                let Some(entry) = entry else { continue };
                if entry.restore(versions.clone()) {
                    rows.push(tables::refused_row((*trace, *span), &entry.conflicts, version)?, limits);
                }
            }
        }
        rows.send(self, version).await
    }
}
