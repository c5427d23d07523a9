//! Files as SQLite sees them: a C function table that delegates to [`Db`], [`Log`] and [`Journal`].

use std::ffi::{c_int, c_void};
use std::ptr;

use rusqlite::ffi;

use crate::db::{Db, Guard};
use crate::fault::Answer;
use crate::journal::Journal;
use crate::log::{Facts, Log};
use crate::real::Real;

/// A file of this VFS, in memory from SQLite; SQLite's own file follows it at [`File::OWN`].
#[repr(C)]
pub(crate) struct File {
    base: ffi::sqlite3_file,
    state: *mut State,
}

/// Type of the file.
pub(crate) enum State {
    Db(Db),
    /// A log, and its database, which stays open longer.
    Log(Log, *mut File),
    /// A rollback journal of an encrypted database.
    Journal(Journal, *mut File),
}

pub(crate) static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // Version 2 has shared memory for logs, but no memory mapping of pages, which would bypass this crate.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

impl File {
    /// Offset of SQLite's own file, aligned for any type.
    pub(crate) const OWN: usize = size_of::<Self>().next_multiple_of(16);

    /// Address of SQLite's own file.
    ///
    /// # Safety
    /// `file` points to memory that was allocated for a file of this VFS.
    pub(crate) unsafe fn own(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
        // SAFETY: SQLite gives `szOsFile` bytes, which are `OWN` and those of its own file.
        unsafe { file.cast::<u8>().add(Self::OWN).cast() }
    }

    /// Initializes the memory as a file of this VFS.
    ///
    /// # Safety
    /// As for [`File::own`], and SQLite's own file was opened there.
    pub(crate) unsafe fn begin(file: *mut ffi::sqlite3_file, state: State) {
        let base = ffi::sqlite3_file { pMethods: &raw const METHODS };
        // SAFETY: the memory is large enough and aligned by SQLite for any structure of its own.
        unsafe { file.cast::<Self>().write(Self { base, state: Box::into_raw(Box::new(state)) }) }
    }

    /// Casts to a file of this VFS; `None` if another VFS opened it.
    ///
    /// # Safety
    /// `file` is null or an open file.
    pub(crate) unsafe fn of(file: *mut ffi::sqlite3_file) -> Option<*mut Self> {
        // SAFETY: by the contract; the address of the table identifies the VFS that opened the file.
        let ours = unsafe { file.as_ref() }.is_some_and(|file| ptr::eq(file.pMethods, &raw const METHODS));
        ours.then_some(file.cast())
    }
}

/// State and underlying file of an open file of this VFS.
///
/// # Safety
/// `file` is an open file of this VFS, and no other code uses its state while the reference lives. SQLite
/// calls the functions of a connection's files one after the other, on one thread at a time.
unsafe fn parts<'a>(file: *mut ffi::sqlite3_file) -> (&'a mut State, Real) {
    // SAFETY: by the contract; `begin` created the state, and only `close` removes it.
    unsafe { (&mut *(*file.cast::<File>()).state, Real::new(File::own(file))) }
}

/// The facts that a log needs about its database, read from disk on first use. In the clear, a file that is
/// not a database has a page size of 0.
///
/// # Safety
/// `db` is an open database file of this VFS without a live reference.
unsafe fn facts(db: *mut File) -> Result<Facts, c_int> {
    // SAFETY: by the contract.
    let (State::Db(db), real) = (unsafe { parts(db.cast()) }) else { return Err(ffi::SQLITE_IOERR) };
    if matches!(db.guard, Guard::Unknown) {
        db.refresh(real)?;
    }
    let keys = match &db.guard {
        Guard::Seal(keys) => Some(keys.clone()),
        // A log without a database must not begin in the clear.
        _ if db.seals() => return Err(ffi::SQLITE_NOTADB),
        _ => None,
    };
    Ok(Facts { page: db.page, keys })
}

/// Like [`facts`], for a journal; it can be opened before the database has its first page.
///
/// # Safety
/// The contract of [`facts`].
unsafe fn facts_if_any(db: *mut File) -> Result<Option<Facts>, c_int> {
    // SAFETY: by the contract.
    let (State::Db(known), real) = (unsafe { parts(db.cast()) }) else { return Err(ffi::SQLITE_IOERR) };
    if matches!(known.guard, Guard::Unknown) {
        known.refresh(real)?;
    }
    if matches!(known.guard, Guard::Unknown) {
        return Ok(None);
    }
    // SAFETY: by the contract.
    unsafe { facts(db) }.map(Some)
}

