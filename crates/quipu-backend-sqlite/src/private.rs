//! Files and folders that are made for their owner alone, whatever the umask is.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Options to write a file; one that is made is for its owner alone.
pub(crate) fn options(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true)
}

/// Makes a folder that nobody else reads, and those above it.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Makes an empty file that SQLite is to fill, unless it is there. SQLite gives its other files the same permissions. A file that is
/// there is not opened: closing it would take away the locks that this process has on it.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    match options(File::options().create_new(true)).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}
