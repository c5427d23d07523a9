//! Reconstruction of events and metric points for a new write.

use std::sync::Arc;

use quipu_core::{Event, Metric, Point};
use rusqlite::Connection;

use super::salvage::each;
use crate::codec::{Dictionaries, Names};
use crate::fault::Result;
use crate::folder::Day;
use crate::read::events::event_of;
use crate::read::metrics::point_of;
use crate::read::rebuilt;
use crate::read::stored::Sources;
use crate::readers::{DayReader, Words};

/// Iterator over events by number.
pub(super) struct Events {
    next: i64,
    last: i64,
}

impl Events {
    pub(super) const fn new(last: i64) -> Self {
        Self { next: 1, last }
    }

    /// The next event; the inner `None` marks an unused number.
    pub(super) fn next(
        &mut self,
        conn: &Connection,
        dictionaries: &Arc<Dictionaries>,
        sources: &mut Sources,
    ) -> Option<Result<Option<Event>>> {
        if self.next > self.last {
            return None;
        }
        self.next += 1;
        Some(load_event(conn, dictionaries, sources, self.next - 1))
    }
}

fn load_event(
    conn: &Connection,
    dictionaries: &Arc<Dictionaries>,
    sources: &mut Sources,
    pk: i64,
) -> Result<Option<Event>> {
    let mut look = conn.prepare_cached(
        "SELECT e.pk, e.time, e.level, e.name, e.trace, e.span, e.session, e.agent, e.framework, e.resource, e.scope, b.z \
         FROM events e LEFT JOIN event_bodies b ON b.pk = e.pk WHERE e.pk = ?1",
    )?;
    let mut rows = look.query([pk])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let reader = DayReader { day: Day(0), conn, words: &Words::default(), dictionaries };
    event_of(row, &reader, &Names::new(conn), sources).map(Some)
}

/// Iterator over the points of all series, one series at a time.
pub(super) struct Points {
    series: Vec<i64>,
    waiting: Vec<Metric>,
}

impl Points {
    pub(super) fn new(conn: &Connection) -> Self {
        let mut series = each(conn, "SELECT id FROM series ORDER BY id", &[], |row| row.get(0));
        series.extend(each(conn, "SELECT id FROM series ORDER BY id DESC", &[], |row| row.get::<_, i64>(0)));
        series.sort_unstable();
        series.dedup();
        Self { series, waiting: Vec::new() }
    }

    /// The next metric with one point, or the error of an unreadable series.
    pub(super) fn next(&mut self, conn: &Connection, sources: &mut Sources) -> Option<Result<Metric>> {
        loop {
            if let Some(metric) = self.waiting.pop() {
                return Some(Ok(metric));
            }
            let series = self.series.pop()?;
            match load_series(conn, sources, series) {
                Ok(metrics) => self.waiting = metrics,
                Err(fault) => return Some(Err(fault)),
            }
        }
    }
}

fn load_series(conn: &Connection, sources: &mut Sources, id: i64) -> Result<Vec<Metric>> {
    let (metric, labels) = rebuilt::series(conn, sources, id)?;
    let mut points = Vec::new();
    for order in ["ASC", "DESC"] {
        let sql = format!("SELECT time, start, value FROM points WHERE series = ?1 ORDER BY time {order}");
        for point in each(conn, &sql, &[id], |row| Ok(point_of(row).ok())).into_iter().flatten() {
            points.push(Point { attributes: Clone::clone(&labels), ..point });
        }
    }
    points.sort_by_key(|point| point.time);
    points.dedup_by_key(|point| point.time);
    for point in &mut points {
        // Exemplars after the first unreadable one are lost.
        point.exemplars = rebuilt::exemplars(conn, id, point.time).0;
    }
    Ok(points.into_iter().map(|point| Metric { points: vec![point], ..metric.clone() }).collect())
}
