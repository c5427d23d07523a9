//! Records as they are stored, for a copy of the store.

use std::collections::{BTreeMap, HashMap};

use quipu_core::{
    CopyDay, Error, ErrorKind, Point, PointCursor, PointPage, Result, Retry, SpanId, StoredSpan, Timestamp,
    TraceId,
};

use crate::codec::{span_key, trace_id};
use crate::digest;
use crate::fault::{self, Fault, NAME};
use crate::folder::Day;
use crate::read::metrics::point_of;
use crate::read::stored::Sources;
use crate::read::{conflicts, owned, rebuilt};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Bytes of records at which a page ends.
const PAGE_BYTES: usize = 8 << 20;

/// Rows and bytes that a page still takes.
struct Rest {
    rows: usize,
    bytes: usize,
}

impl Rest {
    fn of(limit: usize) -> Self {
        Self { rows: limit.max(1), bytes: PAGE_BYTES }
    }

    const fn is_full(&self) -> bool {
        self.rows == 0 || self.bytes == 0
    }

    const fn take(&mut self, bytes: usize) {
        self.rows -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// The days with records, earliest first.
///
/// # Errors
/// A day is damaged or was set aside: a copy would miss its records.
pub(crate) fn days(shared: &Shared) -> Result<Vec<CopyDay>> {
    if let Some(file) = owned::unreached(shared).into_iter().next() {
        let text = format!(
            "{file}: it is damaged or was set aside, and a copy would miss its records: repair the store, \
             remove the files that the repair sets aside, and try again"
        );
        return Err(Error::new(ErrorKind::Damaged, "migrate", text).with_retry(Retry::No).of_backend(NAME));
    }
    let mut days = shared.sound_days()?;
    days.sort_unstable();
    let of = |day: Day| CopyDay { day: day.start(), mark: digest::mark(&shared.folder, day) };
    Ok(days.into_iter().map(of).collect())
}

/// Asks a day that must be readable.
fn ask<T>(shared: &Shared, day: Day, ask: impl FnOnce(&DayReader<'_>) -> fault::Result<T>) -> Result<T> {
    shared.ask(day, ask)?.ok_or_else(|| {
        let text = format!("day {day} became unreadable during the copy: check the store");
        Error::new(ErrorKind::Damaged, "migrate", text).with_retry(Retry::No).of_backend(NAME)
    })
}

/// The next traces of a day, by id.
pub(crate) fn traces(
    shared: &Shared,
    day: Timestamp,
    after: Option<TraceId>,
    limit: usize,
) -> Result<Vec<TraceId>> {
    if !shared.sound_days()?.contains(&Day::of(day)) {
        return Ok(Vec::new());
    }
    ask(shared, Day::of(day), |reader| {
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        let sql = "SELECT trace FROM traces WHERE trace > ?1 ORDER BY trace LIMIT ?2";
        let mut look = reader.conn.prepare_cached(sql)?;
        let mut rows = look.query((after, i64::try_from(limit).unwrap_or(i64::MAX)))?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.push(trace_id(row, 0)?);
        }
        Ok(ids)
    })
}

/// The next spans of these traces, by trace and id.
pub(crate) fn spans(
    shared: &Shared,
    traces: &[TraceId],
    after: Option<(TraceId, SpanId)>,
    limit: usize,
) -> Result<Vec<StoredSpan>> {
    let mut wanted: Vec<TraceId> = traces.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.retain(|trace| after.is_none_or(|(first, _)| *trace >= first));
    let days = shared.days_of(&wanted)?;
    let mut rest = Rest::of(limit);
    let mut found = Vec::new();
    let after_in = |trace: TraceId| after.filter(|(of, _)| *of == trace).map(|(_, span)| span);
    let none = Vec::new();
    let days_of = |trace: &TraceId| days.get(trace).unwrap_or(&none);
    // Most traces are in one day, and neighbours share it: each run of them is read at once.
    for run in wanted.chunk_by(|a, b| days_of(a).len() == 1 && days_of(a) == days_of(b)) {
        match (days_of(&run[0]).as_slice(), run) {
            ([], _) => {}
            ([day], run) => ask(shared, *day, |reader| {
                for trace in run {
                    if rest.is_full() {
                        break;
                    }
                    found.append(&mut spans_in(reader, *trace, after_in(*trace), &mut rest)?);
                }
                Ok(())
            })?,
            (days, run) => {
                for trace in run {
                    if rest.is_full() {
                        break;
                    }
                    found.append(&mut split(shared, days, *trace, after_in(*trace), &mut rest)?);
                }
            }
        }
        if rest.is_full() {
            break;
        }
    }
    Ok(found)
}

/// The next spans of a trace that has parts in several days.
fn split(
    shared: &Shared,
    days: &[Day],
    trace: TraceId,
    after: Option<SpanId>,
    rest: &mut Rest,
) -> Result<Vec<StoredSpan>> {
    let mut merged: BTreeMap<SpanId, StoredSpan> = BTreeMap::new();
    let mut upto = None;
    for day in days {
        let mut own = Rest::of(rest.rows);
        let part = ask(shared, *day, |reader| spans_in(reader, trace, after, &mut own))?;
        if own.is_full() {
            // The other days may have spans behind the end of this part only on the next page.
            let last = part.last().map(|one| one.span.span_id);
            upto = upto.min(last).or(upto).or(last);
        }
        for one in part {
            let is_better = |known: &StoredSpan| {
                (one.span.end, one.cost.is_some()) > (known.span.end, known.cost.is_some())
            };
            if merged.get(&one.span.span_id).is_none_or(is_better) {
                merged.insert(one.span.span_id, one);
            }
        }
    }
    let spans: Vec<StoredSpan> =
        merged.into_values().take_while(|one| upto.is_none_or(|upto| one.span.span_id <= upto)).collect();
    let fit: Vec<StoredSpan> = spans.into_iter().take(rest.rows).collect();
    fit.iter().for_each(|one| rest.take(one.bytes()));
    if upto.is_some() {
        rest.rows = 0;
    }
    Ok(fit)
}

fn spans_in(
    reader: &DayReader<'_>,
    trace: TraceId,
    after: Option<SpanId>,
    rest: &mut Rest,
) -> fault::Result<Vec<StoredSpan>> {
    let conn = reader.conn;
    let sql = "SELECT s.pk, s.tr FROM traces t JOIN spans s ON s.tr = t.pk WHERE t.trace = ?1 AND s.id > ?2 \
               ORDER BY s.id LIMIT ?3";
    // No id has the least key, because no id is zero.
    let after = after.map_or(i64::MIN, span_key);
    let mut look = conn.prepare_cached(sql)?;
    let limit = i64::try_from(rest.rows).unwrap_or(i64::MAX);
    let rows = look.query_map((trace.as_bytes(), after, limit), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let numbers: Vec<(i64, i64)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut sources = Sources::new();
    let mut found = Vec::new();
    for (pk, tr) in numbers {
        if rest.is_full() {
            break;
        }
        let traces = HashMap::from([(tr, trace)]);
        let one = rebuilt::load(conn, reader.dictionaries, &mut sources, &traces, pk)?
            .filter(|one| one.whole)
            .ok_or(Fault::Damaged("a span has no readable body"))?;
        let cost = rebuilt::cost(conn, trace, one.span.span_id, pk)?;
        let one = StoredSpan { span: *one.span, cost, refused: conflicts::of_span(conn, pk)? };
        rest.take(one.bytes());
        found.push(one);
    }
    Ok(found)
}

/// The next metric points of a day.
pub(crate) fn points(
    shared: &Shared,
    day: Timestamp,
    after: Option<&PointCursor>,
    limit: usize,
) -> Result<PointPage> {
    let series = |after: &PointCursor| after.series.first_chunk().map(|bytes| i64::from_le_bytes(*bytes));
    let at = after.and_then(|after| Some((series(after)?, after.time.nanos())));
    let (series, time) = at.unwrap_or((i64::MIN, i64::MIN));
    if !shared.sound_days()?.contains(&Day::of(day)) {
        return Ok(PointPage::default());
    }
    ask(shared, Day::of(day), |reader| {
        let mut rest = Rest::of(limit);
        let sql = "SELECT time, start, value, series FROM points WHERE (series, time) > (?1, ?2) \
                   ORDER BY series, time LIMIT ?3";
        let mut look = reader.conn.prepare_cached(sql)?;
        let mut rows = look.query((series, time, i64::try_from(rest.rows).unwrap_or(i64::MAX)))?;
        let (mut sources, mut known) = (Sources::new(), None);
        let mut page = PointPage::default();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(3)?;
            if known.as_ref().is_none_or(|(of, _)| *of != id) {
                known = Some((id, rebuilt::series(reader.conn, &mut sources, id)?));
            }
            let Some((_, (metric, labels))) = &known else { continue };
            let point = point_of(row)?;
            let (exemplars, read) = rebuilt::exemplars(reader.conn, id, point.time);
            read?;
            let point = Point { attributes: labels.clone(), exemplars, ..point };
            page.next = Some(PointCursor { series: id.to_le_bytes().to_vec(), time: point.time });
            rest.take(size_of::<Point>() + labels.heap_bytes());
            page.metrics.push(quipu_core::Metric { points: vec![point], ..metric.clone() });
            if rest.is_full() {
                return Ok(page);
            }
        }
        page.next = None;
        Ok(page)
    })
}
