//! Copy of one file during concurrent writes.
//!
//! A database is copied as two files, the database and its write-ahead log, while a read transaction is open
//! on it. Because of the way SQLite keeps a log (<https://sqlite.org/walformat.html>, sections 2.3 and 4),
//! the pair is a state after some commit:
//!
//! - While we read from the log, frames up to our mark stay in it, and only those may be moved into the
//!   database meanwhile. A page that changes during the copy is in the log, which is copied next. Opening the
//!   pair takes the page from there.
//! - While we read from the database alone, because all of the log was moved into it, no process may move
//!   anything into it. The log may restart once. If the log's head changed during a copy, the copy is
//!   repeated.
//!
//! The copied bytes are the file's own, so encrypted data stays encrypted. Files are closed after the
//! transaction ends, because closing a file releases all locks of the process on it
//! (<https://sqlite.org/howtocorrupt.html>, section 2.2).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use quipu_core::{ErrorKind, Result};

use super::files::Listed;
use super::inspect::Looked;
use super::manifest::Entry;
use super::pack::Pack;
use super::{error, failed};
use crate::folder::Folder;
use crate::schema;

/// Bytes at the start of a write-ahead log that change when it restarts.
const LOG_HEAD: usize = 32;
/// Maximum number of replacements of a file during its copy.
const TRIES: u32 = 8;

/// Copies a database and its log.
pub(super) fn database(pack: &mut Pack, file: &Listed) -> Result<Copied> {
    HeldDatabase::in_place(file)?.copy(pack, file)
}

/// A copied database.
pub(super) struct Copied {
    pub(super) entries: Vec<Entry>,
    pub(super) looked: Looked,
}

/// A database in a stable state.
pub(super) struct HeldDatabase {
    data: File,
    /// Its log. A later file of the same name may belong to another database.
    log: Option<File>,
    /// Its drop ends the transaction before the file is closed.
    reading: Option<rusqlite::Connection>,
}

impl Drop for HeldDatabase {
    fn drop(&mut self) {
        self.reading.take();
    }
}

impl HeldDatabase {
    /// Opens the file at its path in a stable state.
    pub(super) fn in_place(file: &Listed) -> Result<Self> {
        for _ in 0..TRIES {
            let held = Self::new(&file.path)?;
            if held.is_in_place(&file.path)? {
                return Ok(held);
            }
        }
        let text = format!("{}: another process keeps replacing it", file.path.display());
        Err(error(ErrorKind::Unavailable, "back up", text))
    }

    /// Its statements about days and spans.
    pub(super) fn look(&self) -> Looked {
        self.reading.as_ref().map(Looked::of).unwrap_or_default()
    }

    /// The same in a later transaction.
    fn look_anew(&self) -> Looked {
        let again = self.reading.as_ref().and_then(|conn| conn.execute_batch("COMMIT; BEGIN").ok());
        again.map(|()| self.look()).unwrap_or_default()
    }

    fn new(path: &Path) -> Result<Self> {
        let data = File::open(path).map_err(failed("back up", path))?;
        let reading = match schema::hold(path) {
            Ok(reading) => Some(reading),
            // A damaged file is worth keeping too; it is not written to.
            Err(fault) if fault.kind() == ErrorKind::Damaged => None,
            Err(fault) => return Err(fault.at("back up", path)),
        };
        let [_, log, _] = Folder::with_companions(path);
        if std::fs::metadata(&log).is_ok_and(|log| !log.is_file()) {
            let text = format!("{}: expected a write-ahead log, and it is not a file", log.display());
            return Err(error(ErrorKind::Invalid, "back up", text));
        }
        let log = match File::open(&log) {
            Ok(log) => Some(log),
            Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => None,
            Err(cause) => return Err(failed("back up", &log)(cause)),
        };
        Ok(Self { data, log, reading })
    }

    /// Whether the file that we opened is the file of the transaction.
    fn is_in_place(&self, path: &Path) -> Result<bool> {
        let ours = self.data.metadata().map_err(failed("back up", path))?;
        let now = path.metadata().map_err(failed("back up", path))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Ok((ours.dev(), ours.ino()) == (now.dev(), now.ino()))
        }
        #[cfg(not(unix))]
        Ok((ours.len(), ours.created().ok()) == (now.len(), now.created().ok()))
    }

    pub(super) fn copy(mut self, pack: &mut Pack, file: &Listed) -> Result<Copied> {
        let mut looked = self.look();
        let bytes = self.data.metadata().map_err(failed("back up", &file.path))?.len();
        let damaged = self.reading.is_none();
        // Bytes truncated meanwhile lie beyond the end in the log.
        let padded = (&mut self.data).chain(std::io::repeat(0)).take(bytes);
        let mut entries = vec![Entry { damaged, ..pack.put(&file.name, padded, bytes)? }];
        let [_, path, _] = Folder::with_companions(&file.path);
        let staged = self.log.as_mut().map(|log| stage_log(pack, log, &path)).transpose()?.flatten();
        if let Some((mut staged, bytes)) = staged {
            entries.push(Entry { damaged, ..pack.put(&format!("{}-wal", file.name), &mut staged, bytes)? });
        }
        // The copy may include concurrent commits, so it has at least the smaller number of spans of the two
        // moments.
        if let (Some(before), Some(after)) = (looked.spans, self.look_anew().spans) {
            looked.spans = Some(before.min(after));
        }
        Ok(Copied { entries, looked })
    }
}

/// A copy of the log with frames of a single generation; `None` if it is empty.
fn stage_log(pack: &Pack, from: &mut File, path: &Path) -> Result<Option<(File, u64)>> {
    for _ in 0..TRIES {
        let before = head(from).map_err(failed("back up", path))?;
        let (staged, bytes) = stage(pack, from, path)?;
        if head(from).map_err(failed("back up", path))? == before {
            return Ok((bytes > 0).then_some((staged, bytes)));
        }
    }
    Err(error(ErrorKind::Unavailable, "back up", format!("{}: it keeps restarting", path.display())))
}

fn head(log: &mut File) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(LOG_HEAD);
    log.seek(SeekFrom::Start(0))?;
    (&mut *log).take(LOG_HEAD as u64).read_to_end(&mut head)?;
    log.seek(SeekFrom::Start(0))?;
    Ok(head)
}

fn stage(pack: &Pack, from: &mut File, path: &Path) -> Result<(File, u64)> {
    let mut staged = pack.scratch()?;
    let copied = std::io::copy(from, &mut staged);
    let bytes = copied.and_then(|bytes| {
        staged.flush()?;
        staged.seek(SeekFrom::Start(0))?;
        Ok(bytes)
    });
    bytes.map(|bytes| (staged, bytes)).map_err(failed("back up", path))
}

/// Copies a file that is appended to, or replaced as a whole.
pub(super) fn plain(pack: &mut Pack, file: &Listed) -> Result<Vec<Entry>> {
    let mut from = File::open(&file.path).map_err(failed("back up", &file.path))?;
    let (mut staged, bytes) = stage(pack, &mut from, &file.path)?;
    Ok(vec![pack.put(&file.name, &mut staged, bytes)?])
}
