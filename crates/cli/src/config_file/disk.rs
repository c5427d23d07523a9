//! Reading and replacing a config file on the disk.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Symbolic links that are followed.
const LINKS: usize = 16;

/// The path with an addition to its name.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Reads a file; `None` if there is none.
///
/// # Errors
/// It cannot be read, or is no UTF-8.
pub fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Replaces a file as a whole, if it still has its former text. Permissions and owner stay, a link stays a
/// link. A new file is for the user only.
///
/// # Errors
/// The file was changed meanwhile, or cannot be written.
pub fn replace(path: &Path, former: Option<&str>, text: &str) -> Result<()> {
    let write = || {
        let path = target(path)?;
        let unfinished = beside(&path, &format!(".{}.part", std::process::id()));
        let done = write_whole(&unfinished, &path, text).and_then(|()| {
            if read(&path)?.as_deref() != former {
                bail!("another program changed it just now: try again");
            }
            Ok(fs::rename(&unfinished, &path)?)
        });
        if done.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        done
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Creates the folder of a file, and returns the folders that were missing, outermost first.
///
/// # Errors
/// A folder cannot be created.
pub fn create_folder(path: &Path) -> Result<Vec<PathBuf>> {
    let folder = target(path)?.parent().map(Path::to_owned).unwrap_or_default();
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let mut missing: Vec<PathBuf> = folder.ancestors().take_while(is_missing).map(Path::to_owned).collect();
    missing.reverse();
    if !missing.is_empty() {
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    Ok(missing)
}

fn write_whole(unfinished: &Path, path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(unfinished)?;
    if let Ok(former) = fs::metadata(path) {
        keep_owner(unfinished, &former)?;
        file.set_permissions(former.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}

#[cfg(unix)]
fn keep_owner(unfinished: &Path, former: &fs::Metadata) -> Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let own = fs::metadata(unfinished)?;
    if (own.uid(), own.gid()) != (former.uid(), former.gid()) {
        chown(unfinished, Some(former.uid()), Some(former.gid())).context("its owner cannot be kept")?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &fs::Metadata) -> Result<()> {
    Ok(())
}

/// The file that a path leads to through links; it may be missing.
fn target(path: &Path) -> Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(next) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().map(|folder| folder.join(&next)).unwrap_or(next);
    }
    bail!("{} leads through more than {LINKS} links", path.display())
}
