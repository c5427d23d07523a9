//! Removal of traces, owners and days on request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use quipu_answers::{Trace, started_at};
use quipu_core::{Exemplar, Owned, Owner, Result, StoreForgetting, Timestamp, TraceId};

use crate::codec::{decode_event, decode_point};
use crate::commit::Writer;
use crate::load::{Wanted, trace_id};
use crate::open::Clickhouse;
use crate::preselect::{Depth, Preselect};
use crate::rollup::Differences;
use crate::sql;
use crate::tables::{self, POINTS, day_of, identity};
use crate::write::Inserts;

/// Tables with the spans and ledger rows of a trace.
pub(crate) const OF_SPANS: [&str; 4] = ["spans", "refused", "ledger", "meetings"];
/// Further tables with rows of a trace. The exemplars of points may name it too.
const OF_TRACES: [&str; 2] = ["events", "holds"];

pub(crate) fn id_list<'i>(ids: impl IntoIterator<Item = &'i TraceId>) -> String {
    sql::list(ids.into_iter().map(|id| sql::bytes(id.as_bytes())))
}

impl Clickhouse {
    /// Deletes rows; returns once they are gone from the table.
    pub(crate) async fn delete(&self, table: &str, condition: &str) -> Result<()> {
        let sql = format!("ALTER TABLE {} DELETE WHERE {condition}", self.connection.table(table));
        self.connection.run("delete rows", &sql).await
    }

