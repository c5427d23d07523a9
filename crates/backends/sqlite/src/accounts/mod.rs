//! Accounts in one file that several processes share: spent and reserved amounts of budgets.

mod check;
mod defined;
mod erase;
mod sheet;

pub use check::{Checked, check, repair};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use quipu_core::locks::Mutex;
use quipu_core::{Accounts, Erasure, Error, ErrorKind, Result, Sheet};
use rusqlite::Connection;

use crate::fault::{Fault, NAME};
use crate::private;

/// Identifies the file as ours (`PRAGMA application_id`).
const MARK: i32 = 0x5150_4201;
/// Version of the layout.
const VERSION: u32 = 1;
/// Timeout of the wait for another writing process.
const PATIENCE: Duration = Duration::from_secs(10);
/// Duration of a single wait. One unit of work takes some 50 µs.
const NAP: Duration = Duration::from_micros(300);
/// Looks at a file that seems damaged, before it counts as damaged. SQLite reports a failed read (`EIO`) as
/// damage.
const LOOKS: u32 = 3;
/// The wait between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// Maximum number of cached prepared statements.
const STATEMENTS: usize = 64;

/// Accounts in an SQLite file.
struct Shared {
    path: PathBuf,
    conn: Mutex<Option<Connection>>,
    /// The marker of used accounts exists.
    is_noted: AtomicBool,
}

/// Opens the accounts, usually `<data folder>/budgets.db`, and creates the file if it is missing. Any number
/// of processes of one machine may have it open. It must not be on a network share.
///
/// Committed data survives the death of the process. A power cut may lose the last moments, but no
/// acknowledged definition of a budget.
///
/// # Errors
/// [`ErrorKind::Damaged`]: the file has no accounts, or is missing although it had definitions or amounts of
/// budgets.
/// [`ErrorKind::Unsupported`]: a newer build wrote it. [`ErrorKind::Denied`] and [`ErrorKind::Io`]: it cannot
/// be opened for writing.
pub fn open(path: impl AsRef<Path>) -> Result<Arc<dyn Accounts>> {
    let path = path.as_ref().to_path_buf();
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private::folder(folder).map_err(|error| Fault::from(error).at("open accounts", folder))?;
    }
    let conn = looked_again(|| defined::is_whole(&path).and_then(|()| connect(&path)));
    let conn = conn.map_err(|fault| fault.at("open accounts", &path))?;
    let is_noted = AtomicBool::new(defined::is_noted(&path));
    Ok(Arc::new(Shared { path, conn: Mutex::new(Some(conn)), is_noted }))
}

/// Whether the accounts exist, or existed: lost accounts with definitions or amounts of budgets count, so
/// that [`open`] reports them.
pub fn exist(path: impl AsRef<Path>) -> bool {
    let path = path.as_ref();
    path.exists() || defined::is_noted(path)
}

/// Opens a file again if it seems damaged: each look is a new connection without cached pages.
fn looked_again<T>(mut look: impl FnMut() -> Result<T, Fault>) -> Result<T, Fault> {
    for _ in 1..LOOKS {
        match look() {
            Err(fault) if fault.kind() == ErrorKind::Damaged => std::thread::sleep(PAUSE),
            answer => return answer,
        }
    }
    look()
}

/// Connects, with retries. If several processes create the file at the same moment, SQLite rejects some of
/// them at once.
fn connect(path: &Path) -> Result<Connection, Fault> {
    let since = Instant::now();
    loop {
        match connect_once(path) {
            Err(fault) if fault.kind() == ErrorKind::Locked && since.elapsed() < PATIENCE => {
                std::thread::sleep(NAP)
            }
            answer => return answer,
        }
    }
}

fn connect_once(path: &Path) -> Result<Connection, Fault> {
    // SQLite reports a file that cannot be created.
    let _ = private::make(path);
    let mut conn = Connection::open(path)?;
    conn.busy_handler(Some(wait))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    let mark: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if tables == 0 {
        conn.pragma_update(None, "journal_mode", "WAL")?;
    } else if mark != MARK {
        return Err(Fault::Damaged("this is a database, but not the accounts of budgets"));
    }
    // A commit survives the death of a process; only a checkpoint waits for the disk.
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let done = lay_out(&conn).and_then(|()| Ok(conn.execute_batch("COMMIT")?));
    if done.is_err() {
        let _ = conn.execute_batch("ROLLBACK");
    }
    done.map(|()| conn)
}

