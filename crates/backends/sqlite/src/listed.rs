//! List of days in the catalog, which distinguishes a missing day file from a day without records.
//!
//! A day is added after its file was created and before its first commit. It is removed from the list, synced
//! to the disk, before its file is removed. So a listed day with a missing or empty file is damaged.

use std::collections::BTreeMap;

use quipu_core::{Clock, SystemClock, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use crate::fault::Result;
use crate::folder::{Day, Folder, Part};

/// Key in `meta`: the days that existed at the creation of the list are listed.
const BEGUN: &str = "days listed";

/// All listed days, with the time in seconds since the epoch at which a missing file was detected.
pub(crate) fn all(catalog: &Connection) -> Result<BTreeMap<Day, Option<i64>>> {
    let mut look = catalog.prepare_cached("SELECT day, lost FROM days")?;
    let rows = look.query_map([], |row| Ok((Day(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether a day is listed.
pub(crate) fn has(catalog: &Connection, day: Day) -> Result<bool> {
    Ok(catalog.prepare_cached("SELECT 1 FROM days WHERE day = ?1")?.exists([day.0])?)
}

/// Adds days whose files exist, in one transaction.
pub(crate) fn add(catalog: &mut Connection, days: &[Day]) -> Result<()> {
    if days.is_empty() {
        return Ok(());
    }
    let tx = catalog.transaction()?;
    for day in days {
        tx.prepare_cached("INSERT INTO days(day) VALUES (?1) ON CONFLICT DO NOTHING")?.execute([day.0])?;
    }
    Ok(tx.commit()?)
}

/// Removes a day from the list and syncs it to the disk. The caller removes the file next.
pub(crate) fn strike(catalog: &Connection, day: Day) -> Result<()> {
    let before: i64 = catalog.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    catalog.pragma_update(None, "synchronous", "FULL")?;
    let done = catalog.execute("DELETE FROM days WHERE day = ?1", [day.0]);
    catalog.pragma_update(None, "synchronous", before)?;
    done?;
    Ok(())
}

/// Notes that the file of a listed day is missing. A new day of the same date may be created.
pub(crate) fn lose(catalog: &Connection, day: Day) -> Result<()> {
    let now = SystemClock.now().nanos() / Timestamp::SECOND;
    let sql = "INSERT INTO days(day, lost) VALUES (?1, ?2) ON CONFLICT(day) DO UPDATE SET lost = COALESCE(lost, excluded.lost)";
    catalog.execute(sql, (day.0, now))?;
    Ok(())
}

/// Updates the list from the folder when a store is opened for writing: adds files that a crash left
/// unlisted. An empty unlisted file is the result of a crash during its creation, unless the list is just
/// being created.
pub(crate) fn settle(catalog: &mut Connection, folder: &Folder) -> Result<()> {
    let begun: Option<i64> =
        catalog.query_row("SELECT value FROM meta WHERE key = ?1", [BEGUN], |row| row.get(0)).optional()?;
    let known = all(catalog)?;
    let is_made = |day: &Day| {
        let made = std::fs::metadata(folder.file(Part::Data, *day)).is_ok_and(|file| file.len() > 0);
        made || begun.is_none()
    };
    let new: Vec<Day> =
        folder.days()?.into_iter().filter(|day| !known.contains_key(day) && is_made(day)).collect();
    add(catalog, &new)?;
    if begun.is_none() {
        catalog.execute("INSERT INTO meta(key, value) VALUES (?1, 1) ON CONFLICT DO NOTHING", [BEGUN])?;
    }
    Ok(())
}

/// Listed days with missing or empty files, with the reason. Correct even if another process creates and
/// removes days meanwhile.
pub(crate) fn missing(catalog: &Connection, folder: &Folder) -> Result<Vec<(Day, &'static str)>> {
    let before = all(catalog)?;
    let mut missing = Vec::new();
    for day in before.into_keys() {
        let why = why_missing(folder, day);
        // A day that is removed meanwhile is no longer listed.
        if let Some(why) = why
            && has(catalog, day)?
        {
            missing.push((day, why));
        }
    }
    Ok(missing)
}

/// The reason why the file of a listed day is no day file.
pub(crate) fn why_missing(folder: &Folder, day: Day) -> Option<&'static str> {
    match std::fs::metadata(folder.file(Part::Data, day)) {
        Ok(file) if file.len() == 0 => Some("its file is empty"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some("its file is missing"),
        _ => None,
    }
}
