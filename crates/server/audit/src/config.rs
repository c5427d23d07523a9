//! Configuration of the audit log.

use quipu_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::limits;

/// The folder of the audit log within a data folder.
pub const FOLDER: &str = "audit";

/// The moment at which an entry counts as written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// The entry is on disk and survives a power cut. Waiting entries are flushed together.
    #[default]
    Disk,
    /// The operating system has the entry, so it survives a kill. It is on disk within a second.
    Os,
}

/// The table `[audit]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// The moment at which an entry counts as written.
    pub durability: Durability,
    /// Bytes after which a new file begins; from 64 KiB to 1 GiB.
    pub file_bytes: u64,
    /// Entries of one action in a minute with an outcome other than `done`. Further ones are counted instead
    /// of written, because strangers must not fill the disk. At least 1.
    pub refusals_per_minute: u32,
    /// Whether an act is rejected if its entry cannot be written. Incoming telemetry has no entries and
    /// continues.
    pub required: bool,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self {
            durability: Durability::Disk,
            file_bytes: limits::FILE_BYTES,
            refusals_per_minute: limits::REFUSALS_PER_MINUTE,
            required: false,
        }
    }
}

impl AuditConfig {
    /// Checks that all values are within their bounds.
    ///
    /// # Errors
    /// Names the value that is out of bounds, and the bounds.
    pub fn check(&self) -> Result<()> {
        let range = limits::FILE_BYTES_RANGE;
        let wrong = |what: String| Err(Error::new(ErrorKind::Invalid, "open the audit log", what));
        if !range.contains(&self.file_bytes) {
            let (least, most) = (range.start(), range.end());
            return wrong(format!("file_bytes is {}: expected {least} to {most}", self.file_bytes));
        }
        if self.refusals_per_minute == 0 {
            return wrong("refusals_per_minute is 0: expected at least 1".into());
        }
        Ok(())
    }
}
