//! What of a data folder is copied, and in which order.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use quipu_core::{ErrorKind, Result};

use super::{error, failed};
use crate::folder::THINNED;

/// How a file is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As a database, with what its write-ahead log holds.
    Database,
    /// Byte by byte.
    Plain,
}

/// A file that is to be copied.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    pub(super) bytes: u64,
}

/// All files below `root`, in the order of copying: what points to other files before those that it points to, and the catalog last.
pub(super) fn list(root: &'static str, path: &Path) -> Result<Vec<Listed>> {
    let mut files = Vec::new();
    walk(root, path, &mut files)?;
    files.sort_by(|one, other| (rank(one), &one.name).cmp(&(rank(other), &other.name)));
    Ok(files)
}

/// A position in files that only grow is taken first: then everything up to it is in the copy. So is full text, which must not know spans
/// that its day does not have.
fn rank(file: &Listed) -> u8 {
    match file.path.file_name().and_then(|name| name.to_str()) {
        Some("cursor" | "head") => 0,
        Some(name) if name.starts_with("x-") => 0,
        Some("catalog.db") => 2,
        _ => 1,
    }
}

fn walk(name: &str, folder: &Path, files: &mut Vec<Listed>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(failed("back up", folder))?;
    for entry in entries {
        let entry = entry.map_err(failed("back up", folder))?;
        let path = entry.path();
        let Ok(last) = entry.file_name().into_string() else {
            let text = format!("{}: its name is no text", path.display());
            return Err(error(ErrorKind::Unsupported, "back up", text));
        };
        let name = format!("{name}/{last}");
        let kind = entry.file_type().map_err(failed("back up", &path))?;
        if kind.is_dir() {
            walk(&name, &path, files)?;
        } else if kind.is_file() && !is_passing(&last) {
            files.extend(listed(name, path)?);
        }
    }
    Ok(())
}

/// Locks, and what only means something beside a database or until it has its final name.
fn is_passing(name: &str) -> bool {
    name == "lock"
        || name.contains(THINNED)
        || [".lock", "-wal", "-shm", "-journal", ".tmp", ".partial"].iter().any(|end| name.ends_with(end))
}

fn listed(name: String, path: PathBuf) -> Result<Option<Listed>> {
    let mut start = Vec::with_capacity(16);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(failed("back up", &path)(cause)),
    };
    let bytes = file.metadata().map_err(failed("back up", &path))?.len();
    file.take(16).read_to_end(&mut start).map_err(failed("back up", &path))?;
    let kind = if start == b"SQLite format 3\0" { Kind::Database } else { Kind::Plain };
    Ok(Some(Listed { name, path, kind, bytes }))
}
