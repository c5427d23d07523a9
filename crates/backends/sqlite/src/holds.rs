//! Holds of traces, stored in the catalog.

use std::collections::{BTreeMap, HashSet};

use quipu_core::{Error, ErrorKind, Hold, MOST_HOLDS, Timestamp, TraceId};
use rusqlite::{Connection, Row};

use crate::codec::trace_id;
use crate::fault::{NAME, Result};

/// All holds, the latest first.
pub(crate) fn list(catalog: &Connection) -> Result<Vec<Hold>> {
    let mut look = catalog.prepare("SELECT trace, since, by, note FROM holds ORDER BY since DESC, trace")?;
    let mut rows = look.query([])?;
    let mut holds = Vec::new();
    while let Some(row) = rows.next()? {
        holds.push(hold(row)?);
    }
    Ok(holds)
}

fn hold(row: &Row<'_>) -> Result<Hold> {
    Ok(Hold {
        trace_id: trace_id(row, 0)?,
        since: Timestamp::from_nanos(row.get(1)?),
        by: row.get(2)?,
        note: row.get(3)?,
    })
}

/// The readable holds in a damaged catalog, read from both ends up to an unreadable page; `true` if these are
/// all.
pub(crate) fn readable(catalog: &Connection) -> (Vec<Hold>, bool) {
    let (mut found, mut all) = (BTreeMap::new(), true);
    for order in ["trace", "trace DESC"] {
        let sql = format!("SELECT trace, since, by, note FROM holds ORDER BY {order}");
        let walked = catalog.prepare(&sql).and_then(|mut look| {
            let mut rows = look.query([])?;
            while let Some(row) = rows.next()? {
                match hold(row) {
                    Ok(hold) => drop(found.insert(hold.trace_id, hold)),
                    Err(_) => all = false,
                }
            }
            Ok(())
        });
        all &= walked.is_ok();
    }
    all &= found.len() <= MOST_HOLDS;
    (found.into_values().take(MOST_HOLDS).collect(), all)
}

/// The held traces.
pub(crate) fn held(catalog: &Connection) -> Result<HashSet<TraceId>> {
    let mut look = catalog.prepare("SELECT trace FROM holds")?;
    let mut rows = look.query([])?;
    let mut held = HashSet::new();
    while let Some(row) = rows.next()? {
        held.insert(trace_id(row, 0)?);
    }
    Ok(held)
}

/// Adds holds, all or none, then removes those of `released`. Returns the number of changed rows.
pub(crate) fn write(catalog: &mut Connection, holds: &[Hold], released: &[TraceId]) -> Result<u64> {
    let tx = catalog.transaction()?;
    let mut changed = 0;
    for hold in holds {
        let put = "INSERT INTO holds(trace, since, by, note) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        let row = (hold.trace_id.as_bytes(), hold.since.nanos(), &hold.by, &hold.note);
        changed += tx.prepare_cached(put)?.execute(row)?;
    }
    for trace in released {
        changed += tx.prepare_cached("DELETE FROM holds WHERE trace = ?1")?.execute([trace.as_bytes()])?;
    }
    let all: usize = tx.query_row("SELECT COUNT(*) FROM holds", [], |row| row.get(0))?;
    if all > MOST_HOLDS && !holds.is_empty() {
        let text = format!("at most {MOST_HOLDS} traces can be held, and {all} would be: release some first");
        return Err(Error::new(ErrorKind::Exhausted, "hold traces", text)
            .with_retry(quipu_core::Retry::No)
            .of_backend(NAME)
            .into());
    }
    tx.commit()?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}
