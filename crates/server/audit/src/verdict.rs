//! The result of a verification.

use quipu_core::Timestamp;
use serde::{Serialize, Serializer};

use crate::{Head, limits};

/// Whether the audit log is intact, and its errors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether the log has no error.
    pub holds: bool,
    /// Files that were read.
    pub files: u64,
    /// Entries that were read.
    pub entries: u64,
    /// When the first entry was written.
    #[serde(serialize_with = "write_time")]
    pub first: Option<Timestamp>,
    /// When the last entry was written.
    #[serde(serialize_with = "write_time")]
    pub last: Option<Timestamp>,
    /// Bytes after the last entry. A crash left them, and the next start removes them. They are not an error:
    /// every entry that counted as written is intact.
    pub torn: u64,
    /// The last entry, to be kept elsewhere. `0:00…` if there is none.
    pub head: Head,
    /// The errors, up to [`limits::FAULTS`].
    pub faults: Vec<ChainError>,
    /// The number of further errors.
    pub more: u64,
}

/// An error in the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainError {
    /// The name of the file; `None` if the error concerns the whole log.
    pub file: Option<String>,
    /// The line in the file, from 1.
    pub line: Option<u64>,
    /// The error text.
    pub what: String,
}

impl Verdict {
    pub(crate) fn fault(&mut self, place: Option<(&str, u64)>, what: impl Into<String>) {
        self.holds = false;
        if self.faults.len() >= limits::FAULTS {
            self.more += 1;
            return;
        }
        let (file, line) = place.map_or((None, None), |(file, line)| (Some(file.to_owned()), Some(line)));
        self.faults.push(ChainError { file, line, what: what.into() });
    }
}

fn write_time<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}
