//! The underlying file of SQLite's own VFS, with Rust types.

use std::ffi::c_int;

use rusqlite::ffi;

use crate::fault::{Answer, failed_read};

/// An open file of SQLite's own VFS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Real(*mut ffi::sqlite3_file);

fn answer(code: c_int) -> Answer {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

/// The result of a read. SQLite turns a disk error (`EIO`) into damage of the database. A failed read proves
/// nothing about the stored bytes, so it stays a read error here.
pub(crate) fn answer_to_read(code: c_int) -> Answer {
    match code {
        ffi::SQLITE_OK | ffi::SQLITE_IOERR_SHORT_READ => answer(code),
        ffi::SQLITE_IOERR_CORRUPTFS => Err(failed_read(ffi::SQLITE_IOERR_READ)),
        code => Err(failed_read(code)),
    }
}

impl Real {
    /// # Safety
    /// `file` was opened by SQLite's own VFS and stays open at its address during use, by one thread at a
    /// time.
    pub(crate) unsafe fn new(file: *mut ffi::sqlite3_file) -> Self {
        Self(file)
    }

    pub(crate) fn raw(self) -> *mut ffi::sqlite3_file {
        self.0
    }

    pub(crate) fn methods(self) -> Option<&'static ffi::sqlite3_io_methods> {
        // SAFETY: an open file's methods are a constant of its VFS, by the contract of `new`.
        unsafe { (*self.0).pMethods.as_ref() }
    }

    /// Fills `out` from offset `at`. Beyond the file's end the rest is zero and the result is
    /// `SQLITE_IOERR_SHORT_READ`.
    pub(crate) fn read(self, out: &mut [u8], at: i64) -> Answer {
        let read = self.methods().and_then(|methods| methods.xRead).ok_or(ffi::SQLITE_IOERR_READ)?;
        let length = c_int::try_from(out.len()).map_err(|_| ffi::SQLITE_IOERR_READ)?;
        // SAFETY: the file is open, and `out` holds `length` bytes.
        answer_to_read(unsafe { read(self.0, out.as_mut_ptr().cast(), length, at) })
    }

    pub(crate) fn write(self, bytes: &[u8], at: i64) -> Answer {
        let write = self.methods().and_then(|methods| methods.xWrite).ok_or(ffi::SQLITE_IOERR_WRITE)?;
        let length = c_int::try_from(bytes.len()).map_err(|_| ffi::SQLITE_IOERR_WRITE)?;
        // SAFETY: the file is open, and `bytes` holds `length` bytes.
        answer(unsafe { write(self.0, bytes.as_ptr().cast(), length, at) })
    }

    pub(crate) fn size(self) -> Result<i64, c_int> {
        let size = self.methods().and_then(|methods| methods.xFileSize).ok_or(ffi::SQLITE_IOERR_FSTAT)?;
        let mut bytes = 0;
        // SAFETY: the file is open.
        answer(unsafe { size(self.0, &raw mut bytes) })?;
        Ok(bytes)
    }

    pub(crate) fn truncate(self, bytes: i64) -> Answer {
        let truncate =
            self.methods().and_then(|methods| methods.xTruncate).ok_or(ffi::SQLITE_IOERR_TRUNCATE)?;
        // SAFETY: the file is open.
        answer(unsafe { truncate(self.0, bytes) })
    }
}
