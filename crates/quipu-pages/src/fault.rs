//! What was found damaged, in words that SQLite's error codes have no room for.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::fmt;

use rusqlite::ffi;

/// Codes of SQLite, as the functions of a VFS answer.
pub(crate) type Answer = Result<(), c_int>;

/// Stored bytes that are not those that were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file, as SQLite names it.
    pub file: String,
    /// The page, counted from 1, or the frame of a write-ahead log, counted from 1.
    pub place: Place,
}

/// Where in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A page of a database.
    Page(u64),
    /// A frame of a write-ahead log.
    Frame(u64),
    /// The header.
    Header,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(number) => write!(f, "page {number} is not what was written"),
            Self::Frame(number) => write!(f, "frame {number} of the log is not what was written"),
            Self::Header => f.write_str("the header is not what was written"),
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

/// Whether a read of a file failed on this thread since this was asked last. SQLite's own checks report a page that cannot be read as
/// damage, in words.
pub fn last_read_failed() -> bool {
    FAILED_READ.try_with(|failed| failed.replace(false)).unwrap_or_default()
}

/// Takes note of a read that failed, and gives its code.
pub(crate) fn failed_read(code: c_int) -> c_int {
    let _ = FAILED_READ.try_with(|failed| failed.set(true));
    code
}

/// Why this thread was refused a file last, once: SQLite says of it that it is no database.
pub fn last_refusal() -> Option<String> {
    REFUSED.try_with(|last| last.try_borrow_mut().ok()?.take()).ok().flatten()
}

/// Takes note of why a file is refused, and gives SQLite's code for it.
pub(crate) fn refused(file: &str, why: &str) -> c_int {
    let _ = REFUSED.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(format!("{file}: {why}"));
        }
    });
    ffi::SQLITE_NOTADB
}

/// What this thread came upon last, once: SQLite tells of it by the code `SQLITE_IOERR_DATA` alone.
pub fn last_damage() -> Option<Damage> {
    LAST.try_with(|last| last.try_borrow_mut().ok()?.take()).ok().flatten()
}

/// Takes note of damage, and gives SQLite's code for it.
pub(crate) fn damaged(file: &str, place: Place) -> c_int {
    let damage = Damage { file: file.to_owned(), place };
    tracing::error!("{damage}");
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = Some(damage);
        }
    });
    ffi::SQLITE_IOERR_DATA
}
