//! Writes of a journal's figures into the store, forwards and backwards.
//!
//! A row is written only while it still has the figure in the journal, so both directions can be repeated,
//! and interrupted anywhere. The version is taken before the row is read: a correction counted meanwhile has
//! a higher version and stays. One kind of correction has a lower version. It was counted earlier, and is
//! still on its way to the store when the row is read. It is lost until the call is corrected again. This is
//! a matter of milliseconds, for calls that end just now.

use std::path::Path;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use quipu_core::{
    Batch, Cost, Error, ErrorKind, PriceBook, Result, SpanId, Store, Timestamp, TraceFilter, TraceId,
};
use quipu_ledger::{next_version, version_above};

use super::journal::{Journals, Line, Reader};
use super::verdict::{Figure, Verdict};
use super::{Applied, Past, Plan, RepriceState, Undone, journal};
use crate::rows::Rows;

/// Rows that are written together.
const BATCH: usize = 500;

/// Writes the changes that `plan` showed, priced again while the store is read. First `journals` gets a
/// journal of every row that changes (synced), then the rows are written in batches. With nothing to change
/// there is no journal.
///
/// # Errors
/// The store or the folder cannot be read or written, or another re-pricing runs. If rows were written, the
/// journal stays with [`RepriceState::Unfinished`]: [`finish`] continues, [`undo`] restores.
pub async fn apply(
    store: &dyn Store,
    book: &dyn PriceBook,
    journals: &Path,
    plan: &Plan,
    now: Timestamp,
) -> Result<Applied> {
    let journals = Journals::open(journals)?;
    let mut draft = journals.begin(plan, now)?;
    let mut rows = Rows::of(store, plan.ask.filter());
    while let Some(page) = rows.next().await? {
        for row in page.iter().map(|row| &row.cost).filter(|row| plan.ask.takes(row)) {
            if let Verdict::Changed(new, _) = Verdict::of(book, row) {
                let (trace, span, time, old) = (row.trace_id, row.span_id, row.time, Figure::of(row));
                draft.add(&Line { trace, span, time, old, new })?;
            }
        }
    }
    if draft.rows == 0 {
        draft.forget()?;
        return Ok(Applied::default());
    }
    let id = journals.keep(draft)?;
    forwards(store, &journals, &id).await
}

/// Goes on with a re-pricing that was broken off; of one that was written it writes nothing.
///
/// # Errors
/// The id is unknown, it was undone, or as for [`apply`].
pub async fn finish(store: &dyn Store, journals: &Path, id: &str) -> Result<Applied> {
    let journals = Journals::open(journals)?;
    if journals.read(id)?.past.state == RepriceState::Undone {
        return Err(Error::new(ErrorKind::Invalid, "finish a re-pricing", format!("{id} was undone")));
    }
    forwards(store, &journals, id).await
}

async fn forwards(store: &dyn Store, journals: &Journals, id: &str) -> Result<Applied> {
    let turned = turn(store, journals.read(id)?, |line| (&line.old, &line.new)).await?;
    journals.mark(id, RepriceState::Applied)?;
    let skipped = turned.changed + turned.gone;
    Ok(Applied { id: Some(id.to_owned()), rows: turned.written, skipped })
}

/// Restores the old figures. A row with another figure than the re-pricing gave it is skipped and counted. A
/// second undo changes nothing more.
///
/// # Errors
/// The id is unknown, or as for [`apply`]; the undo can then be repeated.
pub async fn undo(store: &dyn Store, journals: &Path, id: &str) -> Result<Undone> {
    let journals = Journals::open(journals)?;
    let turned = turn(store, journals.read(id)?, |line| (&line.new, &line.old)).await?;
    journals.mark(id, RepriceState::Undone)?;
    Ok(Undone { rows: turned.written, changed_since: turned.changed, gone: turned.gone })
}

/// Every re-pricing in the folder, latest first; empty without a folder.
///
/// # Errors
/// The folder or a journal cannot be read.
pub fn list(journals: &Path) -> Result<Vec<Past>> {
    journal::past(journals)
}

#[derive(Debug, Default)]
struct Turned {
    written: u64,
    changed: u64,
    gone: u64,
}

/// From one figure to the other, for every line of a journal.
async fn turn(
    store: &dyn Store,
    mut journal: Reader,
    way: impl Fn(&Line) -> (&Figure, &Figure) + Send,
) -> Result<Turned> {
    let mut turned = Turned::default();
    loop {
        let lines = journal.next(BATCH)?;
        if lines.is_empty() {
            return Ok(turned);
        }
        let mut version = next_version();
        let mut stored = stored(store, &lines).await?;
        // Rows of an earlier process can be of any version; the count of this one goes on above them from
        // here.
        if let Some(known) = stored.values().map(|row| row.version).max().filter(|known| *known >= version) {
            version = version_above(known);
        }
        let mut costs = Vec::new();
        for line in &lines {
            let (from, to) = way(line);
            match stored.remove(&(line.trace, line.span)) {
                None => turned.gone += 1,
                Some(mut row) if Figure::of(&row) == *from => {
                    to.put_on(&mut row);
                    row.version = version;
                    costs.push(row);
                }
                Some(row) if Figure::of(&row) == *to => {}
                Some(_) => turned.changed += 1,
            }
        }
        if !costs.is_empty() {
            let rows = u64::try_from(costs.len()).unwrap_or(u64::MAX);
            store.write(Arc::new(Batch { costs, ..Batch::default() })).await?;
            turned.written += rows;
        }
    }
}

/// The rows of these lines as they are stored now.
async fn stored(store: &dyn Store, lines: &[Line]) -> Result<HashMap<(TraceId, SpanId), Cost>> {
    let mut wanted: HashMap<(TraceId, SpanId), Option<Cost>> = HashMap::new();
    wanted.extend(lines.iter().map(|line| ((line.trace, line.span), None)));
    let since = lines.iter().map(|line| line.time).min();
    let until = lines.iter().map(|line| line.time.plus(1)).max();
    let mut rows = Rows::of(store, TraceFilter { since, until, ..TraceFilter::default() });
    while let Some(page) = rows.next().await? {
        for row in page {
            if let Some(place) = wanted.get_mut(&(row.cost.trace_id, row.cost.span_id)) {
                *place = Some(row.cost);
            }
        }
    }
    Ok(wanted.into_iter().filter_map(|(key, row)| Some((key, row?))).collect())
}
