//! Recovery after a crash of the machine, across several files.
//!
//! SQLite restores each file to a state between two commits. If commits are not synced to the disk, one file
//! may be older than another after a crash. The full text index may then have spans that its day lost, and
//! whose numbers are used again.

use std::fs;

use rusqlite::{Connection, OptionalExtension};

use crate::fault::Result;
use crate::folder::{Day, Folder, Part};
use crate::schema;

/// Identity of the running kernel, different after each start of the machine.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// Removes the full text index of days that lost indexed spans, so it is built again. It checks only after a
/// restart of the machine, because the death of a process loses nothing.
pub(crate) fn after_a_start(catalog: &Connection, folder: &Folder) -> Result<()> {
    let now = fs::read_to_string(BOOT).unwrap_or_default().trim().to_owned();
    let last: Option<String> =
        catalog.query_row("SELECT value FROM meta WHERE key = 'boot'", [], |row| row.get(0)).optional()?;
    if last.is_some_and(|last| last == now && !now.is_empty()) {
        return Ok(());
    }
    for day in folder.days()? {
        let why = match is_ahead(folder, day) {
            Ok(false) => continue,
            Ok(true) => "it has spans that a power cut removed from its day".to_owned(),
            // The day has all data of the index, so an index that cannot be verified is built again.
            Err(fault) => fault.at("compare with the day", &folder.file(Part::Text, day)).to_string(),
        };
        tracing::warn!(%day, why, "full text is rebuilt");
        folder.remove(Part::Text, day)?;
    }
    catalog.execute(
        "INSERT INTO meta(key, value) VALUES ('boot', ?1) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
        [now],
    )?;
    Ok(())
}

/// Whether the index is ahead of its day. Reads layouts of any version, because older layouts have not
/// migrated yet.
fn is_ahead(folder: &Folder, day: Day) -> Result<bool> {
    let text = folder.file(Part::Text, day);
    if !text.exists() {
        return Ok(false);
    }
    let indexed: i64 = schema::hold(&text)?.query_row("SELECT upto FROM state", [], |row| row.get(0))?;
    let data = schema::hold(&folder.file(Part::Data, day))?;
    let there: i64 = data.query_row("SELECT COALESCE(MAX(pk), 0) FROM spans", [], |row| row.get(0))?;
    // Layouts without this table never removed a span.
    let has_removed = data.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'removed'")?.exists([])?;
    let removed =
        if has_removed { data.query_row("SELECT last FROM removed", [], |row| row.get(0))? } else { 0 };
    Ok(indexed > there.max(removed))
}
