//! Rebuild of a catalog from the days: dictionaries, and the home days of traces with spans of other days.
//! Only the old catalog has the holds of traces.

use std::fs;
use std::path::{Path, PathBuf};

use quipu_core::{Clock, ErrorKind, Result, SystemClock, Timestamp};
use rusqlite::Connection;

use crate::catalog::{NOTE_MEETING, NOTE_STRAY};
use crate::check;
use crate::codec::Dictionary;
use crate::config::{Config, Durability};
use crate::fault::{self, Fault};
use crate::folder::{Day, Folder, Part};
use crate::holds;
use crate::listed;
use crate::schema::{self, Access, CATALOG, DAY};
use crate::strays::strays;

const CACHE_KIB: u32 = 1_024;

/// Result of the repair of a damaged catalog.
pub(super) struct Mended {
    /// Its new path.
    pub(super) aside: PathBuf,
    /// Number of readable holds.
    pub(super) held: u64,
    /// Whether these are all holds.
    pub(super) all_held: bool,
}

/// Rebuilds the catalog if it is damaged.
pub(super) fn mend(folder: &Folder) -> Result<Option<Mended>> {
    let path = folder.catalog();
    match sound(folder) {
        Ok(true) => Ok(None),
        Err(fault) if fault.kind() != ErrorKind::Damaged => Err(fault.at("repair store", &path)),
        Ok(false) | Err(_) => {
            let aside = set_aside(folder).map_err(|error| Fault::from(error).at("repair store", &path))?;
            let rebuilt = rebuild(folder, aside.as_deref());
            let (held, all_held) = rebuilt.map_err(|fault| fault.at("repair store", &path))?;
            Ok(aside.map(|aside| Mended { aside, held, all_held }))
        }
    }
}

fn sound(folder: &Folder) -> fault::Result<bool> {
    if fs::metadata(folder.catalog()).map_or(true, |file| file.len() == 0) {
        return Ok(false);
    }
    // A migration keeps a copy meanwhile.
    crate::migrate::catalog(folder, &Config::at(folder.root()))?;
    let conn = open(folder)?;
    Ok(is_whole(&conn)? && check::dictionaries(&conn)?.is_empty())
}

fn open(folder: &Folder) -> fault::Result<Connection> {
    let access = Access::Write { cache_kib: CACHE_KIB, durability: Durability::Disk };
    schema::open(&CATALOG, &folder.catalog(), access)
}

/// Removes a day that was set aside from the list of days.
pub(super) fn strike(folder: &Folder, day: Day) -> Result<()> {
    let done = open(folder).and_then(|conn| listed::strike(&conn, day));
    done.map_err(|fault| fault.at("repair store", &folder.catalog()))
}

/// Removes days with missing files from the list, and clears notes on earlier missing files. Returns one
/// sentence for each.
pub(super) fn strike_missing(folder: &Folder) -> Result<Vec<String>> {
    let strike = || -> fault::Result<Vec<String>> {
        let mut conn = open(folder)?;
        listed::settle(&mut conn, folder)?;
        let mut lost = Vec::new();
        for (day, found) in listed::all(&conn)? {
            let is_there = folder.file(Part::Data, day).exists();
            if is_there && found.is_none() {
                continue;
            }
            lost.push(format!(
                "Day {day}: its file is missing, and its records are lost; is there a backup?"
            ));
            listed::strike(&conn, day)?;
            if is_there {
                listed::add(&mut conn, &[day])?;
            }
        }
        schema::fold(&conn);
        Ok(lost)
    };
    strike().map_err(|fault| fault.at("repair store", &folder.catalog()))
}

fn is_whole(conn: &Connection) -> fault::Result<bool> {
    Ok(conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))? == "ok")
}

