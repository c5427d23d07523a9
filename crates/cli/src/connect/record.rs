//! The record beside a changed config file, and the copy of the former file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::tool::Entry;
use crate::config_file::disk;

/// What `connect` did to one file.
#[derive(Serialize, Deserialize)]
pub struct Record {
    /// Name of the tool's command.
    pub tool: String,
    /// SHA-256 of the former file; none if there was no file.
    pub former: Option<String>,
    /// SHA-256 of the written file.
    pub written: String,
    /// The written keys.
    pub entries: Vec<Entry>,
    /// Folders that were created, outermost first.
    pub folders: Vec<PathBuf>,
}

/// Paths of the record and of the copy.
pub struct Beside {
    record: PathBuf,
    copy: PathBuf,
}

impl Beside {
    pub fn of(file: &Path, tool: &str) -> Self {
        let at = |end: &str| disk::beside(file, &format!(".{tool}.{end}"));
        Self { record: at("quipu-connect"), copy: at("quipu-backup") }
    }

    pub fn copy(&self) -> &Path {
        &self.copy
    }

    /// Reads the record with the former text; `None` if the file is not connected.
    ///
    /// # Errors
    /// The record cannot be read, or the copy of the former file was changed.
    pub fn read(&self) -> Result<Option<(Record, Option<String>)>> {
        let Some(text) = disk::read(&self.record)? else { return Ok(None) };
        let record: Record =
            serde_json::from_str(&text).with_context(|| format!("{} is no record", self.record.display()))?;
        let Some(expected) = &record.former else { return Ok(Some((record, None))) };
        let former = disk::read(&self.copy)?.with_context(|| {
            format!(
                "{} is missing: remove the keys by hand, and then the file {}",
                self.copy.display(),
                self.record.display()
            )
        })?;
        let found = digest(&former);
        if found != *expected {
            bail!("checksum mismatch in {}: expected {expected}, found {found}", self.copy.display());
        }
        Ok(Some((record, Some(former))))
    }

    /// Writes the copy, and then the record.
    ///
    /// # Errors
    /// One of them cannot be written.
    pub fn write(&self, record: &Record, former: Option<&str>, file: &Path) -> Result<()> {
        if let Some(former) = former {
            disk::replace(&self.copy, disk::read(&self.copy)?.as_deref(), former)?;
            if let Ok(metadata) = fs::metadata(file) {
                fs::set_permissions(&self.copy, metadata.permissions())?;
            }
        }
        let text = serde_json::to_string_pretty(record)?;
        disk::replace(&self.record, disk::read(&self.record)?.as_deref(), &text)
    }

    /// Removes both.
    ///
    /// # Errors
    /// One of them is there and cannot be removed.
    pub fn remove(&self) -> Result<()> {
        for path in [&self.record, &self.copy] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove {}", path.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// SHA-256 in hexadecimal.
pub fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
