//! The VFS: opens its own files and delegates all others to SQLite's default VFS.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;

use quipu_core::{Error, ErrorKind, Result, Retry};
use rusqlite::ffi;

use crate::db::Db;
use crate::file::{File, State};
use crate::journal::Journal;
use crate::key::MasterKey;
use crate::log::Log;

/// A registered VFS. It lives as long as the process, as SQLite requires.
pub(crate) struct Registered {
    pub(crate) name: String,
    pub(crate) key: Option<MasterKey>,
    own: *mut ffi::sqlite3_vfs,
}

// SAFETY: it does not change after its registration, and SQLite's own VFS may be called by any thread.
unsafe impl Send for Registered {}
// SAFETY: as above.
unsafe impl Sync for Registered {}

/// Registers a VFS over the one that SQLite uses by default.
pub(crate) fn register(name: String, key: Option<MasterKey>) -> Result<&'static Registered> {
    let failed = |why: &str| Error::new(ErrorKind::Internal, "open store", why).with_retry(Retry::No);
    let c_name = CString::new(name.clone()).map_err(|_| failed("the VFS has no name"))?;
    // SAFETY: SQLite starts itself up; a null name asks for the default.
    let own = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
    // SAFETY: SQLite returns null or a pointer that is valid for the life of the process.
    let Some(under) = (unsafe { own.as_ref() }) else { return Err(failed("SQLite has no VFS")) };
    let registered: &'static Registered = Box::leak(Box::new(Registered { name, key, own }));
    let offset = c_int::try_from(File::OWN).map_err(|_| failed("a file of the store is too large"))?;
    let vfs = ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: under.szOsFile.saturating_add(offset),
        mxPathname: under.mxPathname,
        pNext: ptr::null_mut(),
        zName: c_name.into_raw(),
        pAppData: ptr::from_ref(registered).cast_mut().cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_path),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(last_error),
        xCurrentTimeInt64: Some(current_time_64),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    };
    // SAFETY: the structure stays at its address, and only SQLite changes it.
    let code = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0) };
    if code == ffi::SQLITE_OK { Ok(registered) } else { Err(failed("SQLite rejected the VFS")) }
}

/// The registration data of this VFS.
///
/// # Safety
/// `vfs` was created by [`register`].
unsafe fn registered(vfs: *mut ffi::sqlite3_vfs) -> &'static Registered {
    // SAFETY: by the contract.
    unsafe { &*(*vfs).pAppData.cast::<Registered>() }
}

/// Unnamed files with pages, which would be unencrypted.
const NAMELESS: c_int = ffi::SQLITE_OPEN_TEMP_DB
    | ffi::SQLITE_OPEN_TRANSIENT_DB
    | ffi::SQLITE_OPEN_TEMP_JOURNAL
    | ffi::SQLITE_OPEN_SUBJOURNAL
    | ffi::SQLITE_OPEN_SUPER_JOURNAL;

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives this VFS, memory for its file, and a name that outlives the file.
    unsafe {
        (*file).pMethods = ptr::null();
        let Registered { key, own, .. } = registered(vfs);
        let Some(own_open) = (**own).xOpen else { return ffi::SQLITE_CANTOPEN };
        if key.is_some() && flags & NAMELESS != 0 {
            return ffi::SQLITE_CANTOPEN;
        }
        let text = || CStr::from_ptr(name).to_string_lossy().into_owned();
        let state = if name.is_null() {
            None
        } else if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 {
            Some(State::Db(Db::new(text(), key.clone())))
        } else if flags & ffi::SQLITE_OPEN_WAL != 0 {
            let Some(db) = File::of(ffi::sqlite3_database_file_object(name)) else {
                return ffi::SQLITE_CANTOPEN;
            };
            Some(State::Log(Log::new(text()), db))
        } else if flags & ffi::SQLITE_OPEN_MAIN_JOURNAL != 0 && key.is_some() {
            let Some(db) = File::of(ffi::sqlite3_database_file_object(name)) else {
                return ffi::SQLITE_CANTOPEN;
            };
            Some(State::Journal(Journal::new(text()), db))
        } else {
            None
        };
        let Some(state) = state else {
            return own_open(*own, name, file, flags, out_flags);
        };
        let opened = own_open(*own, name, File::own(file), flags, out_flags);
        if opened == ffi::SQLITE_OK {
            File::begin(file, state);
        }
        opened
    }
}

/// Functions that only delegate to SQLite's own VFS.
macro_rules! hand_over {
    ($($name:ident $method:ident ($($arg:ident: $type:ty),*) -> $none:expr;)*) => {$(
        unsafe extern "C" fn $name(vfs: *mut ffi::sqlite3_vfs $(, $arg: $type)*) -> c_int {
            // SAFETY: SQLite gives this VFS and the arguments of its own function.
            unsafe {
                let own = registered(vfs).own;
                (*own).$method.map_or($none, |function| function(own $(, $arg)*))
            }
        }
    )*};
}

hand_over! {
    delete xDelete(name: *const c_char, sync: c_int) -> ffi::SQLITE_IOERR_DELETE;
    access xAccess(name: *const c_char, flags: c_int, answer: *mut c_int) -> ffi::SQLITE_IOERR_ACCESS;
    full_path xFullPathname(name: *const c_char, length: c_int, out: *mut c_char) -> ffi::SQLITE_CANTOPEN;
    randomness xRandomness(length: c_int, out: *mut c_char) -> 0;
    sleep xSleep(microseconds: c_int) -> 0;
    current_time xCurrentTime(out: *mut f64) -> ffi::SQLITE_ERROR;
    last_error xGetLastError(length: c_int, out: *mut c_char) -> 0;
    current_time_64 xCurrentTimeInt64(out: *mut i64) -> ffi::SQLITE_ERROR;
}
