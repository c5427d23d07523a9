//! One file of the spool.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use quipu_core::Result;

use super::failed;
use super::layout::{BEGIN, KIND, LAYOUT, is_of_another, opening};
use super::read::find;
use super::rewrite::BESIDE;
use crate::exporter::frame::{Head, Packed};
use crate::exporter::private;

const ENDING: &str = "spool";

/// State of a spool file.
#[derive(Debug)]
pub(super) struct Segment {
    pub number: u64,
    /// Bytes of the header and the complete frames.
    pub len: u64,
    /// Records of frames that are not in memory.
    pub unread: u64,
    /// Whether an earlier process wrote it.
    pub resumed: bool,
}

/// Result of a scan.
pub(super) struct Walked {
    pub segment: Segment,
    /// Stamp of the first frame, and the latest stamp.
    pub stamps: Option<(u64, u64)>,
}

pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:020}.{ENDING}"))
}

/// Numbers of the spool files in a folder, in ascending order.
pub(super) fn numbers(folder: &Path) -> Result<Vec<u64>> {
    let entries = fs::read_dir(folder).map_err(|cause| failed("open spool", folder, cause))?;
    let number = |path: PathBuf| {
        let ours = path.extension().is_some_and(|ending| ending == ENDING);
        path.file_stem().filter(|_| ours)?.to_str()?.parse::<u64>().ok().filter(|number| *number < u64::MAX)
    };
    let mut numbers: Vec<u64> = entries.flatten().filter_map(|entry| number(entry.path())).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

impl Segment {
    /// Scans the heads from `from` on, without the contents. `None`: the file has another layout version. A
    /// file without a complete header counts as empty.
    pub fn walk(path: &Path, number: u64, from: u64) -> std::io::Result<Option<Walked>> {
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        let mut start = [0; LAYOUT];
        if len >= BEGIN {
            file.read_exact(&mut start)?;
        }
        if is_of_another(&start) {
            return Ok(None);
        }
        let mut walked = Walked { segment: Self { number, len, unread: 0, resumed: true }, stamps: None };
        let mut at = from;
        while let Some((begin, head)) = find(&mut file, at, len)? {
            walked.segment.unread += u64::from(head.records);
            let (first, last) = walked.stamps.unwrap_or((head.stamp, head.stamp));
            walked.stamps = Some((first, last.max(head.stamp)));
            at = begin + head.frame_len();
        }
        Ok(Some(walked))
    }
}

/// Appends frames to a file.
pub(super) struct Writer {
    file: File,
    whole: bool,
}

impl Writer {
    pub fn create(path: &Path, sync: bool) -> std::io::Result<Self> {
        // The file gets its name after its header is written, so a file without a header was cut later.
        let beside = path.with_extension(BESIDE);
        let mut file = private::file().create_new(true).append(true).open(&beside)?;
        let begun = file.write_all(&opening(KIND)).and_then(|()| fs::rename(&beside, path));
        let begun = if sync { begun.and_then(|()| sync_all(&file, path)) } else { begun };
        if let Err(cause) = begun {
            let _ = fs::remove_file(beside);
            let _ = fs::remove_file(path);
            return Err(cause);
        }
        Ok(Self { file, whole: true })
    }

    /// Whether the file ends with a complete frame.
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Appends a frame at `len`, the end of the file. A failed write is undone.
    pub fn append(&mut self, head: &Head, packed: &Packed, len: u64, sync: bool) -> std::io::Result<()> {
        let written =
            self.file.write_all(&head.to_bytes()).and_then(|()| self.file.write_all(packed.bytes()));
        let written = if sync { written.and_then(|()| self.file.sync_data()) } else { written };
        if written.is_err() {
            self.whole = self.file.set_len(len).and_then(|()| self.file.seek(SeekFrom::Start(len))).is_ok();
        }
        written
    }
}

/// Syncs the file and its folder entry to disk.
fn sync_all(file: &File, path: &Path) -> std::io::Result<()> {
    file.sync_all()?;
    path.parent().map_or(Ok(()), private::sync_folder)
}
