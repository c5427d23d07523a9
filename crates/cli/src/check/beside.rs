//! Files of a project next to its store: budgets, alerts, access, documents, prices, and files of exporters.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use quipu::prices::{USER_FILE, UserBook};
use quipu::sqlite::Repaired;
use quipu::sqlite::accounts::{self, Checked};
use serde_json::Value;

/// Shelves of saved views and dashboards within a project's folder.
const SHELVES: [&str; 2] = ["documents/views", "documents/dashboards"];

/// Databases next to the store. Access is the same for all projects: the default project has its database.
fn databases(folder: &Path, is_default: bool) -> Vec<(PathBuf, Checked)> {
    let register = (folder.join(quipu_access::FILE), Checked::Register(quipu_access::MARK));
    let accounts = (folder.join("budgets.db"), Checked::Accounts);
    let alerts = (folder.join(quipu_alert::FILE), Checked::Alerts(quipu_alert::MARK));
    [Some(accounts), Some(alerts), is_default.then_some(register)].into_iter().flatten().collect()
}

/// Checks the files; one sentence a finding.
pub fn findings(folder: &Path, is_default: bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, kind) in databases(folder, is_default) {
        found.extend(accounts::check(&path, kind).unwrap_or_else(|error| vec![error.to_string()]));
    }
    found.extend(is_default.then(|| lost_register(folder)).flatten());
    found.extend(SHELVES.iter().flat_map(|shelf| documents(&folder.join(shelf))));
    found.extend(prices(&folder.join(USER_FILE)));
    found.extend(folders(folder).iter().flat_map(|exporter| quipu::pipeline::unreadable(exporter)));
    found.into_iter().map(|what| format!("{}.", what.trim_end_matches('.'))).collect()
}

/// A register of access that is missing although access was required. Without it no user can log in.
fn lost_register(folder: &Path) -> Option<String> {
    let path = folder.join(quipu_access::FILE);
    let is_lost = !path.exists() && folder.join(quipu_access::MARKER).symlink_metadata().is_ok();
    is_lost.then(|| {
        format!(
            "{}: it is missing, and {} records that access is required: restore it, or run `quipu users add \
             admin --role admin`",
            path.display(),
            quipu_access::MARKER
        )
    })
}

/// Mends the databases among them.
pub fn repair(folder: &Path, is_default: bool, repaired: &mut Repaired) -> Result<()> {
    for (path, kind) in databases(folder, is_default) {
        let mended = accounts::repair(&path, kind)?;
        repaired.done.extend(mended.done);
        repaired.lost.extend(mended.lost);
    }
    Ok(())
}

fn documents(shelf: &Path) -> Vec<String> {
    let entries = fs::read_dir(shelf).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort_unstable();
    let wrong = |path: &PathBuf| {
        let why = match fs::metadata(path) {
            Ok(meta) if !meta.is_file() => "it is not a file".to_owned(),
            _ => match fs::read(path) {
                Ok(text) => serde_json::from_slice::<Value>(&text).err()?.to_string(),
                Err(gone) if gone.kind() == std::io::ErrorKind::NotFound && !path.is_symlink() => {
                    return None;
                }
                Err(error) => error.to_string(),
            },
        };
        Some(format!("{}: {why}", path.display()))
    };
    files.iter().filter_map(wrong).collect()
}

fn prices(path: &Path) -> Option<String> {
    let why = match fs::read_to_string(path) {
        Ok(text) => UserBook::parse(&text).err()?.first()?.to_string(),
        Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => error.to_string(),
    };
    Some(format!("{}: {why}", path.display()))
}

/// Folders of exporters with queued batches and dead letters.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let kept = |path: &PathBuf| ["spool", "dead"].iter().any(|part| path.join(part).is_dir());
    let mut folders: Vec<PathBuf> = entries.filter(kept).collect();
    folders.sort_unstable();
    folders
}
