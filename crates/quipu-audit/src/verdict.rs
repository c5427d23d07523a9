//! What verifying found.

use quipu_core::Timestamp;
use serde::{Serialize, Serializer};

use crate::{Head, limits};

/// Whether the record is whole, and where it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether nothing is wrong with it.
    pub holds: bool,
    /// Files that were read.
    pub files: u64,
    /// Entries that were read.
    pub entries: u64,
    /// When the first was noted.
    #[serde(serialize_with = "write_time")]
    pub first: Option<Timestamp>,
    /// When the last was noted.
    #[serde(serialize_with = "write_time")]
    pub last: Option<Timestamp>,
    /// Bytes after the last entry that are none: a crash left them, and the next start removes them. No fault: an entry that
    /// counted as written is whole.
    pub torn: u64,
    /// The last entry: what to keep elsewhere. `0:00…` when there is none.
    pub head: Head,
    /// What is wrong, the first [`limits::FAULTS`].
    pub faults: Vec<Fault>,
    /// How many more things are wrong.
    pub more: u64,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, by name; none where it is about the whole record.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u64>,
    /// What is wrong.
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
        self.faults.push(Fault { file, line, what: what.into() });
    }
}

fn write_time<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}
