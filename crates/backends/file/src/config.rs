//! Config of the file backend.

use std::path::PathBuf;

use quipu_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::fault::NAME;

/// Time at which written lines are forced to the disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fsync {
    /// Never. Acknowledged data survives a crash of the process. After a crash of the machine, data in the
    /// kernel's buffers is lost.
    Never,
    /// Before a batch is acknowledged, which then survives a power loss. Slower.
    Batch,
    /// Every [`Config::fsync_interval_ms`].
    #[default]
    Interval,
}

/// Compression of past files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Uncompressed.
    None,
    /// As `.gz`.
    Gzip,
    /// As `.zst`: smaller, and faster to write and read.
    #[default]
    Zstd,
}

/// Config of the file backend. For every limit, 0 means no limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of the files; created if missing. Only one writer at a time may use it.
    pub path: PathBuf,
    /// Prefix of the files' names: letters, digits, `.`, `-` and `_`. The active file is `NAME.jsonl`.
    pub name: String,
    /// Whether a new file begins with each day (UTC).
    pub rotate_daily: bool,
    /// Bytes after which a new file begins. A batch is never split.
    pub rotate_bytes: u64,
    /// Compression of past files.
    pub compression: Compression,
    /// Days after which a past file is removed.
    pub keep_days: u32,
    /// Size limit of all files in bytes. The oldest are removed, but never the active one.
    pub keep_bytes: u64,
    /// Time at which written lines are forced to the disk.
    pub fsync: Fsync,
    /// Milliseconds between two syncs, for [`Fsync::Interval`].
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
    /// The defaults with this folder.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if self.name.is_empty() || self.name.starts_with('.') || !self.name.chars().all(plain) {
            let context =
                format!("name {:?}: expected letters, digits, '.', '-' and '_', and no '.' first", self.name);
            return Err(Error::new(ErrorKind::Invalid, "open files", context).of_backend(NAME));
        }
        Ok(())
    }
}
