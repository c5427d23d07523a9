//! What became of a file.

use std::fmt;
use std::path::PathBuf;

use crate::Format;

/// Something that could not be read, and where. Never holds what the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The file or folder.
    pub path: PathBuf,
    /// The line, counted from one; `None` where it is about the whole.
    pub line: Option<u64>,
    /// Why, in words.
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

/// What was read from one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Its format; `None` when it was not recognised.
    pub format: Option<Format>,
    /// Lines read, blank ones not counted.
    pub lines: u64,
    /// Items handed on: spans, events and metric points.
    pub items: u64,
    /// Lines or items that could not be read or were refused.
    pub bad: u64,
    /// The first of the troubles.
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

    /// Whether nothing came of the file although something is wrong with it.
    pub const fn failed(&self) -> bool {
        self.bad > 0 && self.items == 0
    }
}
