//! After the machine itself went down: what no single file can put right.
//!
//! SQLite brings each file back to a state between two commits. Where commits are not forced to the disk, a file may come back older than
//! another: full text may then know spans that its day lost, whose numbers are given anew.

use std::fs;

use rusqlite::{Connection, OptionalExtension};

use crate::fault::Result;
use crate::folder::{Day, Folder, Part};
use crate::schema;

/// Of the running kernel: another one after each start of the machine.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

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
        let why = match is_ahead(folder, day) {
            Ok(false) => continue,
            Ok(true) => "it knows spans that a power cut took".to_owned(),
            // All of it is in the day: what cannot be told sound is made anew.
            Err(fault) => fault.at("compare with its day", &folder.file(Part::Text, day)).to_string(),
        };
        tracing::warn!(%day, why, "full text is built anew");
        folder.remove(Part::Text, day)?;
    }
    catalog.execute(
        "INSERT INTO meta(key, value) VALUES ('boot', ?1) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
        [now],
    )?;
    Ok(())
}

/// Reads layouts of any version: at this moment those of an older build have not been brought to this one's yet.
fn is_ahead(folder: &Folder, day: Day) -> Result<bool> {
    let text = folder.file(Part::Text, day);
    if !text.exists() {
        return Ok(false);
    }
    let indexed: i64 = schema::hold(&text)?.query_row("SELECT upto FROM state", [], |row| row.get(0))?;
    let data = schema::hold(&folder.file(Part::Data, day))?;
    let there: i64 = data.query_row("SELECT COALESCE(MAX(pk), 0) FROM spans", [], |row| row.get(0))?;
    // Before there was this table no span was removed.
    let has_removed = data.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'removed'")?.exists([])?;
    let removed =
        if has_removed { data.query_row("SELECT last FROM removed", [], |row| row.get(0))? } else { 0 };
    Ok(indexed > there.max(removed))
}
