//! Verification of a copy, and its restore to a data folder.

use std::fs;
use std::path::{Path, PathBuf};

use quipu_core::{ErrorKind, Result};

use super::manifest::{Layouts, Manifest};
use super::pack::{sync_folders, sync_parent};
use super::unpack::{Contents, Target, read};
use super::{Places, error, failed};
use crate::folder::UNFINISHED;
use crate::private;

/// Reads a whole copy and compares it with its manifest: files, and the days and spans of its stores. One
/// database at a time is written to the folder for temporary files, and removed there.
///
/// # Errors
/// [`ErrorKind::Damaged`]: something is missing, unexpected or changed. [`ErrorKind::Unsupported`]: a newer
/// build made it.
pub fn verify(from: &Path) -> Result<Manifest> {
    let passing = tempfile::tempdir().map_err(failed("restore", &std::env::temp_dir()))?;
    let contents = read(from, Target::Passing(passing.path()))?;
    compare(from, &contents)?;
    Ok(contents.told())
}

/// Writes a copy to the data folder, which must be missing or empty. The same holds for the store's folder if
/// the copy has a separate one. The files get their names after all of them were read and match the manifest.
/// Until then no store can be opened there.
///
/// # Errors
/// As [`verify`]; [`ErrorKind::Invalid`]: a folder is not empty, or the copy has a separate store and no
/// folder for it is given.
pub fn restore(from: &Path, places: &Places) -> Result<Manifest> {
    for (_, path) in places.roots() {
        empty(path)?;
    }
    let staging = Staging::new(&places.data)?;
    let contents = read(from, Target::Folder(staging.root()))?;
    compare(from, &contents)?;
    let has_store = contents.sums.keys().any(|name| name.starts_with("store/"));
    if has_store && places.store.is_none() {
        let text =
            format!("{}: its store was separate from the data folder: give a folder for it", from.display());
        return Err(error(ErrorKind::Invalid, "restore", text));
    }
    staging.move_all(places)?;
    Ok(contents.told())
}

fn empty(path: &Path) -> Result<()> {
    match fs::read_dir(path) {
        Ok(mut entries) => {
            if entries.next().is_none() {
                return Ok(());
            }
            let text = format!("{}: the folder is not empty; restore to an empty folder", path.display());
            Err(error(ErrorKind::Invalid, "restore", text))
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(failed("restore", path)(cause)),
    }
}

/// Marker folders that mark their parents as targets of an unfinished restore. The first one takes the files
/// that are read. It is in the data folder, and so on the same disk with any mounts.
struct Staging {
    markers: Vec<PathBuf>,
    /// Set once files get their names. From then on only a finished restore removes the markers.
    moving: bool,
}

impl Staging {
    fn new(data: &Path) -> Result<Self> {
        let mut staging = Self { markers: Vec::new(), moving: false };
        staging.mark(data)?;
        Ok(staging)
    }

    fn root(&self) -> &Path {
        &self.markers[0]
    }

    fn mark(&mut self, folder: &Path) -> Result<()> {
        private::folder(folder).map_err(failed("restore", folder))?;
        let marker = folder.join(UNFINISHED);
        private::folder(&marker).map_err(failed("restore", &marker))?;
        self.markers.push(marker);
        Ok(())
    }

    /// Gives all files their names, and then removes the markers.
    fn move_all(mut self, places: &Places) -> Result<()> {
        let roots: Vec<_> = places.roots().filter(|(name, _)| self.root().join(name).exists()).collect();
        for (_, path) in &roots {
            if path.join(UNFINISHED) != self.root() {
                self.mark(path)?;
                sync_parent(&path.join(UNFINISHED)).map_err(failed("restore", path))?;
            }
        }
        sync_parent(self.root()).map_err(failed("restore", &places.data))?;
        self.moving = true;
        for (name, path) in &roots {
            let root = self.root().join(name);
            sync_folders(&root).map_err(failed("restore", &root))?;
            move_below(&root, path)?;
        }
        // All files have their names, synced to the disk. The data folder's marker is removed last.
        for marker in self.markers.iter().rev() {
            fs::remove_dir_all(marker).map_err(failed("restore", marker))?;
            sync_parent(marker).map_err(failed("restore", marker))?;
        }
        for (_, path) in places.roots().filter(|(_, path)| path.exists()) {
            sync_parent(path).map_err(failed("restore", path))?;
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        for marker in self.markers.iter().filter(|marker| !self.moving && marker.exists()) {
            if let Err(cause) = fs::remove_dir_all(marker) {
                tracing::warn!(folder = %marker.display(), %cause, "cannot remove the remains of a restore");
            }
        }
    }
}

/// Moves all entries, or copies the files if the folder is on another disk.
fn move_below(from: &Path, to: &Path) -> Result<()> {
    private::folder(to).map_err(failed("restore", to))?;
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
    private::folder(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        copy_over(&path, &to.join(path.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

fn compare(from: &Path, contents: &Contents) -> Result<()> {
    let Contents { manifest, sums, stores } = contents;
    let own = Layouts::of_this_build();
    if !manifest.is_known() || manifest.layouts.beyond(own) {
        let text = format!(
            "{}: made by {} with layouts {:?}; this build supports up to {own:?}: use a newer build",
            from.display(),
            manifest.build,
            manifest.layouts
        );
        return Err(error(ErrorKind::Unsupported, "restore", text));
    }
    let wrong =
        |what: String| Err(error(ErrorKind::Damaged, "restore", format!("{}: {what}", from.display())));
    if !manifest.is_sealed() {
        return wrong("checksum mismatch in its manifest: its SHA-256 differs".into());
    }
    for entry in &manifest.files {
        match sums.get(&entry.name) {
            None => return wrong(format!("{} is missing", entry.name)),
            Some((bytes, _)) if *bytes != entry.bytes => {
                return wrong(format!("{} has {bytes} bytes, expected {}", entry.name, entry.bytes));
            }
            Some((_, sha256)) if *sha256 != entry.sha256 => {
                return wrong(format!(
                    "checksum mismatch in {}: its SHA-256 differs from the manifest's",
                    entry.name
                ));
            }
            Some(_) => {}
        }
    }
    if sums.len() != manifest.files.len() {
        let known = |name: &&String| manifest.files.iter().any(|entry| entry.name == **name);
        let stranger = sums.keys().find(|name| !known(name)).cloned().unwrap_or_default();
        return wrong(format!("{stranger} is not in its manifest"));
    }
    stores.wrong(manifest).map_or(Ok(()), wrong)
}
