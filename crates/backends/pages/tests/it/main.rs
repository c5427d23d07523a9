//! Databases as SQLite reads and writes them through this crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod crashes;
mod files;
mod flips;
mod keys;
mod sums;

use std::path::{Path, PathBuf};

use quipu_pages::{MasterKey, Pages};
use rusqlite::{Connection, OpenFlags};

/// A word that must not occur on disk.
const SECRET: &str = "pomegranate-";

fn key(seed: u8) -> MasterKey {
    MasterKey::from_bytes(std::array::from_fn(|at| seed.wrapping_add(u8::try_from(at).unwrap())))
}

/// Both kinds of protection.
fn both() -> [Pages; 2] {
    [Pages::clear(true).unwrap(), Pages::sealed(key(1)).unwrap()]
}

fn open(pages: Pages, path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = pages.connect(path, flags)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    if quipu_pages::inspect(path).is_ok_and(|kind| kind == quipu_pages::Kind::Empty) {
        conn.pragma_update(None, "page_size", 4_096)?;
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    conn.pragma_update(None, "journal_mode", "WAL")?;
    Ok(conn)
}

/// Texts of many lengths, some of them longer than several pages.
fn text(number: i64) -> String {
    let length = usize::try_from(number * 7_919 % 97 * number % 30_000).unwrap();
    format!("{SECRET}{number} ").repeat(1 + length / 16)
}

fn fill(conn: &Connection, numbers: std::ops::Range<i64>) -> rusqlite::Result<()> {
    conn.execute_batch("CREATE TABLE IF NOT EXISTS words(id INTEGER PRIMARY KEY, word TEXT)")?;
    conn.execute_batch("BEGIN")?;
    for number in numbers {
        conn.execute("INSERT INTO words VALUES (?1, ?2)", (number, text(number)))?;
    }
    conn.execute_batch("COMMIT")
}

/// The rows, each compared with the written text; an error if SQLite returns one.
fn rows(conn: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut look = conn.prepare("SELECT id, word FROM words ORDER BY id")?;
    let rows = look.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (number, word) = row?;
        assert_eq!(word, text(number), "row {number} is not what was written");
        Ok(number)
    })
    .collect()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

/// Copies a database and its log in the state after a crash.
fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
    if beside(from, "-wal").exists() {
        std::fs::copy(beside(from, "-wal"), beside(to, "-wal")).unwrap();
    }
}
