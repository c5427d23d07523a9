//! Repair of traces split over several days: they are merged into one day and counted again.
//!
//! Earlier builds could start a trace again in another day, and then counted both a call and the span above
//! that repeats it. The parts are written to the oldest of the days and committed there before they are
//! removed from the others. So an interrupted repair loses nothing, and continues when it is started again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use quipu_core::{Backend as _, Batch, Cost, Result, Stage, Timestamp, TraceId};
use quipu_ledger::Ledger;

use crate::codec::{CallRow, Names, span_of_key};
use crate::fault::{self, Fault};
use crate::folder::{Day, Part};
use crate::read::stored::Sources;
use crate::read::{conflicts, rebuilt};
use crate::schema::{self, Access, DAY};
use crate::shared::Shared;
use crate::sqlite::Sqlite;
use crate::strays;
use crate::write::{Carried, Gathered, Prepared, Request};

/// Number of traces that one transaction moves, and that are counted together.
const GROUP: usize = 200;
const CACHE_KIB: u32 = 2_048;

/// Merges each split trace into the oldest of its days, and returns their number.
pub(super) async fn gather(store: &Sqlite) -> Result<u64> {
    let split = store.ask(strays::split).await?;
    let mut moves: BTreeMap<(Day, Day), Vec<TraceId>> = BTreeMap::new();
    for (trace, days) in &split {
        let Some((home, others)) = days.split_first() else { continue };
        others.iter().for_each(|other| moves.entry((*home, *other)).or_default().push(*trace));
    }
    for ((home, from), traces) in moves {
        for some in traces.chunks(GROUP) {
            move_parts(store, home, from, some.to_vec()).await?;
        }
    }
    Ok(split.len() as u64)
}

async fn move_parts(store: &Sqlite, home: Day, from: Day, traces: Vec<TraceId>) -> Result<()> {
    store
        .request(move |shared, answer| {
            let path = shared.folder.file(Part::Data, from);
            let (batch, conflicts) =
                records(shared, from, &traces).map_err(|fault| fault.at("repair store", &path))?;
            let prepared = Prepared::new(Arc::new(batch), &[], shared.dictionaries.current());
            let prepared = prepared.map_err(|fault| fault.at("repair store", &path))?;
            Ok(Request::Gather(Box::new(Gathered { prepared, conflicts, traces, from, home }), answer))
        })
        .await
}

/// The spans of these traces in a day, with their ledger rows and rejected versions.
fn records(shared: &Shared, day: Day, traces: &[TraceId]) -> fault::Result<(Batch, Vec<Carried>)> {
    let path = shared.folder.file(Part::Data, day);
    let conn = schema::open(&DAY, &path, Access::Read { cache_kib: CACHE_KIB })?;
    let mut sources = Sources::new();
    let (mut batch, mut carried) = (Batch::default(), Vec::new());
    for trace in traces {
        let sql = "SELECT s.pk, s.tr FROM traces t JOIN spans s ON s.tr = t.pk WHERE t.trace = ?1";
        let mut look = conn.prepare_cached(sql)?;
        let rows = look.query_map([trace.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let spans: Vec<(i64, i64)> = rows.collect::<rusqlite::Result<_>>()?;
        let ids: HashMap<i64, TraceId> = spans.iter().map(|(_, tr)| (*tr, *trace)).collect();
        for (pk, _) in spans {
            let found = rebuilt::load(&conn, &shared.dictionaries, &mut sources, &ids, pk)?;
            let span = found.ok_or(Fault::Damaged("a span is missing"))?.span;
            batch.costs.extend(rebuilt::cost(&conn, *trace, span.span_id, pk)?);
            let versions = conflicts::of_span(&conn, pk)?;
            carried.extend((!versions.is_empty()).then_some((*trace, span.span_id, versions)));
            batch.spans.push(*span);
        }
    }
    Ok((batch, carried))
}

/// Counts these traces and those that the catalog lists as split, from the stored data. Returns the number of
/// corrected ledger rows. `price` prices the new rows.
pub(super) async fn recount(store: &Sqlite, mut traces: BTreeSet<TraceId>, price: &dyn Stage) -> Result<u64> {
    traces.extend(store.ask(spread).await?);
    let traces: Vec<TraceId> = traces.into_iter().collect();
    let (mut ledger, mut changed) = (Ledger::default(), 0);
    for some in traces.chunks(GROUP) {
        let asked: Vec<(TraceId, Timestamp)> =
            some.iter().map(|trace| (*trace, Timestamp::default())).collect();
        let costs = ledger.recount(&asked, store).await?;
        let wanted: BTreeSet<TraceId> = costs.iter().map(|cost| cost.trace_id).collect();
        let stored = store.ask(move |shared| stored_rows(shared, &wanted)).await?;
        let known = |cost: &Cost| stored.get(&(cost.trace_id, cost.span_id));
        let mut batch = Batch::default();
        let new =
            costs.into_iter().filter(|cost| known(cost).is_none_or(|known| !says_the_same(known, cost)));
        batch.costs.extend(new);
        price.apply(&mut batch);
        changed += batch.costs.len() as u64;
        store.write(Arc::new(batch)).await?;
    }
    Ok(changed)
}

/// Traces with spans of several days, according to the catalog.
fn spread(shared: &Shared) -> Result<Vec<TraceId>> {
    let known = shared.with_catalog(|conn| {
        let mut look = conn.prepare("SELECT trace FROM strays")?;
        let ids = look.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
        Ok(ids.collect::<rusqlite::Result<Vec<_>>>()?)
    });
    let known = known.map_err(|fault| fault.at("repair store", &shared.folder.catalog()))?;
    Ok(known.iter().filter_map(|id| TraceId::from_slice(id).ok()).collect())
}

/// Whether two rows of one span are equal except for the price, and for the scopes that only budgets read.
fn says_the_same(stored: &Cost, counted: &Cost) -> bool {
    let bare = |cost: &Cost| Cost {
        version: 0,
        amount: None,
        unpriced: None,
        price: None,
        scopes: Vec::new(),
        ..cost.clone()
    };
    bare(stored) == bare(counted)
}

type Rows = HashMap<(TraceId, quipu_core::SpanId), Cost>;

fn stored_rows(shared: &Shared, traces: &BTreeSet<TraceId>) -> Result<Rows> {
    let all: Vec<TraceId> = traces.iter().copied().collect();
    let mut by_day: BTreeMap<Day, Vec<TraceId>> = BTreeMap::new();
    for (trace, days) in shared.days_of(&all)? {
        days.into_iter().for_each(|day| by_day.entry(day).or_default().push(trace));
    }
    let columns = CallRow::COLUMNS.replace(", ", ", c.");
    let sql = format!(
        "SELECT s.id, c.{columns} FROM traces t JOIN spans s ON s.tr = t.pk JOIN calls c ON c.pk = s.pk WHERE t.trace = ?1"
    );
    let mut rows = Rows::new();
    for (day, traces) in by_day {
        let found = shared.ask(day, |reader| {
            let names = Names::new(reader.conn);
            let mut found = Vec::new();
            for trace in &traces {
                let mut look = reader.conn.prepare_cached(&sql)?;
                let mut calls = look.query([trace.as_bytes()])?;
                while let Some(row) = calls.next()? {
                    let span = span_of_key(row.get(0)?)?;
                    found.push(CallRow::of_row(row, 1)?.cost(*trace, span, &names)?);
                }
            }
            Ok(found)
        })?;
        let found = found.into_iter().flatten();
        rows.extend(found.map(|cost| ((cost.trace_id, cost.span_id), cost)));
    }
    Ok(rows)
}
