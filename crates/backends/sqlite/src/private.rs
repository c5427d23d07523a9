//! Creation of files and folders that only their owner can access, with any umask.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Options for writing a file. Only its owner can access a new file.
pub(crate) fn options(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true)
}

/// Creates a folder that only its owner can read, and its parents.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Creates an empty file for SQLite, unless it exists. SQLite gives its companion files the same permissions.
/// An existing file is not opened, because closing it would release this process's locks on it.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    match options(File::options().create_new(true)).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}
