//! Books of accounts in one file that several processes share: what budgets have spent and reserved.

mod check;
mod erase;
mod sheet;

pub use check::{Checked, check, repair};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use quipu_core::{Accounts, Erasure, Error, ErrorKind, Result, Sheet};
use rusqlite::Connection;

use crate::fault::{Fault, NAME};
use crate::private;

/// Marks the file as ours (`PRAGMA application_id`).
const MARK: i32 = 0x5150_4201;
/// Version of the layout.
const VERSION: u32 = 1;
/// How long one process waits for another that writes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it waits at a time: a piece of work takes some 50 µs.
const NAP: Duration = Duration::from_micros(300);
/// Prepared statements that are kept.
const STATEMENTS: usize = 64;

/// Books of accounts in an SQLite file.
struct Shared {
    path: PathBuf,
    conn: Mutex<Option<Connection>>,
}

/// Opens books of accounts, usually `<data folder>/budgets.db`, and makes them where there are none. Any number of processes of one
/// machine may have them open; the file must not be on a network share. What was written survives the death of the process; of a loss
/// of power the last moments may be lost, but no definition of a budget that was acknowledged.
///
/// # Errors
/// [`ErrorKind::Damaged`]: the file is no such book. [`ErrorKind::Unsupported`]: a newer build wrote it. [`ErrorKind::Denied`] and
/// [`ErrorKind::Io`]: it cannot be opened for writing.
pub fn open(path: impl AsRef<Path>) -> Result<Arc<dyn Accounts>> {
    let path = path.as_ref().to_path_buf();
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private::folder(folder).map_err(|error| Fault::from(error).at("open accounts", folder))?;
    }
    let conn = connect(&path).map_err(|fault| fault.at("open accounts", &path))?;
    Ok(Arc::new(Shared { path, conn: Mutex::new(Some(conn)) }))
}

/// Connects. Where several processes make the file at the same moment, SQLite turns some of them away at once: they try again.
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
    // What cannot be made is told by SQLite.
    let _ = private::make(path);
    let mut conn = Connection::open(path)?;
    conn.busy_handler(Some(wait))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    let mark: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if tables == 0 {
        conn.pragma_update(None, "journal_mode", "WAL")?;
    } else if mark != MARK {
        return Err(Fault::Damaged("this is a database, but not one of accounts"));
    }
    // A commit is safe from the death of a process; only a checkpoint waits for the disk.
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let done = lay_out(&conn).and_then(|()| Ok(conn.execute_batch("COMMIT")?));
    if done.is_err() {
        let _ = conn.execute_batch("ROLLBACK");
    }
    done.map(|()| conn)
}

/// Makes the tables, unless another process has done so since.
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
            let text =
                format!("accounts of version {newer}, this build knows {VERSION}: a newer build wrote them");
            Err(Error::new(ErrorKind::Unsupported, "open accounts", text).of_backend(NAME).into())
        }
    }
}

/// Forces all that was committed to the disk: a commit that is forced takes those before it along, which are in the same log. Definitions
/// of budgets are worth the wait, what calls reserve and settle is not: that is some hundred commits a second. The version is raised
/// because SQLite writes no frame, and so forces nothing, when an update leaves a row as it was.
fn force(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "synchronous", "FULL")?;
    let forced = conn.execute("UPDATE meta SET value = value + 1 WHERE name = 'version'", []);
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    forced.map(drop)
}

/// Waits a little for another process; not for ever.
fn wait(times: i32) -> bool {
    let waited = NAP.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX));
    if waited >= PATIENCE {
        return false;
    }
    std::thread::sleep(NAP);
    true
}

impl Shared {
    /// Works on the connection alone. One whose state is not known is not used again.
    fn alone<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut slot = self.conn.lock();
        let conn = match slot.take() {
            Some(conn) => conn,
            None => connect(&self.path).map_err(|fault| fault.at("write accounts", &self.path))?,
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
            let mut sheet = sheet::Open { conn, path: &self.path, defined: false };
            let worked = work(&mut sheet);
            let defined = sheet.defined;
            let end = if worked.is_ok() { "COMMIT" } else { "ROLLBACK" };
            let ended = conn.prepare_cached(end).and_then(|mut end| end.execute([]));
            let ended = ended.and_then(|_| if defined && worked.is_ok() { force(conn) } else { Ok(()) });
            worked?;
            ended.map_err(failed)
        })
    }

    fn erase(&self, whose: &Erasure<'_>, dry_run: bool) -> Result<u64> {
        self.alone(|conn| {
            erase::erase(conn, whose, dry_run).map_err(|fault| fault.at("erase accounts", &self.path))
        })
    }
}