fn code(answer: Answer) -> c_int {
    answer.err().unwrap_or(ffi::SQLITE_OK)
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes an open file once.
    unsafe {
        let (_, real) = parts(file);
        let closed = real.methods().and_then(|methods| methods.xClose).map(|close| close(real.raw()));
        drop(Box::from_raw((*file.cast::<File>()).state));
        (*file).pMethods = ptr::null();
        closed.unwrap_or(ffi::SQLITE_IOERR_CLOSE)
    }
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, to: *mut c_void, length: c_int, at: i64) -> c_int {
    let Ok(length) = usize::try_from(length) else { return ffi::SQLITE_IOERR_READ };
    // SAFETY: SQLite gives `length` bytes; they are initialized before they are read. The database of a log
    // is another state.
    unsafe {
        ptr::write_bytes(to.cast::<u8>(), 0, length);
        let out = std::slice::from_raw_parts_mut(to.cast::<u8>(), length);
        let (state, real) = parts(file);
        code(match state {
            State::Db(db) => db.read(real, out, at),
            State::Log(log, db) => facts(*db).and_then(|facts| log.read(real, &facts, out, at)),
            State::Journal(journal, db) => {
                facts_if_any(*db).and_then(|facts| journal.read(real, facts.as_ref(), out, at))
            }
        })
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    length: c_int,
    at: i64,
) -> c_int {
    let Ok(length) = usize::try_from(length) else { return ffi::SQLITE_IOERR_WRITE };
    // SAFETY: SQLite gives `length` bytes. The database of a log is another state.
    unsafe {
        let bytes = std::slice::from_raw_parts(from.cast::<u8>(), length);
        let (state, real) = parts(file);
        code(match state {
            State::Db(db) => db.write(real, bytes, at),
            State::Log(log, db) => facts(*db).and_then(|facts| log.write(real, &facts, bytes, at)),
            State::Journal(journal, db) => {
                facts_if_any(*db).and_then(|facts| journal.write(real, facts.as_ref(), bytes, at))
            }
        })
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, bytes: i64) -> c_int {
    // SAFETY: SQLite gives an open file. The database of a log is another state.
    unsafe {
        let (state, real) = parts(file);
        code(match state {
            State::Db(db) => db.truncate(real, bytes),
            State::Log(_, _) if bytes == 0 => real.truncate(0),
            State::Log(log, db) => facts(*db).and_then(|facts| log.truncate(real, &facts, bytes)),
            State::Journal(..) => real.truncate(bytes),
        })
    }
}

unsafe extern "C" fn size(file: *mut ffi::sqlite3_file, bytes: *mut i64) -> c_int {
    // SAFETY: SQLite gives an open file and a place for the answer. The database of a log is another state.
    unsafe {
        let (state, real) = parts(file);
        let size = match state {
            State::Log(log, db) => match real.size() {
                Ok(0) => Ok(0),
                _ => facts(*db).and_then(|facts| log.size(real, &facts)),
            },
            _ => real.size(),
        };
        match size {
            Ok(size) => {
                *bytes = size;
                ffi::SQLITE_OK
            }
            Err(code) => code,
        }
    }
}

unsafe extern "C" fn control(file: *mut ffi::sqlite3_file, op: c_int, with: *mut c_void) -> c_int {
    // SAFETY: SQLite gives an open file, and an argument `with` of this operation's type.
    unsafe {
        let (state, real) = parts(file);
        match (op, state) {
            // These operations would bypass this crate, or use offsets that differ on disk.
            (ffi::SQLITE_FCNTL_MMAP_SIZE, _)
            | (ffi::SQLITE_FCNTL_BEGIN_ATOMIC_WRITE, _)
            | (ffi::SQLITE_FCNTL_SIZE_HINT, State::Log(..)) => return ffi::SQLITE_NOTFOUND,
            (ffi::SQLITE_FCNTL_CKPT_START, State::Db(db)) => {
                // Another process may have reserved space for checksums. An error here occurs again when
                // pages are read.
                let _ = db.refresh(real);
            }
            _ => {}
        }
        let control = real.methods().and_then(|methods| methods.xFileControl);
        control.map_or(ffi::SQLITE_NOTFOUND, |control| control(real.raw(), op, with))
    }
}

unsafe extern "C" fn characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite gives an open file.
    unsafe {
        let (_, real) = parts(file);
        let ask = real.methods().and_then(|methods| methods.xDeviceCharacteristics);
        let own = ask.map_or(0, |ask| ask(real.raw()));
        // A partial page cannot be verified, and a page is larger than an atomic write of a disk. Frames are
        // never split, nor repeated to fill a sector: their tags make that useless.
        own & !(ffi::SQLITE_IOCAP_SUBPAGE_READ | ffi::SQLITE_IOCAP_BATCH_ATOMIC)
            | ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
    }
}

/// Functions that only delegate to SQLite's own file.
macro_rules! hand_over {
    ($($name:ident $method:ident ($($arg:ident: $type:ty),*) -> $none:expr;)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $arg: $type)*) -> c_int {
            // SAFETY: SQLite gives an open file and the arguments of its own function.
            unsafe {
                let (_, real) = parts(file);
                let own = real.methods().and_then(|methods| methods.$method);
                own.map_or($none, |own| own(real.raw() $(, $arg)*))
            }
        }
    )*};
}

hand_over! {
    sync xSync(flags: c_int) -> ffi::SQLITE_IOERR_FSYNC;
    lock xLock(level: c_int) -> ffi::SQLITE_IOERR_LOCK;
    unlock xUnlock(level: c_int) -> ffi::SQLITE_IOERR_UNLOCK;
    reserved xCheckReservedLock(answer: *mut c_int) -> ffi::SQLITE_IOERR_CHECKRESERVEDLOCK;
    sector xSectorSize() -> 4_096;
    shm_map xShmMap(region: c_int, bytes: c_int, extend: c_int, at: *mut *mut c_void) -> ffi::SQLITE_IOERR_SHMMAP;
    shm_lock xShmLock(offset: c_int, count: c_int, flags: c_int) -> ffi::SQLITE_IOERR_SHMLOCK;
    shm_unmap xShmUnmap(delete: c_int) -> ffi::SQLITE_OK;
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: SQLite gives an open file.
    unsafe {
        let (_, real) = parts(file);
        if let Some(barrier) = real.methods().and_then(|methods| methods.xShmBarrier) {
            barrier(real.raw());
        }
    }
}
