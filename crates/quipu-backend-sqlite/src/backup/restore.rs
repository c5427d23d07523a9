//! From a copy to a data folder again.

use std::fs;
use std::path::{Path, PathBuf};

use quipu_core::{ErrorKind, Result};

use super::manifest::{Layouts, Manifest};
use super::pack::{private_folder, sync_folders, sync_parent};
use super::unpack::{Contents, read};
use super::{Places, error, failed};
use crate::folder::UNFINISHED;

/// Reads a whole copy and compares it with its manifest.
///
/// # Errors
/// [`ErrorKind::Damaged`]: something is missing, too much, or not what it was. [`ErrorKind::Unsupported`]: a newer build made it.
pub fn verify(from: &Path) -> Result<Manifest> {
    let contents = read(from, None)?;
    compare(from, &contents)?;
    Ok(contents.manifest)
}

/// Writes a copy to the data folder, which must be missing or empty, and so must the store's where the copy has one apart. The files are
/// there under their names once all of them were read and found to be what the manifest says; until then a store cannot be opened there.
///
/// # Errors
/// As of [`verify`]; [`ErrorKind::Invalid`]: a folder is not empty, or the copy has a store apart and no folder is named for it.
pub fn restore(from: &Path, places: &Places) -> Result<Manifest> {
    for (_, path) in places.roots() {
        empty(path)?;
    }
    let staging = Staging::new(&places.data)?;
    let contents = read(from, Some(&staging.0))?;
    compare(from, &contents)?;
    let has_store = contents.sums.keys().any(|name| name.starts_with("store/"));
    if has_store && places.store.is_none() {
        let text =
            format!("{}: its store was kept apart from the data: name a folder for it", from.display());
        return Err(error(ErrorKind::Invalid, "restore", text));
    }
    for (name, path) in places.roots() {
        let root = staging.0.join(name);
        if root.exists() {
            sync_folders(&root).map_err(failed("restore", &root))?;
            move_below(&root, path)?;
        }
    }
    drop(staging);
    for (_, path) in places.roots() {
        sync_parent(path).map_err(failed("restore", path))?;
    }
    Ok(contents.manifest)
}

fn empty(path: &Path) -> Result<()> {
    match fs::read_dir(path) {
        Ok(mut entries) => {
            if entries.next().is_none() {
                return Ok(());
            }
            let text = format!("{}: there is something in it; restore to an empty folder", path.display());
            Err(error(ErrorKind::Invalid, "restore", text))
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(failed("restore", path)(cause)),
    }
}

/// A folder within the data folder: on the same disk, whatever is mounted where.
struct Staging(PathBuf);

impl Staging {
    fn new(data: &Path) -> Result<Self> {
        private_folder(data).map_err(failed("restore", data))?;
        let path = data.join(UNFINISHED);
        private_folder(&path).map_err(failed("restore", &path))?;
        Ok(Self(path))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(cause) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %cause, "what is left of a restore cannot be removed");
        }
    }
}

/// Moves all entries, or copies the files where the folder is on another disk.
fn move_below(from: &Path, to: &Path) -> Result<()> {
    private_folder(to).map_err(failed("restore", to))?;
    for entry in fs::read_dir(from).map_err(failed("restore", from))? {
        let path = entry.map_err(failed("restore", from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        match fs::rename(&path, &target) {
            Err(cause) if cause.kind() == std::io::ErrorKind::CrossesDevices => {
                copy_over(&path, &target).map_err(failed("restore", &target))?;
            }
            done => done.map_err(failed("restore", &target))?,
        }
    }
    sync_folders(to).map_err(failed("restore", to))
}

fn copy_over(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        fs::copy(from, to)?;
        return fs::File::open(to)?.sync_all();
    }
    private_folder(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        copy_over(&path, &to.join(path.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

fn compare(from: &Path, contents: &Contents) -> Result<()> {
    let Contents { manifest, sums } = contents;
    let own = Layouts::of_this_build();
    if !manifest.is_known() || manifest.layouts.beyond(own) {
        let text = format!(
            "{}: made by {} with layouts {:?}; this build knows up to {own:?}: use a newer build",
            from.display(),
            manifest.build,
            manifest.layouts
        );
        return Err(error(ErrorKind::Unsupported, "restore", text));
    }
    let wrong =
        |what: String| Err(error(ErrorKind::Damaged, "restore", format!("{}: {what}", from.display())));
    for entry in &manifest.files {
        match sums.get(&entry.name) {
            None => return wrong(format!("{} is missing", entry.name)),
            Some((bytes, _)) if *bytes != entry.bytes => {
                return wrong(format!("{} has {bytes} bytes and had {}", entry.name, entry.bytes));
            }
            Some((_, sha256)) if *sha256 != entry.sha256 => {
                return wrong(format!("{} is not what it was: its SHA-256 is another", entry.name));
            }
            Some(_) => {}
        }
    }
    if sums.len() != manifest.files.len() {
        let known = |name: &&String| manifest.files.iter().any(|entry| entry.name == **name);
        let stranger = sums.keys().find(|name| !known(name)).cloned().unwrap_or_default();
        return wrong(format!("{stranger} is not in its manifest"));
    }
    Ok(())
}
