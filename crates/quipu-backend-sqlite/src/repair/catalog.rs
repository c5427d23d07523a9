//! A catalog from the days: dictionaries, and the homes of traces that have spans of other days.

use std::fs;
use std::path::PathBuf;

use quipu_core::{Clock, ErrorKind, Result, SystemClock, Timestamp};
use rusqlite::Connection;

use crate::codec::Dictionary;
use crate::config::{Config, Durability};
use crate::fault::{self, Fault};
use crate::folder::{Day, Folder, Part};
use crate::schema::{self, Access, CATALOG, DAY};

const CACHE_KIB: u32 = 1_024;

/// Makes the catalog anew where it is damaged; gives the name that the old one has now.
pub(super) fn mend(folder: &Folder) -> Result<Option<PathBuf>> {
    let path = folder.catalog();
    match sound(folder) {
        Ok(true) => Ok(None),
        Err(fault) if fault.kind() != ErrorKind::Damaged => Err(fault.at("repair store", &path)),
        Ok(false) | Err(_) => {
            let aside = set_aside(folder).map_err(|error| Fault::from(error).at("repair store", &path))?;
            rebuild(folder).map_err(|fault| fault.at("repair store", &path))?;
            Ok(aside)
        }
    }
}

fn sound(folder: &Folder) -> fault::Result<bool> {
    if !folder.catalog().exists() {
        return Ok(false);
    }
    schema::peek(&CATALOG, &folder.catalog())?;
    let access = Access::Write { cache_kib: CACHE_KIB, durability: Durability::Disk };
    let conn = schema::open(&CATALOG, &folder.catalog(), access)?;
    Ok(conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))? == "ok")
}

fn set_aside(folder: &Folder) -> std::io::Result<Option<PathBuf>> {
    let path = folder.catalog();
    let free = |number: u32| path.with_extension(format!("db.damaged-{number}"));
    let aside = (1..).map(free).find(|name| !name.exists()).unwrap_or_else(|| free(0));
    let was_there = path.exists();
    for (from, to) in Folder::with_companions(&path).iter().zip(Folder::with_companions(&aside)) {
        if from.exists() {
            fs::rename(from, to)?;
        }
    }
    Ok(was_there.then_some(aside))
}

fn rebuild(folder: &Folder) -> fault::Result<()> {
    let catalog =
        crate::catalog::open(folder, &Config { durability: Durability::Disk, ..Config::at(folder.root()) })?;
    let seconds = SystemClock.now().nanos() / Timestamp::SECOND;
    // Ledger rows remember by which opening they were written: no number comes twice.
    catalog.execute("INSERT INTO meta(key, value) VALUES ('epoch', ?1)", [seconds])?;
    for day in folder.days()? {
        let path = folder.file(Part::Data, day);
        // A day that cannot be read has nothing to tell.
        let Ok(conn) = schema::open(&DAY, &path, Access::Read { cache_kib: CACHE_KIB }) else { continue };
        if let Err(fault) = learn(&catalog, &conn, day) {
            tracing::warn!(%day, error = %fault.at("repair store", &path), "the catalog learns nothing of a day");
        }
    }
    schema::fold(&catalog);
    Ok(())
}

fn learn(catalog: &Connection, conn: &Connection, day: Day) -> fault::Result<()> {
    let mut look = conn.prepare("SELECT bytes FROM dicts")?;
    for bytes in look.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
        let dictionary = Dictionary::read(bytes?)?;
        if dictionary.id != Dictionary::shipped().id {
            crate::catalog::keep_dictionary(catalog, &dictionary, day.start().nanos() / Timestamp::SECOND)?;
        }
    }
    let range = (day.start().nanos(), day.plus(1).start().nanos());
    let mut look = conn.prepare(
        "SELECT DISTINCT t.trace, s.meeting FROM spans s JOIN traces t ON t.pk = s.tr WHERE s.start < ?1 OR s.start >= ?2",
    )?;
    let mut rows = look.query(range)?;
    while let Some(row) = rows.next()? {
        let (trace, meeting): (Vec<u8>, Option<i64>) = (row.get(0)?, row.get(1)?);
        catalog
            .prepare_cached("INSERT INTO strays(trace, day) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute((trace, day.0))?;
        if let Some(meeting) = meeting {
            catalog
                .prepare_cached(
                    "INSERT INTO stray_meetings(meeting, day) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )?
                .execute((meeting, day.0))?;
        }
    }
    Ok(())
}
