//! Rewrite of a day's file into a new file without expired records.

use std::collections::HashSet;
use std::path::Path;

use quipu_core::{Attributes, Span, SpanId, Timestamp, TraceId};
use rusqlite::{Connection, OptionalExtension};

use crate::codec::{
    CallRow, Figures, MARK_COUNTS, MARK_INFERRED, Picks, encode_span, header, plain, trace_id,
};
use crate::fault::Result;
use crate::rewrite::beside::{finish, remove};
use crate::rewrite::copy::Copier;
use crate::rewrite::decide::{Decision, Fate};
use crate::rewrite::names::{OWN_NAMES, named, numbers};
use crate::rollups::Rollups;
use crate::schema::{self, Access, DAY};
use crate::shared::Shared;

/// Page cache during the rewrite, in KiB.
const CACHE_KIB: u32 = 2_048;
const ROLLUPS: [&str; 4] = ["by_model", "by_agent", "by_source", "by_tool"];
/// Tables with a decision per row. Any other table is copied completely.
const DECIDED: [&str; 24] = [
    "dims",
    "dicts",
    "sources",
    "origins",
    "traces",
    "trace_dims",
    "spans",
    "bodies",
    "reindex",
    "calls",
    "by_model",
    "by_agent",
    "by_source",
    "by_tool",
    "events",
    "event_bodies",
    "series",
    "points",
    "meetings",
    "latest_meetings",
    "hidden",
    "exemplars",
    "removed",
    "conflicts",
];

/// A set of row numbers, which are assigned consecutively.
#[derive(Default)]
struct Numbers(Vec<u64>);

impl Numbers {
    /// Adds a number; `false` if it was present.
    fn add(&mut self, number: i64) -> bool {
        let Ok(at) = usize::try_from(number) else { return false };
        if self.0.len() <= at / 64 {
            self.0.resize(at / 64 + 1, 0);
        }
        let fresh = self.0[at / 64] & (1 << (at % 64)) == 0;
        self.0[at / 64] |= 1 << (at % 64);
        fresh
    }

    fn has(&self, number: i64) -> bool {
        let word = usize::try_from(number).ok().and_then(|at| Some((at, self.0.get(at / 64)?)));
        word.is_some_and(|(at, word)| word & (1 << (at % 64)) != 0)
    }

    fn each(&self) -> impl Iterator<Item = i64> {
        let words = self.0.iter().enumerate();
        let bits = words.flat_map(|(at, word)| {
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| at * 64 + bit)
        });
        bits.filter_map(|number| i64::try_from(number).ok())
    }
}

/// The copied rows, as far as later tables depend on them.
#[derive(Default)]
struct Copied {
    /// Complete spans, and spans that only a ledger row needs.
    whole: Numbers,
    bare: Numbers,
    events: Numbers,
    series: HashSet<i64>,
    dictionaries: HashSet<u32>,
}

/// Writes the remaining records of the day behind `from` into a new file. `from` must be within one
/// transaction.
///
/// # Errors
/// A file cannot be read or written. The new file is then removed.
pub(crate) fn write_anew(
    shared: &Shared,
    from: &Connection,
    decision: &Decision,
    path: &Path,
    yields: bool,
) -> Result<()> {
    remove(path);
    let written = try_write(shared, from, decision, path, yields);
    if written.is_err() {
        remove(path);
    }
    written
}

fn try_write(
    shared: &Shared,
    from: &Connection,
    decision: &Decision,
    path: &Path,
    yields: bool,
) -> Result<()> {
    let access = Access::Write { cache_kib: CACHE_KIB, durability: shared.config.durability };
    let to = schema::open(&DAY, path, access)?;
    let mut copier = Copier::begin(shared, from, &to, yields)?;
    let mut copied = Copied::default();
    bare_spans(&mut copier, decision, &mut copied.bare)?;
    spans(&mut copier, decision, &mut copied)?;
    traces(&mut copier, decision)?;
    events(&mut copier, decision, &mut copied)?;
    metrics(&mut copier, decision, &mut copied)?;
    sums(&mut copier, decision)?;
    shared_rows(&mut copier, &copied)?;
    others(&mut copier)?;
    copier.end()?;
    finish(to, path)
}

/// Finds the spans of traces without content that stay as bare spans: those with a ledger row, and their
/// ancestors. If a late span arrives, the count reads them again and needs to know which call is within
/// which.
fn bare_spans(copier: &mut Copier<'_>, decision: &Decision, bare: &mut Numbers) -> Result<()> {
    let from = copier.from;
    let mut parent = from.prepare("SELECT parent FROM spans WHERE pk = ?1")?;
    let mut find = from.prepare("SELECT pk FROM spans WHERE tr = ?1 AND id = ?2")?;
    let mut look = from.prepare("SELECT pk, tr FROM calls")?;
    let mut rows = look.query([])?;
    while let Some(row) = rows.next()? {
        copier.pace()?;
        let (mut span, trace): (i64, i64) = (row.get(0)?, row.get(1)?);
        if decision.fate(trace) != Fate::Thinned {
            continue;
        }
        while bare.add(span) {
            let above: Option<i64> = parent.query_row([span], |row| row.get(0)).optional()?.flatten();
            let Some(above) = above else { break };
            let Some(next) = find.query_row((trace, above), |row| row.get(0)).optional()? else { break };
            span = next;
        }
    }
    Ok(())
}

