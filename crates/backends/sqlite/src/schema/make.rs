//! Creation of a new file: under a temporary name, with one sync, then renamed.
//!
//! A file is complete as soon as it has its name. SQLite alone would sync it and its journal several times.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;

use crate::fault::Result;
use crate::folder::{Folder, MAKING};
use crate::pages;
use crate::private;
use crate::schema::Layout;

/// The temporary name of a file.
pub(crate) fn making(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(MAKING);
    name.into()
}

/// Removes any file of this name.
pub(crate) fn clear_away(path: &Path) -> Result<()> {
    for left in Folder::with_companions(path) {
        if left.exists() {
            fs::remove_file(left)?;
        }
    }
    Ok(())
}

/// Adds a write-ahead log to a new file with a temporary name, and syncs it.
pub(crate) fn set_log(new: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = pages::connect(new, flags)?;
    conn.pragma_update(None, "synchronous", "OFF")?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.close().map_err(|(_, error)| error)?;
    Ok(File::open(new)?.sync_all()?)
}

/// Creates the file with pages of `page_bytes`. An existing file must be empty; it is replaced.
pub(super) fn make(layout: &Layout, path: &Path, page_bytes: u32) -> Result<()> {
    let new = making(path);
    clear_away(&new)?;
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    private::make(&new)?;
    let conn = pages::connect(&new, flags)?;
    conn.pragma_update(None, "page_size", page_bytes)?;
    if layout.shrinks {
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    conn.pragma_update(None, "synchronous", "OFF")?;
    conn.pragma_update(None, "journal_mode", "MEMORY")?;
    layout.take_steps_at_once(&conn, 0)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.close().map_err(|(_, error)| error)?;
    File::open(&new)?.sync_all()?;
    // A log of an earlier file must never be used as a log of the new file.
    clear_away(path)?;
    fs::rename(&new, path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::schema::{self, Access, DAY};

    #[test]
    fn a_log_that_an_earlier_file_left_is_not_read_into_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.db");
        let access = Access::Write { cache_kib: 256, durability: crate::Durability::Os };
        let conn = schema::open(&DAY, &path, access).unwrap();
        conn.execute("INSERT INTO dims(kind, text) VALUES (0, 'old')", []).unwrap();
        let log = folder.path().join("d.db-wal");
        let left = std::fs::read(&log).unwrap();
        assert!(!left.is_empty());
        drop(conn);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&log, left).unwrap();
        let conn = schema::open(&DAY, &path, access).unwrap();
        let rows: i64 = conn.query_row("SELECT COUNT(*) FROM dims", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 0);
        let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
}
