//! Import position of a file, with an identity check of the file.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Format;

/// Bytes at a file's beginning that identify it.
const HEAD: u64 = 1 << 10;

/// A position in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The file's inode number; 0 on platforms without one.
    pub(crate) inode: u64,
    /// Imported bytes; all bytes of a document.
    pub(crate) offset: u64,
    /// SHA-256 of the first bytes, at most 1 KiB and at most `offset`.
    pub(crate) head: String,
    /// The detected format; `None` for a document, whose format is detected each time.
    pub(crate) format: Option<Format>,
}

impl Mark {
    pub(crate) fn new(file: &File, offset: u64, format: Option<Format>) -> io::Result<Self> {
        Ok(Self { inode: inode(&file.metadata()?), offset, head: head(file, offset)?, format })
    }

    /// Whether it is the same file and still contains all imported bytes.
    pub(crate) fn holds(&self, file: &File) -> io::Result<bool> {
        let is = file.metadata()?;
        Ok(self.inode == inode(&is) && is.len() >= self.offset && head(file, self.offset)? == self.head)
    }
}

fn head(file: &File, offset: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut from = file;
    from.seek(SeekFrom::Start(0))?;
    from.take(HEAD.min(offset)).read_to_end(&mut bytes)?;
    Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(unix)]
fn inode(is: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(is)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}
