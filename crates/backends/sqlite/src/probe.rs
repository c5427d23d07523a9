//! Probe whether the disk accepts writes again.

use std::fs::{self, File};
use std::io::Write;

use crate::fault::Result;
use crate::folder::Folder;

/// Bytes to write; as many as a busy second writes.
const BYTES: usize = 1 << 20;

/// Writes a file, syncs it to the disk and removes it.
pub(crate) fn probe(folder: &Folder) -> Result<()> {
    let path = folder.root().join("probe.tmp");
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&vec![0xa5; BYTES])?;
        file.sync_all()
    });
    let removed = fs::remove_file(&path);
    written?;
    Ok(removed?)
}
