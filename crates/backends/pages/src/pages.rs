//! Connections whose pages are verified or encrypted.

use std::ffi::{c_int, c_void};
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use quipu_core::Result;
use rusqlite::{Connection, OpenFlags, ffi};

use crate::header::{SEAL_BYTES, SUM_BYTES};
use crate::key::MasterKey;
use crate::sealer::Sealer;
use crate::vfs::{Registered, register};

/// Protection of a store's files: checksums, or encryption with a key.
///
/// A key stays in memory for the life of the process, once per key.
#[derive(Clone, Copy)]
pub struct Pages {
    registered: &'static Registered,
    /// Whether new unencrypted files get checksums.
    checks: bool,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pages({})", self.registered.name)
    }
}

static ALL: Mutex<Vec<&'static Registered>> = Mutex::new(Vec::new());

fn of(key: Option<MasterKey>) -> Result<&'static Registered> {
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.iter().find(|known| known.key == key) {
        return Ok(known);
    }
    let registered = register(format!("quipu-pages-{}", all.len()), key)?;
    all.push(registered);
    Ok(registered)
}

impl Pages {
    /// Unencrypted files. Existing checksums are verified; new files get checksums if `checks` is set.
    ///
    /// # Errors
    /// SQLite rejects another VFS.
    pub fn clear(checks: bool) -> Result<Self> {
        Ok(Self { registered: of(None)?, checks })
    }

    /// Only files that are encrypted with this key.
    ///
    /// # Errors
    /// SQLite rejects another VFS.
    pub fn sealed(key: MasterKey) -> Result<Self> {
        Ok(Self { registered: of(Some(key))?, checks: true })
    }

    /// Whether files are encrypted.
    pub const fn is_sealed(self) -> bool {
        self.registered.key.is_some()
    }

    /// An encryptor with the same key for frames of files outside SQLite; `None` without a key.
    pub fn sealer(self, purpose: &str) -> Option<Sealer> {
        Sealer::new(self.registered.key.as_ref()?, purpose)
    }

    /// Opens a connection whose pages pass through this crate. SQLite's temporary data stays in memory.
    ///
    /// # Errors
    /// The errors of [`Connection::open_with_flags`], and `SQLITE_NOTADB` for a file that is encrypted with
    /// another key, or unencrypted despite a key. [`crate::last_refusal`] then returns the reason, and the
    /// file stays untouched.
    pub fn connect(self, path: impl AsRef<Path>, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let conn = Connection::open_with_flags_and_vfs(path, flags, self.registered.name.as_str())?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        self.reserve(&conn)?;
        Ok(conn)
    }

    /// Reserves bytes in the pages of a new database, or of one that `VACUUM` rewrites. SQLite forgets the
    /// value when the page size is set. Call it again before a `VACUUM` that adds checksums to an old file.
    ///
    /// # Errors
    /// SQLite rejects the value.
    pub fn reserve(self, conn: &Connection) -> rusqlite::Result<()> {
        let room = match (self.is_sealed(), self.checks) {
            (true, _) => SEAL_BYTES,
            (false, true) => SUM_BYTES,
            (false, false) => return Ok(()),
        };
        let mut room = c_int::try_from(room).unwrap_or(0);
        // SAFETY: the connection is open, "main" exists, and this operation reads and writes one integer.
        let code = unsafe {
            let room: *mut c_int = &raw mut room;
            ffi::sqlite3_file_control(
                conn.handle(),
                c"main".as_ptr(),
                ffi::SQLITE_FCNTL_RESERVE_BYTES,
                room.cast::<c_void>(),
            )
        };
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }
}
