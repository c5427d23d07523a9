//! How the record is kept.

use quipu_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::limits;

/// The folder of the record within a data folder.
pub const FOLDER: &str = "audit";

/// When an entry counts as written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// When the disk has it: it survives a power cut. Entries that wait together are flushed together.
    #[default]
    Disk,
    /// When the operating system has it: it survives a kill. The disk gets it within a second.
    Os,
}

/// How the record is kept; the table `[audit]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditSettings {
    /// When an entry counts as written.
    pub durability: Durability,
    /// Bytes after which a new file is begun; from 64 KiB to 1 GiB.
    pub file_bytes: u64,
    /// Entries of one action a minute with an outcome other than `done`, after which further ones are counted instead of
    /// written one by one: strangers must not fill the disk. At least 1.
    pub refusals_per_minute: u32,
    /// Whether an act that cannot be noted is refused. Telemetry that comes in is not noted and goes on.
    pub required: bool,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self {
            durability: Durability::Disk,
            file_bytes: limits::FILE_BYTES,
            refusals_per_minute: limits::REFUSALS_PER_MINUTE,
            required: false,
        }
    }
}

impl AuditSettings {
    /// Whether they are within their bounds.
    ///
    /// # Errors
    /// One is not: which, and what would be.
    pub fn check(&self) -> Result<()> {
        let range = limits::FILE_BYTES_RANGE;
        let wrong = |what: String| Err(Error::new(ErrorKind::Invalid, "set up the audit", what));
        if !range.contains(&self.file_bytes) {
            let (least, most) = (range.start(), range.end());
            return wrong(format!("file_bytes is {}: {least} to {most} are possible", self.file_bytes));
        }
        if self.refusals_per_minute == 0 {
            return wrong("refusals_per_minute is 0: at least 1 is possible".into());
        }
        Ok(())
    }
}
