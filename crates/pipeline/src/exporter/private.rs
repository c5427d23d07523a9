//! Files and folders that only their owner can read, because spooled records contain user data.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Result};
use std::path::Path;

/// Options that create a file with mode 0600.
pub(crate) fn file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a folder with mode 0700, and its parents.
pub(crate) fn folder(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Syncs a folder's entries to disk, on systems that need it (Unix).
pub(crate) fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Removes the files with this extension; a missing folder has none.
pub(crate) fn remove_ending(folder: &Path, ending: &str) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(cause),
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut ours = paths.filter(|path| path.extension().is_some_and(|found| found == ending));
    ours.try_for_each(fs::remove_file)
}
