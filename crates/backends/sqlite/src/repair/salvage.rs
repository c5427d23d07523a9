//! Salvage of a damaged day, row by row.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use quipu_core::{Batch, TraceId};
use rusqlite::Connection;

use super::records::{Events, Points};
use crate::codec::{Dictionaries, Dictionary};
use crate::fault::Result;
use crate::read::stored::Sources;
use crate::read::{conflicts, rebuilt};
use crate::schema::{self, Access, DAY};
use crate::write::Carried;

/// Number of records in a batch.
const GROUP: usize = 500;
/// Number of consecutive missing rows that mark the end, if the greatest number is unreadable.
const GAP: i64 = 20_000;
const CACHE_KIB: u32 = 8_192;

/// Report on the saved and lost records of a file.
#[derive(Debug)]
pub(super) struct SalvageReport {
    pub(super) saved: String,
    pub(super) lost: Option<String>,
}

#[derive(Debug, Default)]
struct Counts {
    spans: u64,
    costs: u64,
    events: u64,
    points: u64,
    lost_spans: u64,
    bare_spans: u64,
    lost_costs: u64,
    lost_events: u64,
    lost_points: bool,
    lost_conflicts: u64,
}

/// A damaged file while it is read.
pub(super) struct Salvage {
    conn: Connection,
    dictionaries: Arc<Dictionaries>,
    traces: HashMap<i64, TraceId>,
    sources: Sources,
    next: i64,
    last: i64,
    events: Events,
    points: Points,
    counts: Counts,
    conflicts: Vec<Carried>,
}

impl Salvage {
    /// Opens the file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let conn = schema::open(&DAY, path, Access::Read { cache_kib: CACHE_KIB })?;
        conn.execute_batch("BEGIN")?;
        let traces = traces(&conn);
        if traces.is_empty()
            && conn.query_row("SELECT COUNT(*) FROM events", [], |row| row.get::<_, i64>(0)).is_err()
        {
            return Err(super::hopeless("neither its traces nor its events can be read"));
        }
        let last = ["spans", "bodies", "calls"].into_iter().map(|table| greatest(&conn, table)).max();
        Ok(Self {
            dictionaries: Arc::new(Dictionaries::new(Arc::new(Dictionary::shipped()))),
            sources: Sources::new(),
            next: 1,
            last: last.unwrap_or(0),
            events: Events::new(greatest(&conn, "events")),
            points: Points::new(&conn),
            counts: Counts::default(),
            conflicts: Vec::new(),
            traces,
            conn,
        })
    }

    /// The next records; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Batch>> {
        let mut batch = Batch::default();
        while batch.len() < GROUP && self.next <= self.last {
            let pk = self.next;
            self.next += 1;
            self.span(pk, &mut batch);
        }
        while batch.len() < GROUP {
            match self.events.next(&self.conn, &self.dictionaries, &mut self.sources) {
                Some(Ok(Some(event))) => batch.events.push(event),
                Some(Ok(None)) => {}
                Some(Err(_)) => self.counts.lost_events += 1,
                None => break,
            }
        }
        while batch.len() < GROUP {
            match self.points.next(&self.conn, &mut self.sources) {
                Some(Ok(metric)) => batch.metrics.push(metric),
                Some(Err(_)) => self.counts.lost_points = true,
                None => break,
            }
        }
        self.counts.spans += batch.spans.len() as u64;
        self.counts.costs += batch.costs.len() as u64;
        self.counts.events += batch.events.len() as u64;
        self.counts.points += batch.metrics.len() as u64;
        Ok((!batch.is_empty()).then_some(batch))
    }

    fn span(&mut self, pk: i64, batch: &mut Batch) {
        let found = rebuilt::load(&self.conn, &self.dictionaries, &mut self.sources, &self.traces, pk);
        let span = match found {
            Ok(None) if !self.has_call(pk) => return,
            // A ledger row without a span is counted as a lost span too, because the span cannot be found any
            // more.
            Ok(None) => {
                self.counts.lost_spans += 1;
                self.counts.lost_costs += 1;
                return;
            }
            Ok(Some(found)) => {
                self.counts.bare_spans += u64::from(!found.whole);
                found.span
            }
            Err(_) => {
                self.counts.lost_spans += 1;
                self.counts.lost_costs += u64::from(self.has_call(pk));
                return;
            }
        };
        match rebuilt::cost(&self.conn, span.trace_id, span.span_id, pk) {
            Ok(cost) => batch.costs.extend(cost),
            Err(_) => self.counts.lost_costs += 1,
        }
        match conflicts::of_span(&self.conn, pk) {
            Ok(versions) if versions.is_empty() => {}
            Ok(versions) => self.conflicts.push((span.trace_id, span.span_id, versions)),
            Err(_) => self.counts.lost_conflicts += 1,
        }
        batch.spans.push(*span);
    }

    /// The rejected versions of the spans of the last batch.
    pub(super) fn take_conflicts(&mut self) -> Vec<Carried> {
        std::mem::take(&mut self.conflicts)
    }

    /// Whether this span has a ledger row. Such a row is useless without its span, because it lacks the ids
    /// of trace and span.
    fn has_call(&self, pk: i64) -> bool {
        let look = self.conn.prepare_cached("SELECT 1 FROM calls WHERE pk = ?1");
        look.and_then(|mut look| look.exists([pk])).unwrap_or(false)
    }

    /// The report.
    pub(super) fn told(&self) -> SalvageReport {
        let Counts { spans, costs, events, points, .. } = self.counts;
        let lost = [
            (self.counts.lost_spans, "spans"),
            (self.counts.bare_spans, "bodies of spans (their attributes are lost, their figures are kept)"),
            (self.counts.lost_costs, "ledger rows"),
            (self.counts.lost_events, "events"),
            (u64::from(self.counts.lost_points), "or more metric points"),
            (self.counts.lost_conflicts, "lists of rejected versions of spans"),
        ];
        let lost: Vec<String> = lost
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        SalvageReport {
            saved: format!("{spans} spans, {costs} ledger rows, {events} events and {points} metric points"),
            lost: (!lost.is_empty()).then(|| lost.join(", ")),
        }
    }
}

/// The greatest number in a table, or a greater one if it is unreadable.
fn greatest(conn: &Connection, table: &str) -> i64 {
    let asked = conn.query_row(&format!("SELECT COALESCE(MAX(pk), 0) FROM {table}"), [], |row| row.get(0));
    asked.unwrap_or_else(|_| {
        each(conn, &format!("SELECT pk FROM {table} ORDER BY pk"), &[], |row| row.get(0))
            .into_iter()
            .max()
            .unwrap_or(0)
            + GAP
    })
}

/// The ids of traces by number, from the table and from its index, each read from both ends as far as
/// possible.
fn traces(conn: &Connection) -> HashMap<i64, TraceId> {
    let mut traces = HashMap::new();
    for order in ["pk", "pk DESC", "trace", "trace DESC"] {
        let sql = format!("SELECT pk, trace FROM traces ORDER BY {order}");
        let rows = each(conn, &sql, &[], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)));
        traces.extend(rows.into_iter().filter_map(|(pk, id)| Some((pk, TraceId::from_slice(&id).ok()?))));
    }
    traces
}

/// The rows before the first unreadable one.
pub(super) fn each<T>(
    conn: &Connection,
    sql: &str,
    args: &[i64],
    row: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let Ok(mut look) = conn.prepare_cached(sql) else { return Vec::new() };
    let Ok(rows) = look.query_map(rusqlite::params_from_iter(args), row) else { return Vec::new() };
    rows.map_while(|row| row.ok()).collect()
}
