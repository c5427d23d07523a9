//! The lock of a spool folder: one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;

use quipu_core::{Error, ErrorKind, Result};

use super::failed;
use crate::exporter::private;

/// Locks the file `lock` and the folder. The folder's lock is needed because an operator may remove the file;
/// another process would then create and lock a new one.
pub(super) fn lock(folder: &Path) -> Result<(File, Option<File>)> {
    let path = folder.join("lock");
    let file = private::file()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|cause| failed("open spool", &path, cause))?;
    let taken = || {
        let context =
            format!("{}: another process uses it; give each process its own spool.path", path.display());
        Error::new(ErrorKind::Locked, "open spool", context)
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(taken()),
        Err(TryLockError::Error(cause)) => return Err(failed("open spool", &path, cause)),
    }
    let own = File::open(folder).ok();
    match own.as_ref().map(File::try_lock) {
        Some(Err(TryLockError::WouldBlock)) => Err(taken()),
        // Some network file systems cannot lock folders; the lock of the file then has to suffice.
        Some(Err(TryLockError::Error(_))) | None => Ok((file, None)),
        Some(Ok(())) => Ok((file, own)),
    }
}
