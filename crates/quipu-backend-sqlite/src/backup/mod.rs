//! Copies of a data folder that is in use, and the way back.
//!
//! A copy is a folder or an archive with every file of the data folder, and last a [`Manifest`] that names each with its length and SHA-256.
//! Each database is a state between two of its commits, no older than the beginning of the copy: what was acknowledged before that is
//! in it. Days come in order and the catalog, which knows where the traces of several days are, after them.

mod files;
mod hold;
mod manifest;
mod pack;
mod restore;
mod unpack;

use std::path::{Path, PathBuf};

use quipu_core::{Error, ErrorKind, Result, Retry};

use crate::fault::{Fault, NAME};
use crate::folder::{self, Folder};
use files::{Kind, Listed};
pub use manifest::{Entry, Layouts, Manifest};
use pack::Pack;
pub use restore::{restore, verify};

/// Copies are made of so many bytes at a time.
const PIECE: usize = 1 << 20;

/// The folders that belong together.
#[derive(Debug, Clone)]
pub struct Places {
    /// The data folder.
    pub data: PathBuf,
    /// The store's folder where it is not in the data folder.
    pub store: Option<PathBuf>,
}

impl Places {
    /// A data folder, and the folder of its store.
    pub fn new(data: &Path, store: &Path) -> Self {
        let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let apart = !whole(store).starts_with(whole(data));
        Self { data: data.to_owned(), store: apart.then(|| store.to_owned()) }
    }

    /// Each folder with the name under which a copy has it.
    fn roots(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        [("data", Some(self.data.as_path())), ("store", self.store.as_deref())]
            .into_iter()
            .filter_map(|(name, path)| Some((name, path?)))
    }
}

/// How far a copy is.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The file that is copied next.
    pub name: &'a str,
    /// Files that are done, and all.
    pub files: (usize, usize),
    /// Bytes that are done, and all as far as was known at the beginning.
    pub bytes: (u64, u64),
}

/// An error of this part of the store.
fn error(kind: ErrorKind, operation: &'static str, text: impl Into<String>) -> Error {
    Error::new(kind, operation, text).with_retry(Retry::No).of_backend(NAME)
}

/// A failed file operation.
fn failed(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |cause| Fault::from(cause).at(operation, &path)
}

/// Copies the folders to `out`: an archive where that ends in `.tar.zst`, else a folder. `build` names the program for the manifest.
///
/// Reads only, beside whoever writes. `out` is there when all is, not before.
///
/// # Errors
/// [`ErrorKind::Invalid`]: `out` is there already, or within the data. [`ErrorKind::Locked`]: this very process has a store open there;
/// closing a file here would take its locks away. Otherwise a file cannot be read or written.
pub fn take(places: &Places, out: &Path, build: &str, tell: &mut dyn FnMut(Step<'_>)) -> Result<Manifest> {
    check(places, out)?;
    let mut files = Vec::new();
    for (root, path) in places.roots() {
        files.extend(files::list(root, path)?);
    }
    if !files.iter().any(|file| file.kind == Kind::Database) {
        let text = format!("{}: there is no store", places.data.display());
        return Err(error(ErrorKind::NotFound, "back up", text));
    }
    let all: u64 = files.iter().map(|file| file.bytes).sum();
    let mut pack = Pack::new(out)?;
    let mut manifest = Manifest::new(build);
    let mut bytes = 0;
    for (at, file) in files.iter().enumerate() {
        tell(Step { name: &file.name, files: (at, files.len()), bytes: (bytes, all) });
        add(&mut pack, file, &mut manifest)?;
        bytes += file.bytes;
    }
    pack.finish(&manifest)?;
    Ok(manifest)
}

fn check(places: &Places, out: &Path) -> Result<()> {
    if out.exists() {
        let text = format!("{}: it is there already", out.display());
        return Err(error(ErrorKind::Invalid, "back up", text));
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = parent.canonicalize().map_err(failed("back up", parent))?;
    for (_, path) in places.roots() {
        Folder::new(path).is_whole()?;
        let root = path.canonicalize().map_err(failed("back up", path))?;
        if parent.starts_with(&root) {
            let text = format!("{}: the copy would be within {}", out.display(), root.display());
            return Err(error(ErrorKind::Invalid, "back up", text));
        }
        if let Some(open) = folder::open_within(&root) {
            let text = format!("{}: this process has it open; back it up from another", open.display());
            return Err(error(ErrorKind::Locked, "back up", text));
        }
    }
    Ok(())
}

fn add(pack: &mut Pack, file: &Listed, manifest: &mut Manifest) -> Result<()> {
    let done = match file.kind {
        Kind::Database => hold::database(pack, file),
        Kind::Plain => hold::plain(pack, file),
    };
    match done {
        Ok(entries) => manifest.files.extend(entries),
        // A day that was removed meanwhile, or a document.
        Err(gone) if gone.kind() == ErrorKind::NotFound && !file.path.exists() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
