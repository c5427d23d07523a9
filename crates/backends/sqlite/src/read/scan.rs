//! Pages of spans in storage order: by day, newest first, then by number.

use quipu_core::{
    Detail, Result, ScanCursor, ScanField, ScanPage, ScannedSpan, SpanScan, TraceFilter, WorkRow,
};
use rusqlite::{Row, params_from_iter};

use crate::codec::{DimKind, Names, TextOf, find, trace_id};
use crate::fault;
use crate::folder::Day;
use crate::read::filter::Condition;
use crate::read::page::{Room, keep_days};
use crate::read::spans::{COLUMNS, COST_AT, SHOWN, row_of};
use crate::read::stored::each_in_order;
use crate::read::trace_rows::number_of;
use crate::read::usage_rows::call_columns;
use crate::read::work::days_of_spans;
use crate::readers::DayReader;
use crate::shared::Shared;

const FROM: &str =
    "spans s JOIN traces t ON t.pk = s.tr JOIN origins o ON o.id = s.origin LEFT JOIN calls c ON c.pk = s.pk";
/// Number of columns of a ledger row.
const CALL_WIDTH: usize = 15;
/// Position of the columns after those of the span and its ledger row.
const AT: usize = COST_AT + CALL_WIDTH;

/// One page.
pub(crate) fn page(shared: &Shared, scan: &SpanScan) -> Result<ScanPage> {
    let mut room = Room::of(scan.limit)?;
    let mut rows = Vec::new();
    for day in days(shared, scan)? {
        let found = shared.ask(day, |reader| in_day(reader, scan, &mut room))?;
        let Some((mut found, last)) = found else { continue };
        rows.append(&mut found);
        if room.is_full() {
            let next = last.map(|number| ScanCursor { day: day.0, number });
            return Ok(ScanPage { rows, next });
        }
    }
    Ok(ScanPage { rows, next: None })
}

/// Days that may have matching spans after the cursor, newest first.
fn days(shared: &Shared, scan: &SpanScan) -> Result<Vec<Day>> {
    let times = TraceFilter { since: scan.since, until: scan.until, ..TraceFilter::default() };
    let mut days = days_of_spans(shared, &times)?;
    keep_days(shared, &mut days, |day| *day, scan.trace_id, scan.cursor)?;
    Ok(days)
}

/// A condition on the spans of a day; `None` if none can match.
fn condition(reader: &DayReader<'_>, scan: &SpanScan) -> fault::Result<Option<Condition>> {
    let mut all = Condition::of(FROM);
    all.sql.push_str(&format!(" AND {SHOWN}"));
    if let Some(trace) = scan.trace_id {
        let Some(number) = number_of(reader.conn, trace)? else { return Ok(None) };
        all.and("s.tr = ?", number);
    }
    if let Some(since) = scan.since {
        all.and("s.start >= ?", since.nanos());
    }
    if let Some(until) = scan.until {
        all.and("s.start < ?", until.nanos());
    }
    if let Some(kind) = scan.kind {
        all.and("s.kind = ?", kind as i64);
    }
    for (field, text) in &scan.named {
        let (column, kind) = column(*field);
        let Some(id) = find(reader.conn, kind, text)? else { return Ok(None) };
        all.and(&format!("{column} = ?"), id);
    }
    if let Some(cursor) = scan.cursor.filter(|cursor| cursor.day == reader.day.0) {
        all.and("s.pk > ?", cursor.number);
    }
    Ok(Some(all))
}

const fn column(field: ScanField) -> (&'static str, DimKind) {
    match field {
        ScanField::Name => ("s.name", DimKind::SpanName),
        ScanField::Agent => ("s.agent", DimKind::Agent),
        ScanField::Provider => ("s.provider", DimKind::Provider),
        ScanField::Model => ("s.model", DimKind::Model),
        ScanField::Tool => ("s.tool", DimKind::Tool),
        ScanField::Service => ("o.service", DimKind::Service),
        ScanField::Framework => ("o.framework", DimKind::Framework),
        ScanField::Session => ("t.session", DimKind::Session),
        ScanField::User => ("t.user", DimKind::User),
        ScanField::Project => ("t.project", DimKind::Project),
    }
}

/// The rows of a day that fit, and the number of the last one.
fn in_day(
    reader: &DayReader<'_>,
    scan: &SpanScan,
    room: &mut Room,
) -> fault::Result<(Vec<ScannedSpan>, Option<i64>)> {
    let Some(condition) = condition(reader, scan)? else { return Ok((Vec::new(), None)) };
    let sql = format!(
        "SELECT {COLUMNS}, {}, t.trace, o.service, o.framework, t.session, t.user, t.project, substr(s.error, 1, 200) \
         FROM {} WHERE {} ORDER BY s.pk LIMIT {}",
        call_columns(),
        condition.from,
        condition.sql,
        room.rows()
    );
    let names = Names::new(reader.conn);
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(&condition.args))?;
    let (mut rows, mut last) = (Vec::new(), None);
    while let Some(row) = found.next()? {
        let (number, mut one) = scanned(row, &names)?;
        if scan.detail == Detail::Full {
            each_in_order(reader, one.row.trace_id, &[number], |stored| {
                one.row.span.raw = Some(stored.span);
                Ok(true)
            })?;
        }
        let bytes = size_of::<ScannedSpan>() + one.row.span.bytes();
        room.take(bytes)?;
        rows.push(one);
        last = Some(number);
        if room.is_full() {
            break;
        }
    }
    Ok((rows, last))
}

fn scanned(row: &Row<'_>, names: &Names<'_>) -> fault::Result<(i64, ScannedSpan)> {
    let trace = trace_id(row, AT)?;
    let (number, span) = row_of(row, trace, names)?;
    let text = |at: usize| names.text(row.get(AT + at)?);
    let found = WorkRow {
        trace_id: trace,
        span,
        service: text(1)?,
        framework: text(2)?,
        session: text(3)?,
        user: text(4)?,
        error: None,
    };
    let error: Option<String> = row.get(AT + 6)?;
    let error = error.filter(|_| found.failed());
    Ok((number, ScannedSpan { project: text(5)?, row: WorkRow { error, ..found } }))
}
