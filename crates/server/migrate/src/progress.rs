//! File with the progress of a migration: the proof that the target belongs to it, and the copied days.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use quipu_core::{Error, ErrorKind, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// Version of the file.
const VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stored {
    version: u32,
    from: String,
    to: String,
    /// Marks of copied days, by the day's start in nanoseconds.
    days: BTreeMap<i64, u64>,
    finished: bool,
}

/// Progress of a migration between two stores.
#[derive(Debug)]
pub struct Progress {
    path: PathBuf,
    stored: Stored,
    is_new: bool,
}

impl Progress {
    /// Reads the progress between these stores from a file; a missing file means none. The names have no
    /// secrets.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`]: the file is of other stores, or its migration is finished. Other errors: the
    /// file cannot be read.
    pub fn read(path: &Path, from: &str, to: &str) -> Result<Self> {
        let path = path.to_owned();
        let new = Stored {
            version: VERSION,
            from: from.to_owned(),
            to: to.to_owned(),
            days: BTreeMap::new(),
            finished: false,
        };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { path, stored: new, is_new: true });
            }
            Err(error) => return Err(io("read progress", &path, error)),
        };
        let stored: Stored = serde_json::from_slice(&text).map_err(|error| {
            let text = format!("{}: it is no progress of a migration: {error}", path.display());
            Error::new(ErrorKind::Damaged, "read progress", text)
        })?;
        let shown = path.display();
        let refused = match &stored {
            Stored { version, .. } if *version != VERSION => {
                format!("{shown}: version {version} is unknown; this build knows version {VERSION}")
            }
            Stored { from: of, to: into, .. } if of != from || into != to => {
                format!("{shown} has the progress from {of} to {into}, not from {from} to {to}")
            }
            Stored { finished: true, .. } => format!(
                "the migration of {shown} is finished, and the target may have records of its own: for a new \
                 migration remove the file and give an empty target"
            ),
            _ => return Ok(Self { path, stored, is_new: false }),
        };
        Err(Error::new(ErrorKind::Invalid, "read progress", refused))
    }

    /// Whether nothing was copied yet, so the target must be empty.
    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether a day was copied completely and did not change since.
    pub fn has(&self, day: Timestamp, mark: Option<u64>) -> bool {
        mark.is_some() && self.stored.days.get(&day.nanos()).copied() == mark
    }

    /// Writes the file: the target belongs to this migration from now on.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin(&mut self) -> Result<()> {
        self.save()?;
        self.is_new = false;
        Ok(())
    }

    /// Notes a copied day. A day without a mark is copied again by the next pass.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note(&mut self, day: Timestamp, mark: Option<u64>) -> Result<()> {
        match mark {
            Some(mark) => self.stored.days.insert(day.nanos(), mark),
            None => self.stored.days.remove(&day.nanos()),
        };
        self.save()
    }

    /// Notes that the target is complete: no later pass may change it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(&mut self) -> Result<()> {
        self.stored.finished = true;
        self.save()
    }

    fn save(&self) -> Result<()> {
        let failed = |error| io("write progress", &self.path, error);
        let text = serde_json::to_vec_pretty(&self.stored).map_err(|error| failed(error.into()))?;
        let new = self.path.with_extension("new");
        let mut file = File::create(&new).map_err(failed)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&new, &self.path).map_err(failed)
    }
}

fn io(operation: &'static str, path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, operation, path.display().to_string()).caused_by(error)
}
