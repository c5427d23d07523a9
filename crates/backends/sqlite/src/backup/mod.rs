//! Backup of a data folder in use, and its restore.
//!
//! A copy is a folder or an archive with every file of the data folder. A [`Manifest`] at its end names each
//! file with its length and SHA-256. Each database is in a state between two of its commits, no older than
//! the start of the copy. So the copy has all data acknowledged before its start. Days are copied in order.
//! The catalog, which lists the traces of several days, follows them. A copy has every day in its catalog's
//! list, or it is not made.

mod files;
mod hold;
mod inspect;
mod manifest;
mod pack;
mod restore;
mod unpack;

use std::path::{Path, PathBuf};

use quipu_core::{Error, ErrorKind, Result, Retry};

use crate::fault::{Fault, NAME};
use crate::folder::{Folder, Part};
use files::{Kind, Listed};
use inspect::{Looked, Stores};
pub use manifest::{Entry, Layouts, Manifest, StoreEntry};
use pack::Pack;
pub use restore::{restore, verify};

/// Chunk size of copying, in bytes.
const PIECE: usize = 1 << 20;
/// Maximum number of comparisons of a catalog with the copied days.
const TRIES: u32 = 8;

/// The folders to copy together.
#[derive(Debug, Clone)]
pub struct Places {
    /// The data folder.
    pub data: PathBuf,
    /// The store's folder, if it is outside the data folder.
    pub store: Option<PathBuf>,
}

impl Places {
    /// A data folder and the folder of its store.
    pub fn new(data: &Path, store: &Path) -> Self {
        let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let apart = !whole(store).starts_with(whole(data));
        Self { data: data.to_owned(), store: apart.then(|| store.to_owned()) }
    }

    /// Each folder with its name in a copy.
    fn roots(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        [("data", Some(self.data.as_path())), ("store", self.store.as_deref())]
            .into_iter()
            .filter_map(|(name, path)| Some((name, path?)))
    }
}

/// Rejects the target of an unfinished restore.
///
/// # Errors
/// [`ErrorKind::Damaged`]: the restore did not finish.
pub fn is_whole(folder: &Path) -> Result<()> {
    Folder::new(folder).is_whole()
}

/// Progress of a copy.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The next file to copy.
    pub name: &'a str,
    /// Number of copied files, and of all files.
    pub files: (usize, usize),
    /// Number of copied bytes, and of all bytes as known at the start.
    pub bytes: (u64, u64),
}

/// Builds an error of this module.
fn error(kind: ErrorKind, operation: &'static str, text: impl Into<String>) -> Error {
    Error::new(kind, operation, text).with_retry(Retry::No).of_backend(NAME)
}

/// Converts the error of a file operation.
fn failed(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |cause| Fault::from(cause).at(operation, &path)
}

