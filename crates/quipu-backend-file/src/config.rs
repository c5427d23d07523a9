//! What can be set.

use std::path::PathBuf;

use quipu_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::fault::NAME;

/// When written lines are forced to the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fsync {
    /// Never: what was acknowledged survives the death of the process; the machine's death only as far as its kernel had got.
    Never,
    /// Before a batch is acknowledged: it survives a power cut. Slower.
    Batch,
    /// Every [`Config::fsync_interval_ms`].
    #[default]
    Interval,
}

/// How files are kept that are no longer written to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// As they are.
    None,
    /// As `.gz`.
    Gzip,
    /// As `.zst`: smaller, and quicker to make and to read.
    #[default]
    Zstd,
}

/// Settings of the files. Every limit may be 0: there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of the files; made when missing. One writer at a time has it.
    pub path: PathBuf,
    /// What the files' names begin with: letters, digits, `.`, `-` and `_`. The file written to is `NAME.jsonl`.
    pub name: String,
    /// Whether a new file begins with each day (UTC).
    pub rotate_daily: bool,
    /// Bytes after which a new file begins. A batch is never divided.
    pub rotate_bytes: u64,
    /// How files are kept that are no longer written to.
    pub compression: Compression,
    /// Days after which such a file is removed.
    pub keep_days: u32,
    /// Bytes that all files may have together; the oldest are removed, never the one that is written to.
    pub keep_bytes: u64,
    /// When written lines are forced to the disk.
    pub fsync: Fsync,
    /// Milliseconds between two times of forcing, for [`Fsync::Interval`].
    pub fsync_interval_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            path: PathBuf::from("quipu-data/lines"),
            name: "quipu".to_owned(),
            rotate_daily: true,
            rotate_bytes: 64 << 20,
            compression: Compression::default(),
            keep_days: 30,
            keep_bytes: 4 << 30,
            fsync: Fsync::default(),
            fsync_interval_ms: 1_000,
        }
    }
}

impl Config {
    /// The defaults, in this folder.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if self.name.is_empty() || self.name.starts_with('.') || !self.name.chars().all(plain) {
            let context =
                format!("name {:?}: letters, digits, '.', '-' and '_' only, no '.' first", self.name);
            return Err(Error::new(ErrorKind::Invalid, "open files", context).of_backend(NAME));
        }
        Ok(())
    }
}
