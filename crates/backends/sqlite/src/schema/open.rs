//! Opening of a file: check of its mark and version, and connection options.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use quipu_core::{Error, ErrorKind};
use rusqlite::{Connection, OpenFlags};

use crate::config::Durability;
use crate::fault::{Fault, NAME, Result};
use crate::folder::Folder;
use crate::pages;
use crate::schema::Layout;
use crate::schema::make::make;

/// Number of pages in the write-ahead log at which it is moved into the file. It is large enough that a page
/// that changes with every group is moved once for many groups.
const WAL_PAGES: u32 = 2_000;
const WAL_BYTES: u32 = 16 << 20;
/// Time to wait for readers before the write-ahead log is left for the next time.
const FOLD_WAIT: Duration = Duration::from_millis(250);

/// Mode of opening a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access {
    /// For reading. The file must exist in this build's version.
    Read { cache_kib: u32 },
    /// For writing. The file is created or migrated if needed.
    Write { cache_kib: u32, durability: Durability },
}

/// Opens a file of this layout.
pub(crate) fn open(layout: &Layout, path: &Path, access: Access) -> Result<Connection> {
    match access {
        Access::Read { cache_kib } => open_to_read(layout, path, cache_kib),
        Access::Write { .. } => open_sized(layout, path, access, layout.page_bytes),
    }
}

/// Opens a file of this layout. A new file gets pages of `page_bytes`.
pub(crate) fn open_sized(
    layout: &Layout,
    path: &Path,
    access: Access,
    page_bytes: u32,
) -> Result<Connection> {
    match access {
        Access::Read { cache_kib } => open_to_read(layout, path, cache_kib),
        Access::Write { cache_kib, durability } => {
            open_to_write(layout, path, (cache_kib, durability), page_bytes)
        }
    }
}

fn open_to_write(
    layout: &Layout,
    path: &Path,
    (cache_kib, durability): (u32, Durability),
    page_bytes: u32,
) -> Result<Connection> {
    if std::fs::metadata(path).map_or(true, |file| file.len() == 0) {
        make(layout, path, page_bytes)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = pages::connect(path, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    let version = version(&conn, layout, path)?;
    layout.migrate(&conn, version)?;
    let synchronous = if durability == Durability::Disk { "FULL" } else { "NORMAL" };
    conn.pragma_update(None, "synchronous", synchronous)?;
    // Data that moves to another page, for example when a table outgrows its first, is erased from the old
    // page. This serves later erasures.
    conn.pragma_update(None, "secure_delete", "FAST")?;
    conn.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
    // The excess of a burst is released when the log restarts.
    conn.query_row(&format!("PRAGMA journal_size_limit = {WAL_BYTES}"), [], |_| Ok(()))?;
    settle(&conn, cache_kib, 64)?;
    Ok(conn)
}

/// Moves the write-ahead log into the file and empties it, before a connection is closed. After an error, the
/// next opening does this.
pub(crate) fn fold(conn: &Connection) {
    let folded = conn
        .busy_timeout(FOLD_WAIT)
        .and_then(|()| conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0)));
    match folded {
        Ok(false) => {}
        Ok(true) => tracing::debug!("a write-ahead log remains during a read"),
        Err(error) => tracing::debug!(%error, "a write-ahead log remains until its file is opened again"),
    }
}

fn open_to_read(layout: &Layout, path: &Path, cache_kib: u32) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = pages::connect(path, flags)?;
    if cannot_open(&conn) && !Folder::with_companions(path)[1].exists() {
        // A closed store in a read-only folder: no other process writes it either.
        let uri = format!("file:{}?immutable=1", escape(path));
        conn = pages::connect_by(path, uri, flags | OpenFlags::SQLITE_OPEN_URI)?;
    }
    conn.busy_timeout(Duration::from_secs(5))?;
    let version = version(&conn, layout, path)?;
    if version == 0 {
        return Err(Fault::Unborn);
    }
    if version < layout.version() {
        return Err(older(layout, path, version));
    }
    // There may be a connection for each of many days.
    settle(&conn, cache_kib, 16)?;
    Ok(conn)
}

/// Moves the write-ahead log of a database of any layout into it, so the file alone is complete. It waits for
/// readers.
pub(crate) fn settle_log(path: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = pages::connect(path, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    let busy: bool = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        return Err(Error::new(
            ErrorKind::Locked,
            "migrate store",
            format!("{}: another process reads it", path.display()),
        )
        .of_backend(NAME)
        .into());
    }
    Ok(())
}

/// Opens a database of any layout for reading and begins a transaction on it. Until it is dropped, no data is
/// moved out of the write-ahead log that a copy of the two files would miss.
pub(crate) fn hold(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let own = pages::of_any(path)?;
    let mut conn = pages::connect_with(own, path, flags)?;
    if cannot_open(&conn) && !Folder::with_companions(path)[1].exists() {
        let uri = format!("file:{}?immutable=1", escape(path));
        conn = pages::connect_with(own, uri, flags | OpenFlags::SQLITE_OPEN_URI)?;
    }
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.execute_batch("BEGIN")?;
    conn.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(conn)
}

fn cannot_open(conn: &Connection) -> bool {
    let looked = conn.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()));
    matches!(looked, Err(rusqlite::Error::SqliteFailure(failure, _))
        if matches!(failure.code, rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly))
}

fn escape(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

fn settle(conn: &Connection, cache_kib: u32, statements: usize) -> Result<()> {
    conn.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.set_prepared_statement_cache_capacity(statements);
    Ok(())
}

fn version(conn: &Connection, layout: &Layout, path: &Path) -> Result<u32> {
    let version: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let mark: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    check(layout, path, version, mark)?;
    Ok(version)
}

fn check(layout: &Layout, path: &Path, version: u32, mark: i32) -> Result<()> {
    if version > 0 && mark != layout.mark {
        return Err(Fault::Damaged("it is not a file of this store"));
    }
    if version > layout.version() {
        let text = format!(
            "{}: the {} has layout version {version}, this build supports up to version {}; use a newer \
             build",
            path.display(),
            layout.what,
            layout.version()
        );
        return Err(Error::new(ErrorKind::Unsupported, "open store", text).of_backend(NAME).into());
    }
    Ok(())
}

fn older(layout: &Layout, path: &Path, version: u32) -> Fault {
    let text = format!(
        "{}: the {} has layout version {version}, this build needs version {}; open the store for writing once to migrate it",
        path.display(),
        layout.what,
        layout.version()
    );
    Error::new(ErrorKind::Unsupported, "open store", text).of_backend(NAME).into()
}

/// The version in a file's header, without opening it as a database; 0 if it is empty or being created.
///
/// # Errors
/// It is no database, not one of ours, or of a newer version.
pub(crate) fn peek(layout: &Layout, path: &Path) -> Result<u32> {
    let mut header = [0; 100];
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(0);
    }
    file.read_exact(&mut header).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => Fault::Damaged("it is too short to be a database"),
        _ => Fault::Io(error),
    })?;
    if &header[..16] != b"SQLite format 3\0" {
        return Err(Fault::Damaged("it is not a database"));
    }
    let word = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (version, mark) = (word(60), word(68));
    check(layout, path, version, mark.cast_signed())?;
    Ok(version)
}