    /// Removes the spans and ledger rows of traces: first their share of every sum, in one commit with marks
    /// in the ledger, then the rows. A removal that was cut off can be repeated.
    pub(crate) async fn remove(&self, writer: &mut Writer, ids: &[TraceId]) -> Result<()> {
        writer.finish(&self.connection).await?;
        for some in ids.chunks(self.connection.config().limits.traces) {
            let traces = self.load(&Wanted::Traces(some), Depth::Heads, false).await?;
            let version = writer.version(1);
            let (mut ledger, mut usage) = (Vec::new(), Differences::default());
            for cost in traces.values().flat_map(Trace::values).filter_map(|entry| entry.cost.as_ref()) {
                ledger.extend(tables::removed_ledger_row(cost, version).into_bytes());
                usage.replace(Some(cost), None);
            }
            if !ledger.is_empty() {
                let rows = (Bytes::from(ledger), Bytes::from(usage.rows().into_bytes()));
                writer.commit(&self.connection, version, rows).await?;
            }
            self.delete_traces(&OF_SPANS, some).await?;
        }
        self.removals.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn delete_traces(&self, tables: &[&str], ids: &[TraceId]) -> Result<()> {
        for some in ids.chunks(self.connection.config().limits.traces) {
            let condition = format!("trace_id IN {}", id_list(some));
            for table in tables {
                self.delete(table, &condition).await?;
            }
        }
        Ok(())
    }

    /// Removes all data of traces.
    async fn remove_all(&self, writer: &mut Writer, ids: &[TraceId]) -> Result<()> {
        self.remove(writer, ids).await?;
        self.strip_exemplars(writer, ids).await?;
        self.delete_traces(&OF_TRACES, ids).await
    }

    /// Removes the exemplars of traces from points of metrics.
    pub(crate) async fn strip_exemplars(&self, writer: &mut Writer, ids: &[TraceId]) -> Result<()> {
        for some in ids.chunks(self.connection.config().limits.traces) {
            self.strip_exemplars_of(writer, some).await?;
        }
        Ok(())
    }

    async fn strip_exemplars_of(&self, writer: &mut Writer, ids: &[TraceId]) -> Result<()> {
        let list = ids.iter().map(|id| sql::bytes(id.as_bytes())).collect::<Vec<_>>().join(",");
        let condition = format!("hasAny(traces, CAST([{list}], 'Array(FixedString(16))'))");
        let table = self.connection.table("points");
        let sql = format!("SELECT name, series, rank, body FROM {table} FINAL WHERE {condition}");
        let mut rows = self.connection.rows(&sql).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut stripped = Inserts::new("points", POINTS);
        while !rows.is_empty() {
            let (name, series, rank) = (rows.text()?, rows.array()?, rows.u64()?);
            let mut point = decode_point(&rows.bytes()?)?;
            point.exemplars.retain(|exemplar: &Exemplar| !ids.contains(&exemplar.trace_id));
            // The greatest rank stays.
            stripped.push(
                tables::point_row(&name, &series, &point, rank.saturating_add(1))?,
                &self.connection.config().limits,
            );
        }
        stripped.send(self, writer.version(1)).await?;
        self.delete("points", &condition).await
    }

    /// Those of these traces that have a span or an event.
    async fn known_traces(&self, ids: &BTreeSet<TraceId>) -> Result<Vec<TraceId>> {
        let mut known = Vec::new();
        let ids: Vec<TraceId> = ids.iter().copied().collect();
        for some in ids.chunks(self.connection.config().limits.traces) {
            let list = id_list(some);
            let [spans, events] = ["spans", "events"].map(|name| {
                format!("SELECT trace_id FROM {} WHERE trace_id IN {list}", self.connection.table(name))
            });
            let mut rows = self.connection.rows(&format!("{spans} UNION DISTINCT {events}")).await?;
            while !rows.is_empty() {
                known.push(trace_id(&mut rows)?);
            }
        }
        Ok(known)
    }

    /// The traces with a span of an owner.
    async fn traces_of_owner(&self, owner: &Owner) -> Result<Vec<TraceId>> {
        let preselect = Preselect::within(None, None).in_full();
        // A number may be stored as such, so its text is not searched for.
        let preselect = match owner.id.parse::<i64>() {
            Ok(_) => preselect,
            Err(_) => {
                let id = sql::text(&owner.id);
                preselect.and_spans(format!("(position(head, {id}) > 0 OR position(contents, {id}) > 0)"))
            }
        };
        let mut found = Vec::new();
        let candidates = self.candidates(&preselect).await?;
        for some in candidates.chunks(self.connection.config().limits.traces) {
            let ids: Vec<TraceId> = some.iter().map(|one| one.trace_id).collect();
            let traces = self.load(&Wanted::Traces(&ids), Depth::Full, false).await?;
            let names = |trace: &Trace| trace.values().any(|entry| owner.has_span(&entry.span));
            found.extend(traces.iter().filter(|(_, trace)| names(trace)).map(|(id, _)| *id));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Identities of the events of an owner, each with its trace.
    async fn events_of_owner(&self, owner: &Owner) -> Result<Vec<([u8; 16], Option<TraceId>)>> {
        let condition = match owner.id.parse::<i64>() {
            Ok(_) => String::new(),
            Err(_) => format!(" WHERE position(body, {}) > 0", sql::text(&owner.id)),
        };
        let sql = format!("SELECT body FROM {} FINAL{condition}", self.connection.table("events"));
        let mut rows = self.connection.rows(&sql).await?;
        let mut found = Vec::new();
        while !rows.is_empty() {
            let event = decode_event(&rows.bytes()?)?;
            if owner.has_event(&event) {
                found.push((identity(&format!("{event:?}")), event.trace_id));
            }
        }
        Ok(found)
    }

    /// Ids of the series whose labels name an owner.
    async fn series_of_owner(&self, owner: &Owner) -> Result<Vec<[u8; 16]>> {
        let all = self.stored_series(None).await?;
        let names = |labels: &BTreeMap<_, String>| {
            owner.names.iter().any(|name| labels.get(*name) == Some(&owner.id))
        };
        Ok(all.values().filter(|(_, series)| names(&series.labels)).map(|(id, _)| *id).collect())
    }

    async fn delete_by(&self, table: &str, column: &str, ids: &[[u8; 16]]) -> Result<()> {
        for some in ids.chunks(self.connection.config().limits.traces) {
            let list = sql::list(some.iter().map(|id| sql::bytes(id)));
            self.delete(table, &format!("{column} IN {list}")).await?;
        }
        Ok(())
    }

    /// Drops series that have no point left.
    pub(crate) async fn drop_empty_series(&self) -> Result<()> {
        let [metrics, points] = ["metrics", "points"].map(|name| self.connection.table(name));
        let sql = format!(
            "SELECT DISTINCT series FROM {metrics} WHERE series NOT IN (SELECT DISTINCT series FROM {points})"
        );
        let mut rows = self.connection.rows(&sql).await?;
        let mut empty = Vec::new();
        while !rows.is_empty() {
            empty.push(rows.array()?);
        }
        self.delete_by("metrics", "series", &empty).await
    }

    /// Drops the partitions of days before one; returns these days.
    async fn drop_days(&self, table: &str, before: i32) -> Result<Vec<i32>> {
        let name = self.connection.table(table);
        let sql = format!("SELECT DISTINCT day FROM {name} WHERE day < {before} ORDER BY day");
        let mut rows = self.connection.rows(&sql).await?;
        let mut days = Vec::new();
        while !rows.is_empty() {
            days.push(i32::from_le_bytes(rows.array()?));
        }
        for day in &days {
            self.connection
                .run("drop partition", &format!("ALTER TABLE {name} DROP PARTITION {day}"))
                .await?;
        }
        Ok(days)
    }
}

#[async_trait]
impl StoreForgetting for Clickhouse {
    async fn forget(&self, traces: &[TraceId]) -> Result<u64> {
        let wanted: BTreeSet<TraceId> = traces.iter().copied().collect();
        let mut writer = self.writing().await?;
        let known = self.known_traces(&wanted).await?;
        // Unknown traces may be held, and named by exemplars.
        let wanted: Vec<TraceId> = wanted.into_iter().collect();
        self.remove_all(&mut writer, &wanted).await?;
        Ok(known.len() as u64)
    }

    async fn owned(&self, owner: &Owner) -> Result<Owned> {
        let traces = self.traces_of_owner(owner).await?;
        let alone = |trace: &Option<TraceId>| trace.is_none_or(|id| traces.binary_search(&id).is_err());
        let events = self.events_of_owner(owner).await?.iter().filter(|(_, trace)| alone(trace)).count();
        let series = self.series_of_owner(owner).await?.len();
        Ok(Owned { events: events as u64, series: series as u64, traces, ..Owned::default() })
    }

    async fn forget_owned(&self, owner: &Owner) -> Result<Owned> {
        let owned = self.owned(owner).await?;
        let mut writer = self.writing().await?;
        self.remove_all(&mut writer, &owned.traces).await?;
        let events: Vec<[u8; 16]> =
            self.events_of_owner(owner).await?.into_iter().map(|(identity, _)| identity).collect();
        self.delete_by("events", "identity", &events).await?;
        let series = self.series_of_owner(owner).await?;
        self.delete_by("points", "series", &series).await?;
        self.delete_by("metrics", "series", &series).await?;
        Ok(owned)
    }

    async fn purge(&self, before: Timestamp) -> Result<u64> {
        let ends = |time: Timestamp| time.floor(Timestamp::DAY).plus(Timestamp::DAY);
        let mut writer = self.writing().await?;
        let candidates = self.candidates(&Preselect::within(None, Some(before))).await?;
        let (mut gone, mut days) = (Vec::new(), BTreeSet::new());
        for some in candidates.chunks(self.connection.config().limits.traces) {
            let ids: Vec<TraceId> = some.iter().map(|one| one.trace_id).collect();
            for (id, trace) in self.load(&Wanted::Traces(&ids), Depth::Heads, false).await? {
                if let Some(start) = started_at(&trace).filter(|start| ends(*start) <= before) {
                    gone.push(id);
                    days.insert(day_of(start));
                }
            }
        }
        self.remove(&mut writer, &gone).await?;
        for table in ["events", "points"] {
            days.extend(self.drop_days(table, day_of(before)).await?);
        }
        self.drop_empty_series().await?;
        Ok(days.len() as u64)
    }

    fn removals(&self) -> u64 {
        self.removals.load(Ordering::Relaxed)
    }
}
