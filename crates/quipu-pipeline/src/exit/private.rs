//! Files that belong to their owner alone: what waits may hold what people said.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Result};
use std::path::Path;

/// Options for a file of the owner's, if it is made.
pub(crate) fn file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder of the owner's, with those above it, unless it is there.
pub(crate) fn folder(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Puts the names in a folder on the disk, where folders can be opened as files, which is where their entries need it.
pub(crate) fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Removes the files of a folder that end so; a folder that is not there has none.
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
