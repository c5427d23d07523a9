//! List of the files of a data folder to copy, and their order.
//!
//! Links are followed: a folder or file behind a link belongs to the data. A file that cannot be copied is an
//! error that names it, so a copy is either complete or not made.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use quipu_core::{ErrorKind, Result};

use super::{error, failed};
use crate::folder::{self, Day, MAKING, THINNED};

/// The catalog's name.
const CATALOG: &str = "catalog.db";

/// Method of copying a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As a database, including its write-ahead log.
    Database,
    /// Byte by byte.
    Plain,
}

/// A file to copy.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    pub(super) bytes: u64,
}

/// All files below `root`, in the order of copying: files with references before their targets, and catalogs
/// last. `parent` is the folder of the copy.
pub(super) fn list(root: &'static str, path: &Path, parent: &Path) -> Result<Vec<Listed>> {
    let mut walk = Walk { parent, above: Vec::new(), files: Vec::new() };
    walk.folder(root, path)?;
    let mut files = walk.files;
    files.sort_by(|one, other| (rank(one), &one.name).cmp(&(rank(other), &other.name)));
    Ok(files)
}

/// Rank in the order of copying. A position in append-only files is copied first, so the copy has everything
/// up to it. Full text is copied early too, because it must not have spans that its day lacks.
fn rank(file: &Listed) -> u8 {
    match file.path.file_name().and_then(|name| name.to_str()) {
        Some("cursor" | "head") => 0,
        Some(name) if name.starts_with("x-") => 0,
        Some(CATALOG) => 2,
        _ => 1,
    }
}

/// The store of a catalog with this name, as the prefix of its file names.
pub(super) fn store_of(name: &str) -> Option<&str> {
    name.strip_suffix(CATALOG).filter(|store| store.ends_with('/'))
}

/// The store and the day of a file with this name.
pub(super) fn day_of(name: &str) -> Option<(&str, Day)> {
    let (store, file) = name.rsplit_once("days/").filter(|(store, _)| store.ends_with('/'))?;
    Some((store, Day::of_file(file)?))
}

/// The name of a day's file.
pub(super) fn name_of(store: &str, day: Day) -> String {
    format!("{store}days/d-{day}.db")
}

struct Walk<'a> {
    parent: &'a Path,
    /// Ancestors of the current folder, with links resolved.
    above: Vec<PathBuf>,
    files: Vec<Listed>,
}

impl Walk<'_> {
    fn folder(&mut self, name: &str, folder: &Path) -> Result<()> {
        let whole = folder.canonicalize().map_err(failed("back up", folder))?;
        if self.above.contains(&whole) {
            return Err(refused(folder, "the link points to a folder above it"));
        }
        if self.parent.starts_with(&whole) {
            let text = format!("the copy would be inside {}", whole.display());
            return Err(refused(folder, &text));
        }
        if let Some(open) = folder::open_within(&whole) {
            let text = format!("{}: this process has it open; back it up from another", open.display());
            return Err(error(ErrorKind::Locked, "back up", text));
        }
        self.above.push(whole);
        for entry in fs::read_dir(folder).map_err(failed("back up", folder))? {
            let entry = entry.map_err(failed("back up", folder))?;
            let path = entry.path();
            let Ok(last) = entry.file_name().into_string() else {
                return Err(refused(&path, "its name is not UTF-8"));
            };
            self.entry(format!("{name}/{last}"), &last, path)?;
        }
        self.above.pop();
        Ok(())
    }

    fn entry(&mut self, name: String, last: &str, path: PathBuf) -> Result<()> {
        let Some(meta) = followed(&path)? else { return Ok(()) };
        if meta.is_dir() {
            return self.folder(&name, &path);
        }
        if is_passing(last) {
            return Ok(());
        }
        if !meta.is_file() {
            return Err(refused(
                &path,
                "it is neither a file nor a folder (FIFO, socket or device); move it away",
            ));
        }
        self.files.extend(listed(name, path)?);
        Ok(())
    }
}

fn refused(path: &Path, why: &str) -> quipu_core::Error {
    error(ErrorKind::Invalid, "back up", format!("{}: {why}", path.display()))
}

/// The metadata behind a path; `None` if it was removed meanwhile.
fn followed(path: &Path) -> Result<Option<Metadata>> {
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => match fs::symlink_metadata(path) {
            Ok(link) if link.is_symlink() => Err(refused(path, "the link points to nothing")),
            _ => Ok(None),
        },
        Err(cause) => Err(failed("back up", path)(cause)),
    }
}

/// Whether a file is a lock, or is only meaningful next to a database or until it has its final name.
fn is_passing(name: &str) -> bool {
    name == "lock"
        || name.contains(THINNED)
        || name.contains(MAKING)
        || [".lock", "-wal", "-shm", "-journal", ".tmp", ".partial"].iter().any(|end| name.ends_with(end))
}

/// One file; `None` if it was removed meanwhile.
pub(super) fn listed(name: String, path: PathBuf) -> Result<Option<Listed>> {
    let mut start = Vec::with_capacity(16);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(failed("back up", &path)(cause)),
    };
    let bytes = file.metadata().map_err(failed("back up", &path))?.len();
    file.take(16).read_to_end(&mut start).map_err(failed("back up", &path))?;
    // A file of ours without a database header is damaged.
    let ours = name.ends_with(".db") && bytes > 0;
    let kind = if ours || start == b"SQLite format 3\0" { Kind::Database } else { Kind::Plain };
    Ok(Some(Listed { name, path, kind, bytes }))
}

/// Whether a copy is complete without a file that existed at its start. Days that retention removes are
/// looked up in the catalog; other databases must remain.
pub(super) fn may_go(name: &str) -> bool {
    !name.ends_with(".db") || name.contains("/days/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_store_and_the_day() {
        assert_eq!(store_of("data/catalog.db"), Some("data/"));
        assert_eq!(store_of("data/projects/shop/catalog.db"), Some("data/projects/shop/"));
        assert_eq!((store_of("data/old-catalog.db"), store_of("data/days/d-20260302.db")), (None, None));
        let (store, day) = day_of("store/days/d-20260302.db").unwrap();
        assert_eq!((store, name_of(store, day).as_str()), ("store/", "store/days/d-20260302.db"));
        for other in ["data/days/x-20260302.db", "data/days/d-20260302.db-wal", "data/d-20260302.db"] {
            assert_eq!(day_of(other), None, "{other}");
        }
    }
}
