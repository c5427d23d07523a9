//! Report on one imported file.

use std::fmt;
use std::path::PathBuf;

use crate::Format;

/// A problem and its position. Never holds contents of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The file or folder.
    pub path: PathBuf,
    /// The line, counted from one; `None` if it concerns the whole file.
    pub line: Option<u64>,
    /// Reason in words.
    pub why: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path.display(), self.why),
            None => write!(f, "{}: {}", self.path.display(), self.why),
        }
    }
}

/// The result of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Its format; `None` if it was not recognised.
    pub format: Option<Format>,
    /// Lines read, without blank ones.
    pub lines: u64,
    /// Items passed on: spans, events and metric points.
    pub items: u64,
    /// Unreadable or rejected lines or items.
    pub bad: u64,
    /// The first problems.
    pub troubles: Vec<Trouble>,
}

impl FileReport {
    pub(crate) fn new(path: PathBuf, format: Option<Format>) -> Self {
        Self { path, format, lines: 0, items: 0, bad: 0, troubles: Vec::new() }
    }

    pub(crate) fn trouble(&mut self, most: usize, line: Option<u64>, why: impl Into<String>) {
        self.bad += 1;
        if self.troubles.len() < most {
            self.troubles.push(Trouble { path: self.path.clone(), line, why: why.into() });
        }
    }

    /// Whether the file had errors and gave no items.
    pub const fn failed(&self) -> bool {
        self.bad > 0 && self.items == 0
    }
}