/// Adds missing traces with spans of several days to an intact catalog, and returns their number.
pub(super) fn learn_all_strays(folder: &Folder) -> Result<u64> {
    let learned = || -> fault::Result<u64> {
        let catalog = open(folder)?;
        let count = || catalog.query_row("SELECT COUNT(*) FROM strays", [], |row| row.get::<_, u64>(0));
        let before = count()?;
        for (day, conn) in readable(folder)? {
            learn_strays(&catalog, &conn, day)?;
        }
        let learned = count()?.saturating_sub(before);
        schema::fold(&catalog);
        Ok(learned)
    };
    learned().map_err(|fault| fault.at("repair store", &folder.catalog()))
}

/// Days that can be opened. The others have nothing to contribute.
fn readable(folder: &Folder) -> fault::Result<impl Iterator<Item = (Day, Connection)>> {
    Ok(folder.days()?.into_iter().filter_map(|day| {
        let path = folder.file(Part::Data, day);
        Some((day, schema::open(&DAY, &path, Access::Read { cache_kib: CACHE_KIB }).ok()?))
    }))
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

/// Writes a new catalog. Returns the number of holds copied from the old one, and whether these are all.
fn rebuild(folder: &Folder, aside: Option<&Path>) -> fault::Result<(u64, bool)> {
    let mut catalog =
        crate::catalog::open(folder, &Config { durability: Durability::Disk, ..Config::at(folder.root()) })?;
    let seconds = SystemClock.now().nanos() / Timestamp::SECOND;
    // Ledger rows have the number of the opening that wrote them, so no number may repeat.
    catalog.execute("INSERT INTO meta(key, value) VALUES ('epoch', ?1)", [seconds])?;
    let held = aside.map_or(Ok((0, false)), |aside| keep_holds(&mut catalog, aside))?;
    aside.map_or(Ok(()), |aside| keep_list(&mut catalog, aside))?;
    for (day, conn) in readable(folder)? {
        if let Err(fault) = learn(&catalog, &conn, day) {
            let error = fault.at("repair store", &folder.file(Part::Data, day));
            tracing::warn!(%day, %error, "cannot add a day's traces to the catalog");
        }
    }
    schema::fold(&catalog);
    Ok(held)
}

/// Copies the readable holds.
fn keep_holds(catalog: &mut Connection, aside: &Path) -> fault::Result<(u64, bool)> {
    let Ok(old) = schema::open(&CATALOG, aside, Access::Read { cache_kib: CACHE_KIB }) else {
        return Ok((0, false));
    };
    let (holds, all) = holds::readable(&old);
    let all = all && is_whole(&old).unwrap_or(false);
    Ok((holds::write(catalog, &holds, &[])?, all))
}

/// Copies the readable list of days, so a missing day is still reported.
fn keep_list(catalog: &mut Connection, aside: &Path) -> fault::Result<()> {
    let old = schema::open(&CATALOG, aside, Access::Read { cache_kib: CACHE_KIB });
    let days: Vec<Day> = old.and_then(|old| listed::all(&old)).unwrap_or_default().into_keys().collect();
    listed::add(catalog, &days)
}

fn learn(catalog: &Connection, conn: &Connection, day: Day) -> fault::Result<()> {
    let mut look = conn.prepare("SELECT bytes FROM dicts")?;
    for bytes in look.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
        let dictionary = Dictionary::read(bytes?)?;
        if dictionary.id != Dictionary::shipped().id {
            crate::catalog::keep_dictionary(catalog, &dictionary, day.start().nanos() / Timestamp::SECOND)?;
        }
    }
    learn_strays(catalog, conn, day)
}

/// Adds the home day of traces with spans of other days to the catalog.
fn learn_strays(catalog: &Connection, conn: &Connection, day: Day) -> fault::Result<()> {
    for (trace, meeting) in strays(conn, day)? {
        catalog.prepare_cached(NOTE_STRAY)?.execute((trace, day.0))?;
        if let Some(meeting) = meeting {
            catalog.prepare_cached(NOTE_MEETING)?.execute((meeting, day.0))?;
        }
    }
    Ok(())
}
