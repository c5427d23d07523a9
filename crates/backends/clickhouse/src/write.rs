//! Writing of a batch: a decision about each record by what is stored, then inserts.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use quipu_answers::{Entry, Series, Taken};
use quipu_core::{Batch, Conflicts, Cost, Error, ErrorKind, Event, Metric, Result, Span};

use crate::commit::{Writer, insert};
use crate::config::NAME;
use crate::load::{Id, Wanted};
use crate::open::Clickhouse;
use crate::preselect::Depth;
use crate::rollup::Differences;
use crate::rowbinary::Row;
use crate::tables;

/// Ledger rows of one commit.
const COMMIT_ROWS: usize = 20_000;

/// Rows of one table, cut into inserts of limited size.
pub(crate) struct Inserts {
    table: &'static str,
    columns: &'static str,
    parts: Vec<Vec<u8>>,
    /// Rows of the last part.
    rows: usize,
}

impl Inserts {
    pub(crate) const fn new(table: &'static str, columns: &'static str) -> Self {
        Self { table, columns, parts: Vec::new(), rows: 0 }
    }

    pub(crate) fn push(&mut self, row: Row, limits: &crate::Limits) {
        let row = row.into_bytes();
        let is_full = self.parts.last().is_none_or(|part| {
            part.len() + row.len() > limits.insert_bytes || self.rows >= limits.insert_rows
        });
        if is_full {
            self.parts.push(Vec::new());
            self.rows = 0;
        }
        if let Some(part) = self.parts.last_mut() {
            part.extend(row);
            self.rows += 1;
        }
    }

    pub(crate) async fn send(self, store: &Clickhouse, version: u64) -> Result<()> {
        for (at, part) in self.parts.into_iter().enumerate() {
            store.connection.insert(&insert(self.table, self.columns, part, (version, at))).await?;
        }
        Ok(())
    }
}

/// A span with its stored state and the changes by a batch.
struct Changing {
    entry: Entry,
    span_changed: bool,
    refused_changed: bool,
}

/// The spans of a batch over the stored ones.
fn decide(
    batch: &Batch,
    stored: &mut HashMap<Id, Entry>,
    conflicts: &mut Conflicts,
) -> BTreeMap<Id, Changing> {
    let mut changing: BTreeMap<Id, Changing> = BTreeMap::new();
    for span in &batch.spans {
        let id = (span.trace_id, span.span_id);
        let known = changing.remove(&id).or_else(|| {
            let entry = stored.remove(&id)?;
            Some(Changing { entry, span_changed: false, refused_changed: false })
        });
        let Some(mut known) = known else {
            let entry = Entry::new(Arc::new(span.clone()));
            changing.insert(id, Changing { entry, span_changed: true, refused_changed: false });
            continue;
        };
        match known.entry.take(span) {
            Taken::Kept => {}
            Taken::Replaced => known.span_changed = true,
            Taken::Refused { is_kept, changed } => {
                known.refused_changed |= changed;
                conflicts.note(span.trace_id, span.span_id, is_kept);
            }
        }
        changing.insert(id, known);
    }
    changing
}

impl Clickhouse {
    pub(crate) async fn write_batch(&self, batch: &Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut writer = self.writing().await?;
        writer.finish(&self.connection).await?;
        let spans: BTreeSet<Id> = batch.spans.iter().map(|span| (span.trace_id, span.span_id)).collect();
        let costs: BTreeSet<Id> = batch.costs.iter().map(|cost| (cost.trace_id, cost.span_id)).collect();
        let (mut stored, mut rows) = tokio::try_join!(self.stored(&spans), self.ledger_rows(&costs))?;
        let apart: BTreeSet<Id> = costs.difference(&spans).copied().collect();
        self.need_spans(&apart, &rows).await?;
        let mut conflicts = Conflicts::default();
        let changing = decide(batch, &mut stored, &mut conflicts);
        let version = writer.version(batch.len() + 1);
        // Each of these rows is the same when it is sent again, so their order does not matter.
        tokio::try_join!(
            self.insert_spans(&batch.spans, &changing, version),
            self.insert_events(&batch.events, version),
            self.insert_metrics(&batch.metrics, version),
        )?;
        self.commit_costs(&mut writer, &batch.costs, &mut rows).await?;
        self.conflicts.lock().append(&mut conflicts);
        Ok(())
    }