fn spans(copier: &mut Copier<'_>, decision: &Decision, copied: &mut Copied) -> Result<()> {
    let Copied { whole, bare, dictionaries, .. } = copied;
    copier.table("spans", |row| {
        let pk = row.get("pk")?;
        Ok(match decision.fate(row.get("tr")?) {
            Fate::Stays => whole.add(pk),
            Fate::Thinned => bare.has(pk),
            Fate::Goes => false,
        })
    })?;
    copier.table("bodies", |row| {
        let stays = whole.has(row.get("pk")?);
        if stays {
            let z = row.get_ref("z")?.as_blob().map_err(rusqlite::Error::from)?;
            dictionaries.extend(header(z)?.dictionary);
        }
        Ok(stays)
    })?;
    copier.table("conflicts", |row| Ok(whole.has(row.get("pk")?)))?;
    copier.table("calls", |row| Ok(decision.fate(row.get("tr")?) != Fate::Goes))?;
    let body = bare_body()?;
    for pk in bare.each() {
        copier.pace()?;
        let sql = "UPDATE spans SET signal = signal | 8, error = NULL, below = 0 WHERE pk = ?1";
        copier.to.prepare_cached(sql)?.execute([pk])?;
        copier.to.prepare_cached("INSERT INTO bodies(pk, z) VALUES (?1, ?2)")?.execute((pk, &body))?;
    }
    copier.to.execute_batch(
        "INSERT INTO meetings SELECT meeting, tr FROM spans WHERE meeting IS NOT NULL \
         UNION SELECT moment, tr FROM spans WHERE moment IS NOT NULL",
    )?;
    spans_gone(copier)
}

/// The body of a bare span: only the note that it is hidden.
fn bare_body() -> Result<Vec<u8>> {
    let time = Timestamp::from_nanos(0);
    let mut bare = Span::new(TraceId::LOWEST, SpanId::LOWEST, "", time, time);
    bare.attributes = Attributes::with_capacity(1);
    bare.attributes.push(Span::SAMPLED, false);
    let mut bytes = Vec::new();
    encode_span(&bare, &mut bytes)?;
    Ok(plain(&bytes))
}

/// Records the removed spans, so no span number is used twice, and the number of spans is known without
/// counting.
fn spans_gone(copier: &Copier<'_>) -> Result<()> {
    let last: i64 = copier.from.query_row(
        "SELECT MAX(last, COALESCE((SELECT MAX(pk) FROM spans), 0)) FROM removed",
        [],
        |row| row.get(0),
    )?;
    let there: i64 = copier.to.query_row("SELECT COUNT(*) FROM spans", [], |row| row.get(0))?;
    copier.to.execute("UPDATE removed SET spans = ?1, last = ?2", (last - there, last))?;
    Ok(())
}

fn traces(copier: &mut Copier<'_>, decision: &Decision) -> Result<()> {
    let mut thinned = Vec::new();
    copier.table("traces", |row| {
        let pk = row.get("pk")?;
        let fate = decision.fate(pk);
        if fate == Fate::Thinned {
            thinned.push(pk);
        }
        Ok(fate != Fate::Goes)
    })?;
    for pk in thinned {
        copier.pace()?;
        hide(copier.to, pk)?;
    }
    copier.table("trace_dims", |row| Ok(decision.fate(row.get("tr")?) != Fate::Goes))?;
    copier.to.execute_batch("INSERT INTO hidden SELECT pk FROM traces WHERE spans = 0")?;
    Ok(())
}

/// Hides all spans of a trace without content. The trace's name and owner stay with its costs.
fn hide(to: &Connection, pk: i64) -> Result<()> {
    let mut look = to.prepare_cached("SELECT picks FROM traces WHERE pk = ?1")?;
    let mut picks: Picks = postcard::from_bytes(&look.query_row([pk], |row| row.get::<_, Vec<u8>>(0))?)?;
    (picks.spans, picks.errors) = (0, 0);
    to.prepare_cached(
        "UPDATE traces SET spans = 0, errors = 0, echoes = 0, made = (SELECT COUNT(*) FROM spans WHERE tr = ?1), picks = ?2 WHERE pk = ?1",
    )?
    .execute((pk, postcard::to_stdvec(&picks)?))?;
    Ok(())
}

