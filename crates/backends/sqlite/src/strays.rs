//! Traces across days: with spans of other days than their own, or with parts in several day files.

use std::collections::{BTreeMap, HashMap};

use quipu_core::{Result, TraceId};
use rusqlite::Connection;

use crate::fault::{self, Fault};
use crate::folder::Day;
use crate::shared::Shared;

/// Maximum number of ids in memory.
const MOST_IDS: u64 = 1_000_000;

/// The traces with parts in several days, with these days, oldest first.
pub(crate) fn split(shared: &Shared) -> Result<BTreeMap<TraceId, Vec<Day>>> {
    let mut days = shared.sound_days()?;
    days.sort_unstable();
    let counted = shared.ask_all(&days, |reader| {
        let count = "SELECT COALESCE(MAX(pk), 0) FROM traces";
        Ok(reader.conn.query_row(count, [], |row| row.get::<_, u64>(0))?)
    })?;
    let all: u64 = counted.iter().map(|(_, traces)| traces).sum();
    // Ids are read in ranges by their first byte, so memory does not grow with the store.
    let parts = (all / MOST_IDS + 1).min(256);
    let mut split = BTreeMap::new();
    for part in 0..parts {
        let bound = |part: u64| u8::try_from(part * 256 / parts).map(|byte| vec![byte]);
        let (from, until) = (bound(part).unwrap_or_default(), bound(part + 1).ok());
        let mut seen: HashMap<TraceId, Day> = HashMap::new();
        for day in &days {
            let ids = shared.ask(*day, |reader| ids_between(reader.conn, &from, until.as_deref()))?;
            for id in ids.into_iter().flatten() {
                if let Some(first) = seen.get(&id) {
                    split.entry(id).or_insert_with(|| vec![*first]).push(*day);
                } else {
                    seen.insert(id, *day);
                }
            }
        }
    }
    Ok(split)
}

fn ids_between(conn: &Connection, from: &[u8], until: Option<&[u8]>) -> fault::Result<Vec<TraceId>> {
    let mut look = conn.prepare_cached(
        "SELECT trace FROM traces WHERE trace >= ?1 AND (?2 IS NULL OR trace < ?2) ORDER BY trace",
    )?;
    let ids = look.query_map((from, until), |row| row.get::<_, Vec<u8>>(0))?;
    let read = |id: rusqlite::Result<Vec<u8>>| -> fault::Result<TraceId> {
        TraceId::from_slice(&id?).map_err(|_| Fault::Damaged("a trace's id cannot be read"))
    };
    ids.map(read).collect()
}

/// Traces of a day with spans of other days, each with the meetings of all its spans.
pub(crate) fn strays(conn: &Connection, day: Day) -> fault::Result<Vec<(Vec<u8>, Option<i64>)>> {
    let range = (day.start().nanos(), day.plus(1).start().nanos());
    let mut look = conn.prepare(
        "WITH strays(trace, pk) AS (SELECT trace, pk FROM traces WHERE pk IN \
             (SELECT tr FROM spans WHERE start < ?1 OR start >= ?2)) \
         SELECT x.trace, s.meeting FROM strays x JOIN spans s ON s.tr = x.pk \
         UNION SELECT x.trace, s.moment FROM strays x JOIN spans s ON s.tr = x.pk",
    )?;
    let strays = look.query_map(range, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(strays.collect::<rusqlite::Result<_>>()?)
}