    /// The stored spans of these ids, with refused versions.
    async fn stored(&self, ids: &BTreeSet<Id>) -> Result<HashMap<Id, Entry>> {
        let mut stored = HashMap::new();
        let ids: Vec<Id> = ids.iter().copied().collect();
        for some in ids.chunks(self.connection.config().limits.traces * 4) {
            let loaded = self.load(&Wanted::Spans(some), Depth::Full, true).await?;
            let entries = loaded.into_iter().flat_map(|(trace, spans)| {
                spans.into_iter().map(move |(span, entry)| ((trace, span), entry))
            });
            stored.extend(entries);
        }
        Ok(stored)
    }

    /// Fails if a ledger row is of a span that is neither in the batch nor stored.
    async fn need_spans(&self, ids: &BTreeSet<Id>, rows: &HashMap<Id, Cost>) -> Result<()> {
        // A stored row has a stored span.
        let unsure: BTreeSet<Id> = ids.iter().filter(|id| !rows.contains_key(*id)).copied().collect();
        let known = self.known_spans(&unsure).await?;
        match unsure.iter().find(|id| !known.contains(*id)) {
            None => Ok(()),
            Some((trace, span)) => {
                let context = format!("ledger row of unknown span {span} in trace {trace}");
                Err(Error::new(ErrorKind::Invalid, "write batch", context).of_backend(NAME))
            }
        }
    }

    async fn insert_spans(
        &self,
        sent: &[Span],
        changing: &BTreeMap<Id, Changing>,
        version: u64,
    ) -> Result<()> {
        let limits = &self.connection.config().limits;
        let mut spans = Inserts::new("spans", tables::SPANS);
        let mut refused = Inserts::new("refused", tables::REFUSED);
        for (id, one) in changing {
            if one.span_changed {
                spans.push(tables::span_row(&one.entry.span, version)?, limits);
            }
            if one.refused_changed {
                refused.push(tables::refused_row(*id, &one.entry.conflicts, version)?, limits);
            }
        }
        let mut meetings = Inserts::new("meetings", tables::MEETINGS);
        let mut met = HashSet::new();
        for span in sent {
            for meeting in span.meetings().filter(|meeting| met.insert((*meeting, span.trace_id))) {
                meetings.push(tables::meeting_row(meeting, span, version), limits);
            }
        }
        spans.send(self, version).await?;
        refused.send(self, version).await?;
        meetings.send(self, version).await
    }

    async fn insert_events(&self, events: &[Event], version: u64) -> Result<()> {
        let mut rows = Inserts::new("events", tables::EVENTS);
        for (number, event) in (version.cast_signed()..).zip(events) {
            let event = Event { wire: None, ..event.clone() };
            rows.push(tables::event_row(&event, number)?, &self.connection.config().limits);
        }
        rows.send(self, version).await
    }

    async fn insert_metrics(&self, metrics: &[Metric], version: u64) -> Result<()> {
        let limits = &self.connection.config().limits;
        let (mut all, mut points) =
            (Inserts::new("metrics", tables::METRICS), Inserts::new("points", tables::POINTS));
        let (mut known, mut times) = (HashSet::new(), HashSet::new());
        // Of equal points the first stays: the one with the greatest rank.
        let rank = u64::MAX - version;
        for metric in metrics {
            for point in &metric.points {
                let (_, key) = Series::key(metric, point);
                let series = tables::identity(&format!("{} {key}", metric.name));
                if known.insert(series) {
                    all.push(tables::metric_row(metric, point, (&series, &key), rank)?, limits);
                }
                if times.insert((series, point.time)) {
                    points.push(tables::point_row(&metric.name, &series, point, rank)?, limits);
                }
            }
        }
        all.send(self, version).await?;
        points.send(self, version).await
    }

    async fn commit_costs(
        &self,
        writer: &mut Writer,
        costs: &[Cost],
        stored: &mut HashMap<Id, Cost>,
    ) -> Result<()> {
        // Of several rows of one span the last counts.
        let mut last: BTreeMap<Id, &Cost> = BTreeMap::new();
        last.extend(costs.iter().map(|cost| ((cost.trace_id, cost.span_id), cost)));
        let changed: Vec<(Id, &Cost)> =
            last.into_iter().filter(|(id, cost)| stored.get(id) != Some(*cost)).collect();
        for some in changed.chunks(COMMIT_ROWS) {
            let version = writer.version(1);
            let (mut ledger, mut usage) = (Vec::new(), Differences::default());
            for (id, cost) in some {
                ledger.extend(tables::ledger_row(cost, version)?.into_bytes());
                usage.replace(stored.get(id), Some(cost));
            }
            let rows = (Bytes::from(ledger), Bytes::from(usage.rows().into_bytes()));
            writer.commit(&self.connection, version, rows).await?;
        }
        Ok(())
    }
}