fn events(copier: &mut Copier<'_>, decision: &Decision, copied: &mut Copied) -> Result<()> {
    let Copied { events, dictionaries, .. } = copied;
    copier.table("events", |row| {
        let trace = match row.get_ref("trace")?.as_blob_or_null().map_err(rusqlite::Error::from)? {
            Some(bytes) => TraceId::from_slice(bytes).ok(),
            None => None,
        };
        let stays = !decision.event_goes(row.get("resource")?, trace);
        if stays {
            events.add(row.get("pk")?);
        }
        Ok(stays)
    })?;
    copier.table("event_bodies", |row| {
        let stays = events.has(row.get("pk")?);
        if stays {
            let z = row.get_ref("z")?.as_blob().map_err(rusqlite::Error::from)?;
            dictionaries.extend(header(z)?.dictionary);
        }
        Ok(stays)
    })
}

fn metrics(copier: &mut Copier<'_>, decision: &Decision, copied: &mut Copied) -> Result<()> {
    let series = &mut copied.series;
    copier.table("series", |row| {
        let stays = !decision.points_go(row.get("resource")?);
        if stays {
            series.insert(row.get("id")?);
        }
        Ok(stays)
    })?;
    copier.table("points", |row| Ok(series.contains(&row.get("series")?)))?;
    let from = copier.from;
    let mut number = from.prepare("SELECT pk FROM traces WHERE trace = ?1")?;
    // Exemplars that refer to hidden traces are removed.
    copier.table("exemplars", |row| {
        let trace = trace_id(row, 0)?;
        let pk: Option<i64> = number.query_row([trace.as_bytes()], |row| row.get(0)).optional()?;
        let shown = pk.is_none_or(|pk| decision.fate(pk) == Fate::Stays);
        Ok(shown && series.contains(&row.get("series")?))
    })
}

/// Writes sums by hour. They are unchanged unless ledger rows were removed; then they are computed from the
/// remaining rows.
fn sums(copier: &mut Copier<'_>, decision: &Decision) -> Result<()> {
    if !decision.changes_sums() {
        return ROLLUPS.iter().try_for_each(|table| copier.table(table, |_| Ok(true)));
    }
    let mut sums = Rollups::default();
    let to = copier.to;
    let mut look = to.prepare(&format!(
        "SELECT {} FROM calls WHERE marks & {} != 0 ORDER BY pk",
        CallRow::COLUMNS,
        MARK_COUNTS | MARK_INFERRED
    ))?;
    let mut rows = look.query([])?;
    while let Some(row) = rows.next()? {
        let call = CallRow::of_row(row, 0)?;
        let cost = call.bare_cost()?;
        sums.count(&call, &cost, &Figures::of_usage(&cost), 1)?;
    }
    drop(rows);
    sums.save(to)
}

/// Copies shared rows that a remaining record refers to.
fn shared_rows(copier: &mut Copier<'_>, copied: &Copied) -> Result<()> {
    let to = copier.to;
    let origins = numbers(to, "SELECT DISTINCT origin FROM spans")?;
    copier.table("origins", |row| Ok(origins.contains(&row.get("id")?)))?;
    let sources = numbers(
        to,
        "SELECT resource FROM origins UNION SELECT scope FROM origins UNION SELECT resource FROM events \
         UNION SELECT scope FROM events UNION SELECT resource FROM series UNION SELECT scope FROM series",
    )?;
    copier.table("sources", |row| Ok(sources.contains(&row.get("id")?)))?;
    copier.table("dicts", |row| Ok(copied.dictionaries.contains(&row.get("id")?)))?;
    let named = named(to)?;
    copier.table("dims", |row| {
        let kind: i64 = row.get("kind")?;
        Ok(OWN_NAMES.iter().all(|own| *own as i64 != kind) || named.contains(&row.get("id")?))
    })
}

/// Copies tables that are newer than this code completely.
fn others(copier: &mut Copier<'_>) -> Result<()> {
    let mut look = copier.from.prepare(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )?;
    let names = look.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let others = names.iter().filter(|name| !DECIDED.contains(&name.as_str()));
    for table in others {
        copier.table(table, |_| Ok(true))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_remembered() {
        let mut numbers = Numbers::default();
        assert!(numbers.add(0) && numbers.add(64) && numbers.add(1_000));
        assert!(!numbers.add(64) && !numbers.add(-1));
        assert!(numbers.has(1_000) && !numbers.has(999) && !numbers.has(5_000) && !numbers.has(-1));
        assert_eq!(numbers.each().collect::<Vec<_>>(), [0, 64, 1_000]);
    }

    /// A table of a new layout must be listed here. Otherwise its rows would outlive their records.
    #[test]
    fn every_table_of_a_day_is_decided_on() {
        let folder = tempfile::tempdir().unwrap();
        let access = Access::Write { cache_kib: 256, durability: crate::Durability::default() };
        let day = schema::open(&DAY, &folder.path().join("d.db"), access).unwrap();
        let mut look = day
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
            .unwrap();
        let names: Vec<String> = look.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let unknown: Vec<&String> = names.iter().filter(|name| !DECIDED.contains(&name.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?}: say in DECIDED what becomes of it when its day is thinned");
    }
}
