//! What a copy says of itself.

use quipu_core::{Clock, SystemClock};
use serde::{Deserialize, Serialize};

use crate::schema::{CATALOG, DAY, TEXT};

/// The manifest's name within a copy.
pub(super) const FILE: &str = "manifest.json";
/// Version of its form.
const FORMAT: u32 = 1;
/// A longer one is none.
pub(super) const MOST_BYTES: u64 = 256 << 20;

/// Every file of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this form.
    pub format: u32,
    /// The build that made the copy.
    pub build: String,
    /// When it was begun, RFC 3339.
    pub taken_at: String,
    /// The layouts that this build writes; the files may be older, not newer.
    pub layouts: Layouts,
    /// The files, in the order of copying.
    pub files: Vec<Entry>,
}

/// Versions of the store's layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layouts {
    /// Of the catalog.
    pub catalog: u32,
    /// Of a day.
    pub day: u32,
    /// Of a day's full text.
    pub text: u32,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `data/` or `store/`, and the path below that folder.
    pub name: String,
    /// Length.
    pub bytes: u64,
    /// SHA-256 of the content, in hexadecimal digits.
    pub sha256: String,
    /// The file is a database that could not be read: it was copied as it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

impl Layouts {
    pub(super) fn of_this_build() -> Self {
        Self { catalog: CATALOG.version(), day: DAY.version(), text: TEXT.version() }
    }

    /// Whether any is newer than this build's.
    pub(super) fn beyond(self, own: Self) -> bool {
        self.catalog > own.catalog || self.day > own.day || self.text > own.text
    }
}

impl Manifest {
    pub(super) fn new(build: &str) -> Self {
        Self {
            format: FORMAT,
            build: build.to_owned(),
            taken_at: SystemClock.now().to_string(),
            layouts: Layouts::of_this_build(),
            files: Vec::new(),
        }
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Whether this build knows the form.
    pub(super) const fn is_known(&self) -> bool {
        self.format == FORMAT
    }
}
