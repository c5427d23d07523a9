//! Catalog of the whole store: data that belongs to no single day.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use crate::codec::Dictionary;
use crate::config::Config;
use crate::fault::Result;
use crate::folder::{Day, Folder};
use crate::schema::{self, Access, CATALOG};

const CACHE_KIB: u32 = 256;

/// Notes the home day of a trace that has spans of other days.
pub(crate) const NOTE_STRAY: &str =
    "INSERT INTO strays(trace, day) VALUES (?1, ?2) ON CONFLICT(trace) DO UPDATE SET day = excluded.day";
/// Notes the home day of a trace in a meeting that has spans of other days.
pub(crate) const NOTE_MEETING: &str =
    "INSERT INTO stray_meetings(meeting, day) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

/// Whether it lists meetings with spans of other days.
pub(crate) fn has_stray_meetings(catalog: &Connection) -> Result<bool> {
    Ok(catalog.query_row("SELECT EXISTS (SELECT 1 FROM stray_meetings)", [], |row| row.get(0))?)
}

/// Opens the catalog for writing.
pub(crate) fn open(folder: &Folder, config: &Config) -> Result<Connection> {
    let access = Access::Write { cache_kib: CACHE_KIB, durability: config.durability };
    schema::open(&CATALOG, &folder.catalog(), access)
}

/// Opens the catalog for reading.
pub(crate) fn open_to_read(folder: &Folder) -> Result<Connection> {
    schema::open(&CATALOG, &folder.catalog(), Access::Read { cache_kib: CACHE_KIB })
}

/// Counts the openings for writing; gives the number of this one.
pub(crate) fn next_epoch(catalog: &Connection) -> Result<u64> {
    catalog.execute(
        "INSERT INTO meta(key, value) VALUES ('epoch', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1",
        [],
    )?;
    Ok(catalog.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))?)
}

/// The dictionary for new bodies: the store's own once it is trained, otherwise the shipped one.
pub(crate) fn dictionary(catalog: &Connection) -> Result<Arc<Dictionary>> {
    let own: Option<Vec<u8>> = catalog
        .query_row("SELECT bytes FROM dicts ORDER BY trained DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    Ok(Arc::new(own.map_or_else(|| Ok(Dictionary::shipped()), Dictionary::read)?))
}

/// The number of dictionaries that the store has trained.
pub(crate) fn trained(catalog: &Connection) -> Result<u32> {
    Ok(catalog.query_row("SELECT COUNT(*) FROM dicts", [], |row| row.get(0))?)
}

/// Stores a trained dictionary.
pub(crate) fn keep_dictionary(catalog: &Connection, dictionary: &Dictionary, at_seconds: i64) -> Result<()> {
    catalog.execute(
        "INSERT INTO dicts(id, bytes, trained) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        (dictionary.id, &dictionary.bytes, at_seconds),
    )?;
    Ok(())
}

/// Key prefix of the notes on days whose files must be rewritten.
const UNCLEAN: &str = "unclean:";

/// Notes that a day's file may contain bytes of removed records.
pub(crate) fn note_unclean(catalog: &Connection, day: Day) -> Result<()> {
    catalog
        .execute("INSERT OR IGNORE INTO meta(key, value) VALUES (?1, 1)", [format!("{UNCLEAN}{}", day.0)])?;
    Ok(())
}

/// Removes that note.
pub(crate) fn note_clean(catalog: &Connection, day: Day) -> Result<()> {
    catalog.execute("DELETE FROM meta WHERE key = ?1", [format!("{UNCLEAN}{}", day.0)])?;
    Ok(())
}

/// Days whose files may contain bytes of removed records, the oldest first.
pub(crate) fn unclean(catalog: &Connection) -> Result<Vec<Day>> {
    let mut look = catalog.prepare_cached("SELECT key FROM meta WHERE key LIKE 'unclean:%'")?;
    let keys = look.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut days: Vec<Day> =
        keys.iter().filter_map(|key| Some(Day(key.strip_prefix(UNCLEAN)?.parse().ok()?))).collect();
    days.sort_unstable();
    Ok(days)
}
