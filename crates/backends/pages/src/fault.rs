//! Details of damage and refusals that SQLite's error codes cannot express.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::fmt;

use rusqlite::ffi;

/// SQLite result code of a VFS function.
pub(crate) type Answer = Result<(), c_int>;

/// Damage: stored bytes differ from the written ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file, as SQLite names it.
    pub file: String,
    /// The damaged page or WAL frame, both counted from 1, or the header.
    pub place: DamagePlace,
}

/// Location in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamagePlace {
    /// A page of a database.
    Page(u64),
    /// A frame of a write-ahead log.
    Frame(u64),
    /// The header.
    Header,
}

impl fmt::Display for DamagePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(number) => write!(f, "page {number} does not match its checksum"),
            Self::Frame(number) => write!(f, "frame {number} of the log does not match its checksum"),
            Self::Header => f.write_str("the header does not match its checksum"),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.place)
    }
}

thread_local! {
    static LAST: RefCell<Option<Damage>> = const { RefCell::new(None) };
    static REFUSED: RefCell<Option<String>> = const { RefCell::new(None) };
    static FAILED_READ: Cell<bool> = const { Cell::new(false) };
}

/// Whether a read of a file failed on this thread since the last call. SQLite's own checks report an
/// unreadable page as damage, in words.
pub fn last_read_failed() -> bool {
    FAILED_READ.try_with(|failed| failed.replace(false)).unwrap_or_default()
}

/// Records a failed read and returns its code.
pub(crate) fn failed_read(code: c_int) -> c_int {
    let _ = FAILED_READ.try_with(|failed| failed.set(true));
    code
}

/// Takes the reason of this thread's last refusal of a file. SQLite only reports that the file is not a
/// database.
pub fn last_refusal() -> Option<String> {
    REFUSED.try_with(|last| last.try_borrow_mut().ok()?.take()).ok().flatten()
}

/// Records the reason of a refusal and returns SQLite's code for it.
pub(crate) fn refused(file: &str, why: &str) -> c_int {
    let _ = REFUSED.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(format!("{file}: {why}"));
        }
    });
    ffi::SQLITE_NOTADB
}

/// Takes this thread's last damage. SQLite only reports the code `SQLITE_IOERR_DATA`.
pub fn last_damage() -> Option<Damage> {
    LAST.try_with(|last| last.try_borrow_mut().ok()?.take()).ok().flatten()
}

/// Records damage and returns SQLite's code for it.
pub(crate) fn damaged(file: &str, place: DamagePlace) -> c_int {
    let damage = Damage { file: file.to_owned(), place };
    tracing::error!("{damage}");
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(damage);
        }
    });
    ffi::SQLITE_IOERR_DATA
}
