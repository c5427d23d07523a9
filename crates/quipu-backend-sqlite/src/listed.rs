//! The catalog's list of days: a day file that goes missing is damage, not a day without records.
//!
//! A day is listed after its file was made and before its first record is committed. It is struck out, safe on the disk, before its file
//! is removed. So a listed day without a file, or with an empty one, lost its file by some other way.

use std::collections::BTreeMap;

use quipu_core::{Clock, SystemClock, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use crate::fault::Result;
use crate::folder::{Day, Folder, Part};

/// Key in `meta`: the days that were there when the list began are listed.
const BEGUN: &str = "days listed";

/// All listed days, each with the second since the epoch at which its file was found missing.
pub(crate) fn all(catalog: &Connection) -> Result<BTreeMap<Day, Option<i64>>> {
    let mut look = catalog.prepare_cached("SELECT day, lost FROM days")?;
    let rows = look.query_map([], |row| Ok((Day(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether a day is listed.
pub(crate) fn has(catalog: &Connection, day: Day) -> Result<bool> {
    Ok(catalog.prepare_cached("SELECT 1 FROM days WHERE day = ?1")?.exists([day.0])?)
}

/// Lists days whose files are made, in one transaction.
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

/// Strikes a day out, safe from a power cut when this returns: its file is removed next.
pub(crate) fn strike(catalog: &Connection, day: Day) -> Result<()> {
    let before: i64 = catalog.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    catalog.pragma_update(None, "synchronous", "FULL")?;
    let done = catalog.execute("DELETE FROM days WHERE day = ?1", [day.0]);
    catalog.pragma_update(None, "synchronous", before)?;
    done?;
    Ok(())
}

/// Notes that the file of a listed day is missing; a day of the same date may begin anew.
pub(crate) fn lose(catalog: &Connection, day: Day) -> Result<()> {
    let now = SystemClock.now().nanos() / Timestamp::SECOND;
    let sql = "INSERT INTO days(day, lost) VALUES (?1, ?2) ON CONFLICT(day) DO UPDATE SET lost = COALESCE(lost, excluded.lost)";
    catalog.execute(sql, (day.0, now))?;
    Ok(())
}

/// Brings the list up to date with the folder, for a store that is opened for writing: files that a crash left unlisted are listed.
/// An empty file that is not listed is one that a crash kept from being made, unless the list begins just now.
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

/// Listed days whose files are missing or empty, each with the word for it. Right also while another process makes and removes days.
pub(crate) fn missing(catalog: &Connection, folder: &Folder) -> Result<Vec<(Day, &'static str)>> {
    let before = all(catalog)?;
    let mut missing = Vec::new();
    for day in before.into_keys() {
        let why = why_missing(folder, day);
        // A day that is removed meanwhile was struck out first.
        if let Some(why) = why
            && has(catalog, day)?
        {
            missing.push((day, why));
        }
    }
    Ok(missing)
}

/// Why the file of a listed day is no file of a day.
pub(crate) fn why_missing(folder: &Folder, day: Day) -> Option<&'static str> {
    match std::fs::metadata(folder.file(Part::Data, day)) {
        Ok(file) if file.len() == 0 => Some("its file is empty"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some("its file is missing"),
        _ => None,
    }
}