/// Creates the tables, unless another process has created them meanwhile.
fn lay_out(conn: &Connection) -> Result<(), Fault> {
    let version: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        0 => {
            conn.execute_batch(include_str!("layout.sql"))?;
            conn.pragma_update(None, "application_id", MARK)?;
            conn.pragma_update(None, "user_version", VERSION)?;
            Ok(())
        }
        VERSION => Ok(()),
        newer => {
            let text = format!(
                "the accounts have version {newer}, this build supports up to {VERSION}: use a newer build"
            );
            Err(Error::new(ErrorKind::Unsupported, "open accounts", text).of_backend(NAME).into())
        }
    }
}

/// Syncs all commits to the disk. A synced commit includes the earlier ones, which are in the same log. The
/// wait is acceptable for definitions of budgets, but not for reservations and settlements of calls: it
/// allows only some hundred commits a second. The version is incremented because SQLite writes no frame, and
/// so syncs nothing, if an update leaves a row unchanged.
fn force(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "synchronous", "FULL")?;
    let forced = conn.execute("UPDATE meta SET value = value + 1 WHERE name = 'version'", []);
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    forced.map(drop)
}

/// Waits a little for another process, up to the timeout.
fn wait(times: i32) -> bool {
    let waited = NAP.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX));
    if waited >= PATIENCE {
        return false;
    }
    std::thread::sleep(NAP);
    true
}

impl Shared {
    /// Runs `work` with exclusive use of the connection. A connection in an unknown state is not used again.
    fn alone<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut slot = self.conn.lock();
        let conn = match slot.take() {
            Some(conn) => conn,
            None => looked_again(|| connect(&self.path))
                .map_err(|fault| fault.at("write accounts", &self.path))?,
        };
        let done = work(&conn);
        if conn.is_autocommit() {
            *slot = Some(conn);
        }
        done
    }
}

impl Accounts for Shared {
    fn transact(&self, work: &mut dyn FnMut(&mut dyn Sheet) -> Result<()>) -> Result<()> {
        let failed = |error: rusqlite::Error| Fault::from(error).at("write accounts", &self.path);
        self.alone(|conn| {
            conn.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute([])).map_err(failed)?;
            let mut sheet = sheet::Open { conn, path: &self.path, defined: false, charged: false };
            let worked = work(&mut sheet);
            let is_first = sheet.charged && !self.is_noted.load(Ordering::Relaxed);
            let to_note = sheet.defined || is_first;
            let end = if worked.is_ok() { "COMMIT" } else { "ROLLBACK" };
            let ended = conn.prepare_cached(end).and_then(|mut end| end.execute([]));
            let to_note = to_note && worked.is_ok();
            let ended = ended.and_then(|_| if to_note { force(conn) } else { Ok(()) });
            worked?;
            ended.map_err(failed)?;
            if to_note {
                defined::note(&self.path)
                    .map_err(|error| Fault::from(error).at("write accounts", &self.path))?;
                self.is_noted.store(true, Ordering::Relaxed);
            }
            Ok(())
        })
    }

    fn erase(&self, whose: &Erasure<'_>, dry_run: bool) -> Result<u64> {
        self.alone(|conn| {
            erase::erase(conn, whose, dry_run).map_err(|fault| fault.at("erase accounts", &self.path))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_that_cannot_be_read_once_are_not_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("budgets.db");
        drop(open(&path).unwrap());
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [0xa5; 8_192]).unwrap();
        let mut looks = 0;
        let opened = looked_again(|| {
            looks += 1;
            if looks == 2 {
                std::fs::write(&path, &whole).unwrap();
            }
            connect(&path)
        });
        assert!(opened.is_ok() && looks == 2, "{looks}: {opened:?}");
        std::fs::write(&path, [0xa5; 8_192]).unwrap();
        let Err(damaged) = open(&path) else { panic!("a damaged file is opened") };
        assert_eq!(damaged.kind(), ErrorKind::Damaged);
    }
}
