//! Commands that work on the store's files.

mod backup;
mod migrate;
mod transfer;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use quipu::sqlite::backup::Places;

use crate::args::{DataPlace, StoreCommand};
use crate::folder::default_folder;
use crate::note::note;

/// The URI that means the data folder itself.
const OWN: &str = "sqlite:";

/// Runs a command; `false` when a check fails.
pub fn run(command: &StoreCommand) -> Result<bool> {
    match command {
        StoreCommand::Backup(what) => backup::back_up(what),
        StoreCommand::Restore(what) => backup::restore(what).map(|()| true),
        StoreCommand::Migrate(what) => match (&what.from, &what.to) {
            (Some(from), Some(to)) => transfer::run(what, from, to),
            _ => migrate::run(what),
        },
    }
}

impl DataPlace {
    fn uri(&self) -> Result<&str> {
        let uri = self.store.as_deref().unwrap_or(OWN);
        if !quipu::has_files(uri) {
            bail!(
                "{}: this command works on files, and only the store sqlite has them; for a store in a server \
                 use the server's own means, such as BACKUP of ClickHouse",
                quipu::without_login(uri)
            );
        }
        Ok(uri)
    }

    fn folder(&self) -> Result<PathBuf> {
        self.data_dir.clone().map_or_else(default_folder, Ok)
    }

    fn places(&self) -> Result<Places> {
        let data = self.folder()?;
        Ok(Places::new(&data, &quipu::store_folder(self.uri()?, &data)))
    }

    /// The folders of all stores: that of the default project, and one of each other.
    fn stores(&self) -> Result<Vec<PathBuf>> {
        let data = self.folder()?;
        let mut stores = vec![quipu::store_folder(self.uri()?, &data)];
        stores.extend(projects(&data).into_iter().map(|(_, store)| store));
        Ok(stores)
    }
}

/// The further projects of a data folder, by name, with the folder of each one's store.
pub fn projects(data: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(data.join("projects")).into_iter().flatten().flatten();
    let mut projects: Vec<_> = entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(_, store)| store.join("catalog.db").exists() || store.join("days").is_dir())
        .collect();
    projects.sort();
    projects
}

/// Writes the action to the audit log. A failure is reported, and undoes nothing: a backup may be taken of a
/// read-only folder.
fn remember(place: &DataPlace, action: &'static str, object: &str) -> Result<()> {
    if let Err(error) = crate::trail::note(&place.folder()?, action, object) {
        note(&format!("{error:#}"));
    }
    Ok(())
}

/// A number of bytes as people read it.
fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut left = bytes;
    while left >= 10_240 && unit + 1 < UNITS.len() {
        left = (left + 512) / 1_024;
        unit += 1;
    }
    format!("{left} {}", UNITS[unit])
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
