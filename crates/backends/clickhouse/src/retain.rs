//! Retention, and held traces.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use quipu_answers::{Fate, Trace, bare, day_report, fate};
use quipu_core::{
    Error, ErrorKind, Hold, Keep, MOST_HOLDS, Result, Retention, RetentionSignal, Retired, RetiredDay, Retry,
    StoreRetention, Timestamp, TraceId,
};

use crate::commit::{Writer, insert};
use crate::config::NAME;
use crate::forget::id_list;
use crate::load::{Wanted, trace_id};
use crate::open::Clickhouse;
use crate::preselect::{Depth, Preselect};
use crate::rowbinary::Row;
use crate::sql;
use crate::tables;
use crate::write::Inserts;

const HOLDS: &str = "trace_id, version, released, since, by, note";

type Report = BTreeMap<Timestamp, RetiredDay>;

/// Expired records that are no spans, as conditions by table.
struct Expired(Vec<(&'static str, String)>);

const fn day_start(day: i32) -> Timestamp {
    Timestamp::from_nanos(day as i64 * Timestamp::DAY)
}

/// Whether the records of a signal and a service expire with their day.
fn goes(rules: &Retention, signal: RetentionSignal, service: &str, day: i32, now: Timestamp) -> bool {
    let ended = day_start(day).plus(Timestamp::DAY);
    let service = Some(service).filter(|service| !service.is_empty());
    ended <= now && rules.keep(signal, service, None).is_past(ended, now)
}

impl Clickhouse {
    /// The traces that the rules thin or remove.
    async fn fates(
        &self,
        rules: &Retention,
        now: Timestamp,
        held: &BTreeSet<TraceId>,
        told: &mut Report,
    ) -> Result<Vec<(TraceId, Fate)>> {
        let Keep::Hours(hours) = rules.shortest(RetentionSignal::Traces) else { return Ok(Vec::new()) };
        let until = now.plus(-i64::from(hours) * Timestamp::HOUR);
        let candidates = self.candidates(&Preselect::within(None, Some(until.plus(1)))).await?;
        let mut fates = Vec::new();
        for some in candidates.chunks(self.connection.config().limits.traces) {
            let ids: Vec<TraceId> = some.iter().map(|one| one.trace_id).collect();
            for (id, trace) in self.load(&Wanted::Traces(&ids), Depth::Heads, false).await? {
                let Some((fate, start)) = fate(id, &trace, rules, now) else { continue };
                let day = day_report(told, start);
                if held.contains(&id) {
                    day.held += 1;
                    continue;
                }
                let rows = trace.values().filter(|entry| entry.cost.is_some()).count() as u64;
                let news = fate == Fate::Goes || trace.values().any(|entry| entry.span.is_sampled());
                day.traces += u64::from(news);
                day.spans += trace.values().filter(|entry| entry.is_one()).count() as u64;
                day.costs += if fate == Fate::Goes { rows } else { 0 };
                fates.extend(news.then_some((id, fate)));
            }
        }
        Ok(fates)
    }

    /// Events and points that the rules remove.
    async fn expired(
        &self,
        rules: &Retention,
        now: Timestamp,
        held: &BTreeSet<TraceId>,
        told: &mut Report,
    ) -> Result<Expired> {
        let mut expired = Vec::new();
        let free =
            if held.is_empty() { String::new() } else { format!(" AND trace_id NOT IN {}", id_list(held)) };
        let events = self.connection.table("events");
        let sql = format!(
            "SELECT day, service, count() FROM {events} FINAL WHERE 1{free} GROUP BY day, service ORDER BY day"
        );
        let mut rows = self.connection.rows(&sql).await?;
        while !rows.is_empty() {
            let (day, service, count) = (i32::from_le_bytes(rows.array()?), rows.text()?, rows.u64()?);
            if goes(rules, RetentionSignal::Logs, &service, day, now) {
                day_report(told, day_start(day)).events += count;
                expired.push(("events", format!("day = {day} AND service = {}{free}", sql::text(&service))));
            }
        }
        let [points, metrics] = ["points", "metrics"].map(|name| self.connection.table(name));
        let sql = format!(
            "SELECT day, service, count() FROM {points} AS p FINAL INNER JOIN \
             (SELECT series, service FROM {metrics} FINAL) AS m USING series GROUP BY day, service ORDER BY day"
        );
        let mut rows = self.connection.rows(&sql).await?;
        while !rows.is_empty() {
            let (day, service, count) = (i32::from_le_bytes(rows.array()?), rows.text()?, rows.u64()?);
            if goes(rules, RetentionSignal::Metrics, &service, day, now) {
                day_report(told, day_start(day)).points += count;
                let of = format!("SELECT series FROM {metrics} WHERE service = {}", sql::text(&service));
                expired.push(("points", format!("day = {day} AND series IN ({of})")));
            }
        }
        Ok(Expired(expired))
    }

    /// Replaces the spans of traces by their counting facts, without contents.
    async fn thin(&self, writer: &mut Writer, ids: &[TraceId]) -> Result<()> {
        for some in ids.chunks(self.connection.config().limits.traces) {
            let traces = self.load(&Wanted::Traces(some), Depth::Full, false).await?;
            let version = writer.version(1);
            let mut spans = Inserts::new("spans", tables::SPANS);
            for entry in traces.values().flat_map(Trace::values) {
                spans.push(tables::span_row(&bare(&entry.span), version)?, &self.connection.config().limits);
            }
            spans.send(self, version).await?;
            let condition = format!("trace_id IN {}", id_list(some));
            self.delete("spans", &format!("{condition} AND version < {version}")).await?;
            self.delete("refused", &condition).await?;
        }
        Ok(())
    }

    async fn stored_holds(&self) -> Result<HashMap<TraceId, Hold>> {
        let table = self.connection.table("holds");
        let sql = format!("SELECT trace_id, since, by, note FROM {table} FINAL WHERE released = 0");
        let mut rows = self.connection.rows(&sql).await?;
        let mut holds = HashMap::new();
        while !rows.is_empty() {
            let (trace_id, since) = (trace_id(&mut rows)?, Timestamp::from_nanos(rows.i64()?));
            holds.insert(trace_id, Hold { trace_id, since, by: rows.text()?, note: rows.text()? });
        }
        Ok(holds)
    }

    async fn write_holds<'h>(
        &self,
        writer: &mut Writer,
        holds: impl Iterator<Item = (&'h Hold, bool)> + Send,
    ) -> Result<()> {
        let version = writer.version(1);
        let row = |row: Row, (hold, released): (&Hold, bool)| {
            row.fixed(hold.trace_id.as_bytes())
                .u64(version)
                .u8(u8::from(released))
                .i64(hold.since.nanos())
                .text(&hold.by)
                .text(&hold.note)
        };
        let rows = holds.fold(Row::default(), row).into_bytes();
        match rows.is_empty() {
            true => Ok(()),
            false => self.connection.insert(&insert("holds", HOLDS, rows, (version, 0))).await,
        }
    }
}

#[async_trait]
impl StoreRetention for Clickhouse {
    async fn retire(&self, rules: &Retention, now: Timestamp, dry_run: bool) -> Result<Retired> {
        if let Some(bytes) = rules.max_bytes {
            let text = format!(
                "`retention.max_bytes` is {bytes}, but the server stores all days in common files and does not \
                 tell what a day would free; use periods, or a quota of the server"
            );
            return Err(Error::new(ErrorKind::Unsupported, "retention", text).of_backend(NAME));
        }
        if !rules.removes() {
            return Ok(Retired::default());
        }
        let mut writer = self.writing().await?;
        let held: BTreeSet<TraceId> = self.stored_holds().await?.into_keys().collect();
        let mut told = Report::new();
        let fates = self.fates(rules, now, &held, &mut told).await?;
        let expired = self.expired(rules, now, &held, &mut told).await?;
        told.retain(|_, day| day.traces + day.events + day.points + day.costs > 0);
        if !dry_run && !told.is_empty() {
            let of = |wanted: Fate| fates.iter().filter(move |(_, fate)| *fate == wanted).map(|(id, _)| *id);
            self.remove(&mut writer, &of(Fate::Goes).collect::<Vec<_>>()).await?;
            self.thin(&mut writer, &of(Fate::Thinned).collect::<Vec<_>>()).await?;
            let all: Vec<TraceId> = fates.iter().map(|(id, _)| *id).collect();
            self.strip_exemplars(&mut writer, &all).await?;
            for (table, condition) in expired.0 {
                self.delete(table, &condition).await?;
            }
            self.drop_empty_series().await?;
        }
        Ok(Retired { days: told.into_values().collect(), ..Retired::default() })
    }

    async fn hold(&self, holds: &[Hold]) -> Result<u64> {
        let mut writer = self.writing().await?;
        let known = self.stored_holds().await?;
        let fresh: BTreeMap<TraceId, &Hold> = holds
            .iter()
            .rev()
            .filter(|hold| !known.contains_key(&hold.trace_id))
            .map(|hold| (hold.trace_id, hold))
            .collect();
        let all = known.len() + fresh.len();
        if all > MOST_HOLDS {
            let text =
                format!("at most {MOST_HOLDS} traces can be held, and {all} would be: release some first");
            let error = Error::new(ErrorKind::Exhausted, "hold traces", text);
            return Err(error.with_retry(Retry::No).of_backend(NAME));
        }
        self.write_holds(&mut writer, fresh.values().map(|hold| (*hold, false))).await?;
        Ok(fresh.len() as u64)
    }

    async fn release(&self, traces: &[TraceId]) -> Result<u64> {
        let mut writer = self.writing().await?;
        let known = self.stored_holds().await?;
        let wanted: BTreeSet<&TraceId> = traces.iter().collect();
        let released: Vec<&Hold> = wanted.into_iter().filter_map(|id| known.get(id)).collect();
        self.write_holds(&mut writer, released.iter().map(|hold| (*hold, true))).await?;
        Ok(released.len() as u64)
    }

    async fn holds(&self) -> Result<Vec<Hold>> {
        let mut holds: Vec<Hold> = self.stored_holds().await?.into_values().collect();
        holds.sort_by_key(|hold| (std::cmp::Reverse(hold.since), hold.trace_id));
        Ok(holds)
    }

    async fn newest_day_end(&self) -> Result<Option<Timestamp>> {
        let tables = ["spans", "events", "points"].map(|name| {
            format!("SELECT max(day) AS day, count() AS rows FROM {}", self.connection.table(name))
        });
        let sql = format!("SELECT max(day), count() FROM ({}) WHERE rows > 0", tables.join(" UNION ALL "));
        let mut rows = self.connection.rows(&sql).await?;
        let (day, count) = (i32::from_le_bytes(rows.array()?), rows.u64()?);
        Ok(Some(day_start(day).plus(Timestamp::DAY)).filter(|_| count > 0))
    }
}
