//! Manifest of a copy: its files, stores and checksums.

use quipu_core::{Clock, SystemClock};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::pack::hex;
use crate::schema::{CATALOG, DAY, TEXT};

/// The manifest's name within a copy.
pub(super) const FILE: &str = "manifest.json";
/// Version of its format.
const FORMAT: u32 = 2;
/// The previous format version: without stores and without a checksum of its own.
const FIRST_FORMAT: u32 = 1;
/// Maximum size of a manifest, in bytes.
pub(super) const MOST_BYTES: u64 = 256 << 20;

/// Every file of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format.
    pub format: u32,
    /// The build that made the copy.
    pub build: String,
    /// Start of the copy, RFC 3339.
    pub taken_at: String,
    /// The layouts that this build writes. The files may be older, but not newer.
    pub layouts: Layouts,
    /// The stores; empty in the first format.
    #[serde(default)]
    pub stores: Vec<StoreEntry>,
    /// The files, in the order of copying.
    pub files: Vec<Entry>,
    /// SHA-256, in hexadecimal digits, of the manifest as JSON without white space and with this field empty.
    /// Empty in the first format.
    #[serde(default)]
    pub sha256: String,
    /// Databases that could not be opened during verification, for example because of a missing key. Their
    /// content was not counted.
    #[serde(skip)]
    pub unread: Vec<String>,
}

/// A store in a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreEntry {
    /// The prefix of its file names, such as `data/`.
    pub name: String,
    /// Its days with records, each as eight digits, in order.
    pub days: Vec<String>,
    /// Spans of all readable days.
    pub spans: u64,
}

/// Versions of the store's layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layouts {
    /// Layout of the catalog.
    pub catalog: u32,
    /// Layout of a day.
    pub day: u32,
    /// Layout of a day's full text.
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
    /// Whether the file is an unreadable database, which was copied unchanged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

impl Layouts {
    pub(super) fn of_this_build() -> Self {
        Self { catalog: CATALOG.version(), day: DAY.version(), text: TEXT.version() }
    }

    /// Whether any layout is newer than this build's.
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
            stores: Vec::new(),
            files: Vec::new(),
            sha256: String::new(),
            unread: Vec::new(),
        }
    }

    /// The numbers of days and spans of all stores.
    pub fn records(&self) -> (usize, u64) {
        let days = self.stores.iter().map(|store| store.days.len()).sum();
        (days, self.stores.iter().map(|store| store.spans).sum())
    }

    /// The expected checksum; empty in the first format.
    fn sum(&self) -> String {
        if self.format == FIRST_FORMAT {
            return String::new();
        }
        let bare = Self { sha256: String::new(), ..self.clone() };
        hex(&Sha256::digest(serde_json::to_vec(&bare).unwrap_or_default()))
    }

    /// Sets the checksum.
    pub(super) fn seal(&mut self) {
        self.sha256 = self.sum();
    }

    /// Whether the checksum matches.
    pub(super) fn is_sealed(&self) -> bool {
        self.sha256 == self.sum()
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Whether this build supports the format.
    pub(super) fn is_known(&self) -> bool {
        [FIRST_FORMAT, FORMAT].contains(&self.format)
    }
}
