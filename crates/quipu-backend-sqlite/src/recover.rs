//! After the machine itself went down: what no single file can put right.
//!
//! SQLite brings each file back to a state between two commits. Where commits are not forced to the disk, a file may come back older than
//! another: full text may then know spans that its day lost, whose numbers are given anew.

use std::fs;

use rusqlite::{Connection, OptionalExtension};

use crate::fault::Result;
use crate::folder::{Day, Folder, Part};
use crate::schema::{self, Access, DAY, TEXT};

/// Of the running kernel: another one after each start of the machine.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
const CACHE_KIB: u32 = 64;

/// Has full text built anew of days that lost spans which it knows. Only looks when the machine was started since the store was opened
/// last, for the death of a process loses nothing.
pub(crate) fn after_a_start(catalog: &Connection, folder: &Folder) -> Result<()> {
    let now = fs::read_to_string(BOOT).unwrap_or_default().trim().to_owned();
    let last: Option<String> =
        catalog.query_row("SELECT value FROM meta WHERE key = 'boot'", [], |row| row.get(0)).optional()?;
    if last.is_some_and(|last| last == now && !now.is_empty()) {
        return Ok(());
    }
    for day in folder.days()? {
        if is_ahead(folder, day).unwrap_or(false) {
            tracing::warn!(%day, "full text knows spans that a power cut took: it is built anew");
            folder.remove(Part::Text, day)?;
        }
    }
    catalog.execute(
        "INSERT INTO meta(key, value) VALUES ('boot', ?1) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
        [now],
    )?;
    Ok(())
}

fn is_ahead(folder: &Folder, day: Day) -> Result<bool> {
    let text = folder.file(Part::Text, day);
    if !text.exists() {
        return Ok(false);
    }
    let access = Access::Read { cache_kib: CACHE_KIB };
    let indexed: i64 =
        schema::open(&TEXT, &text, access)?.query_row("SELECT upto FROM state", [], |row| row.get(0))?;
    let last: i64 = schema::open(&DAY, &folder.file(Part::Data, day), access)?.query_row(
        "SELECT MAX(last, COALESCE((SELECT MAX(pk) FROM spans), 0)) FROM removed",
        [],
        |row| row.get(0),
    )?;
    Ok(indexed > last)
}
