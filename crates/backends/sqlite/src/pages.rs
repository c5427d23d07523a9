//! Encryption keys of folders, and connections to their files.

use std::path::{Path, PathBuf};

use quipu_core::locks::RwLock;
use quipu_core::{Error, ErrorKind, Retry};
use quipu_pages::{KeySource, Kind, Pages};
use rusqlite::{Connection, OpenFlags};

use crate::config::Config;
use crate::fault::{NAME, Result};

/// Configured folders, each with the page format of the files below it.
static FOLDERS: RwLock<Vec<(PathBuf, Pages)>> = RwLock::new(Vec::new());

fn note(root: &Path, pages: Pages) {
    let mut folders = FOLDERS.write();
    folders.retain(|(folder, _)| folder != root);
    folders.push((root.to_owned(), pages));
}

/// Loads a key and uses it until the end of the process for all files below `root` that this crate opens or
/// creates. Call it first for work on a folder without an open store: copies, repairs, migrations.
///
/// # Errors
/// The source holds no key, or cannot be read.
pub fn unlock(root: impl AsRef<Path>, source: &KeySource) -> Result<(), Error> {
    let key = source.load().map_err(|error| error.of_backend(NAME))?;
    note(root.as_ref(), Pages::sealed(key)?);
    Ok(())
}

/// Applies the page options of a store's config. Without a key in the config, an already unlocked key stays
/// in use.
pub(crate) fn settle(config: &Config) -> Result<(), Error> {
    match &config.encryption {
        Some(source) => unlock(&config.path, source),
        None if !config.checksums && !of(&config.path)?.is_sealed() => {
            note(&config.path, Pages::clear(false)?);
            Ok(())
        }
        None => Ok(()),
    }
}

fn of(path: &Path) -> Result<Pages, Error> {
    let folders = FOLDERS.read();
    let above = folders.iter().filter(|(folder, _)| path.starts_with(folder));
    match above.max_by_key(|(folder, _)| folder.as_os_str().len()) {
        Some((_, pages)) => Ok(*pages),
        None => Pages::clear(true),
    }
}

/// Opens a file of a store.
pub(crate) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    connect_by(path, path, flags)
}

/// The page format of any database. An unencrypted one may lie next to encrypted ones. It opens the file and
/// closes it, so no other code of this process may have it open.
pub(crate) fn of_any(path: &Path) -> Result<Pages> {
    match quipu_pages::inspect(path)? {
        Kind::Bare | Kind::Summed => Ok(Pages::clear(true)?),
        _ => Ok(of(path)?),
    }
}

/// Opens a file of a store by its URI.
pub(crate) fn connect_by(path: &Path, name: impl AsRef<Path>, flags: OpenFlags) -> Result<Connection> {
    connect_with(of(path)?, name, flags)
}

/// Opens a file with a known page format.
pub(crate) fn connect_with(pages: Pages, name: impl AsRef<Path>, flags: OpenFlags) -> Result<Connection> {
    let _ = quipu_pages::last_refusal();
    let opened = pages.connect(name, flags);
    match (opened, quipu_pages::last_refusal()) {
        (Ok(conn), _) => Ok(conn),
        (Err(_), Some(why)) => {
            let error = Error::new(ErrorKind::Unsupported, "open store", why);
            Err(error.with_retry(Retry::No).of_backend(NAME).into())
        }
        (Err(error), None) => Err(error.into()),
    }
}