/// Copies the folders to `out`: an archive if the name ends in `.tar.zst`, otherwise a folder. The manifest
/// names the program `build`.
///
/// Only reads the data, concurrently with writers. `out` appears when the copy is complete.
///
/// # Errors
/// [`ErrorKind::Invalid`]: `out` exists, or is within the data. [`ErrorKind::Locked`]: this process has a
/// store open there, and closing a file here would release its locks. Any other error: a file cannot be read
/// or written.
pub fn take(places: &Places, out: &Path, build: &str, tell: &mut dyn FnMut(Step<'_>)) -> Result<Manifest> {
    let parent = check(places, out)?;
    let mut files = Vec::new();
    for (root, path) in places.roots() {
        files.extend(files::list(root, path, &parent)?);
    }
    let (root, own) = places.roots().last().unwrap_or(("data", &places.data));
    if !files.iter().any(|file| file.name == format!("{root}/catalog.db")) {
        let text =
            format!("{}: there is no store here; name it with --store if it is elsewhere", own.display());
        return Err(error(ErrorKind::NotFound, "back up", text));
    }
    let all: u64 = files.iter().map(|file| file.bytes).sum();
    let mut pack = Pack::new(out)?;
    let mut manifest = Manifest::new(build);
    let mut stores = Stores::default();
    let mut bytes = 0;
    for (at, file) in files.iter().enumerate() {
        tell(Step { name: &file.name, files: (at, files.len()), bytes: (bytes, all) });
        match files::store_of(&file.name) {
            Some(store) => add_catalog(&mut pack, file, store, &mut manifest, &mut stores)?,
            None => add(&mut pack, file, &mut manifest, &mut stores)?,
        }
        bytes += file.bytes;
    }
    if let Some(store) = stores.without_catalog() {
        let text = format!("{store}catalog.db is missing, and day files exist");
        return Err(error(ErrorKind::Damaged, "back up", text));
    }
    manifest.stores = stores.entries();
    manifest.seal();
    pack.finish(&manifest)?;
    Ok(manifest)
}

/// Checks that a copy can be made at `out`, and returns its parent folder.
fn check(places: &Places, out: &Path) -> Result<PathBuf> {
    if out.exists() {
        let text = format!("{}: it already exists", out.display());
        return Err(error(ErrorKind::Invalid, "back up", text));
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = parent.canonicalize().map_err(failed("back up", parent))?;
    for (_, path) in places.roots() {
        Folder::new(path).is_whole()?;
    }
    Ok(parent)
}

/// Copies a file.
fn add(pack: &mut Pack, file: &Listed, manifest: &mut Manifest, stores: &mut Stores) -> Result<()> {
    let done = match file.kind {
        Kind::Database => hold::database(pack, file).map(|held| {
            stores.note(&file.name, held.looked);
            held.entries
        }),
        Kind::Plain => hold::plain(pack, file),
    };
    match done {
        Ok(entries) => manifest.files.extend(entries),
        // A day or a document that was removed meanwhile.
        Err(gone)
            if gone.kind() == ErrorKind::NotFound && !file.path.exists() && files::may_go(&file.name) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Copies a store's catalog, after every day in its list.
fn add_catalog(
    pack: &mut Pack,
    file: &Listed,
    store: &str,
    manifest: &mut Manifest,
    stores: &mut Stores,
) -> Result<()> {
    if file.bytes == 0 {
        return Err(error(ErrorKind::Damaged, "back up", format!("{}: it is empty", file.path.display())));
    }
    let mut gone = None;
    for _ in 0..TRIES {
        let staged = Staged::new(pack, file)?;
        let missing = stores.missing(store, &staged.copied.looked.listed);
        if missing.is_empty() {
            manifest.files.extend(staged.move_to(pack)?);
            stores.note(&file.name, staged.copied.looked);
            return Ok(());
        }
        drop(staged);
        // Each missing day was created during the copy, was removed from the list meanwhile, or lost its
        // file.
        for day in missing {
            let name = files::name_of(store, day);
            let folder = file.path.parent().unwrap_or(Path::new("."));
            let path = Folder::new(folder).file(Part::Data, day);
            match files::listed(name, path.clone())? {
                Some(new) if new.bytes > 0 => add(pack, &new, manifest, stores)?,
                _ => gone = Some(path),
            }
        }
    }
    let path = gone.unwrap_or_else(|| file.path.clone());
    let text = "the catalog lists this day, and its file is missing or empty: restore it, or run `quipu check store --repair`";
    Err(error(ErrorKind::Damaged, "back up", format!("{}: {text}", path.display())))
}

/// A separate copy of a catalog. It is compared with the days before it becomes part of the whole copy.
struct Staged {
    copied: hold::Copied,
    pack: Pack,
    _folder: tempfile::TempDir,
}

impl Staged {
    fn new(pack: &Pack, file: &Listed) -> Result<Self> {
        let folder = pack.scratch_folder()?;
        let mut side = Pack::new(&folder.path().join("catalog"))?;
        let mut copied = hold::database(&mut side, file)?;
        // Its log may have commits from after the transaction of the copy.
        copied.looked = Looked::at(&side.place(&file.name)).unwrap_or(copied.looked);
        Ok(Self { copied, pack: side, _folder: folder })
    }

    fn move_to(&self, pack: &mut Pack) -> Result<Vec<Entry>> {
        let put = |entry: &Entry| {
            let path = self.pack.place(&entry.name);
            let from = std::fs::File::open(&path).map_err(failed("back up", &path))?;
            Ok(Entry { damaged: entry.damaged, ..pack.put(&entry.name, from, entry.bytes)? })
        };
        self.copied.entries.iter().map(put).collect()
    }
}
