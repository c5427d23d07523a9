//! Import positions of files, stored across restarts.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use quipu_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use super::mark::Mark;

const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct SavedMarks {
    version: u32,
    files: BTreeMap<PathBuf, Mark>,
}

/// Positions of files, stored in a separate file.
#[derive(Debug)]
pub struct WatchMarks {
    file: PathBuf,
    marks: BTreeMap<PathBuf, Mark>,
    changed: bool,
}

impl WatchMarks {
    /// Opens a state file; a missing file gives an empty state.
    ///
    /// # Errors
    /// The file cannot be read, or is not of this version.
    pub fn open(file: &Path) -> Result<Self> {
        let marks = match std::fs::read(file) {
            Ok(bytes) => {
                let kept: SavedMarks = serde_json::from_slice(&bytes).map_err(|error| failed(file, error))?;
                if kept.version != VERSION {
                    let context = format!("{} has version {}", file.display(), kept.version);
                    return Err(Error::new(ErrorKind::Unsupported, "read import state", context));
                }
                kept.files
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(failed(file, error)),
        };
        Ok(Self { file: file.to_owned(), marks, changed: false })
    }

    pub(crate) fn get(&self, path: &Path) -> Option<&Mark> {
        self.marks.get(path)
    }

    pub(crate) fn set(&mut self, path: &Path, mark: Mark) {
        if self.marks.get(path) != Some(&mark) {
            self.marks.insert(path.to_owned(), mark);
            self.changed = true;
        }
    }

    /// Saves the state atomically if it has changed. Deleted files are removed from it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn save(&mut self) -> Result<()> {
        if !self.changed {
            return Ok(());
        }
        let file = &self.file;
        self.marks.retain(|path, _| path.exists());
        let files = self.marks.iter().filter(|(path, _)| path.to_str().is_some());
        let kept = SavedMarks {
            version: VERSION,
            files: files.map(|(path, mark)| (path.clone(), mark.clone())).collect(),
        };
        let bytes = serde_json::to_vec(&kept).map_err(|error| failed(file, error))?;
        let draft = file.with_extension("draft");
        std::fs::write(&draft, bytes)
            .and_then(|()| std::fs::rename(&draft, file))
            .map_err(|error| failed(file, error))?;
        self.changed = false;
        Ok(())
    }
}

fn failed(file: &Path, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Io, "store import state", file.display().to_string()).caused_by(cause)
}
