//! Rewrite of a spool file without deleted records.
//!
//! Each frame keeps its position and length, so stored positions stay valid. The new file is written under a
//! temporary name and then renamed; a kill in between leaves the old file.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use quipu_core::{Batch, Error, ErrorKind, Result};

use super::layout::{BEGIN, KIND, LAYOUT, opening};
use super::read::find;
use super::{Point, Spool, failed};
use crate::exporter::forgotten::Forgotten;
use crate::exporter::frame::{HEAD, Head, Packed};
use crate::exporter::private;

/// Extension of a temporary file.
pub(super) const BESIDE: &str = "forget";

/// The result of a rewrite, and its temporary file.
pub(crate) struct Rewritten {
    pub number: u64,
    /// Number of removed records.
    pub gone: u64,
    /// Starts of the changed frames, and how many fewer records the backend accepts of each.
    pub fewer: Vec<(Point, u64)>,
    path: PathBuf,
    beside: Option<PathBuf>,
}

impl Rewritten {
    /// Scans a file. Unless `dry`, it writes a replacement if records have to go.
    ///
    /// # Errors
    /// The file cannot be read or written, or has another layout version.
    pub fn of(
        path: &Path,
        number: u64,
        what: &Forgotten,
        taken: &dyn Fn(&Batch) -> usize,
        dry: bool,
    ) -> Result<Self> {
        let io = |cause| failed("forget spooled records", path, cause);
        let mut file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let mut start = [0; LAYOUT];
        if len >= BEGIN {
            file.read_exact(&mut start).map_err(io)?;
            if start != opening(KIND) {
                let context = format!("{}: a file of another layout", path.display());
                return Err(Error::new(ErrorKind::Unsupported, "forget spooled records", context));
            }
        }
        let mut rewritten = Self { number, gone: 0, fewer: Vec::new(), path: path.to_owned(), beside: None };
        let mut changes = Vec::new();
        let mut at = BEGIN;
        while let Some((begin, head)) = find(&mut file, at, len).map_err(io)? {
            at = begin + head.frame_len();
            file.seek(SeekFrom::Start(begin + HEAD as u64)).map_err(io)?;
            let mut stored = vec![0; usize::try_from(head.stored).unwrap_or(usize::MAX)];
            file.read_exact(&mut stored).map_err(io)?;
            let Some((left, gone)) = head.unpack::<Batch>(&stored).and_then(|batch| what.without(&batch))
            else {
                continue;
            };
            rewritten.gone += gone;
            let records = u32::try_from(taken(&left)).unwrap_or(u32::MAX).min(head.records);
            rewritten
                .fewer
                .push((Point { segment: number, offset: begin }, u64::from(head.records - records)));
            if !dry {
                changes.push((begin, framed(&head, &left, records)?));
            }
        }
        if !changes.is_empty() {
            rewritten.beside = Some(write(path, &mut file, &changes).map_err(io)?);
        }
        Ok(rewritten)
    }

    /// Renames the replacement over the old file.
    ///
    /// # Errors
    /// The folder cannot be written; the old file is still there.
    pub fn settle(&self) -> Result<()> {
        match &self.beside {
            None => Ok(()),
            Some(beside) => fs::rename(beside, &self.path)
                .and_then(|()| self.path.parent().map_or(Ok(()), private::sync_folder))
                .map_err(|cause| failed("forget spooled records", &self.path, cause)),
        }
    }

    /// Discards the replacement.
    pub fn give_up(&self) {
        if let Some(beside) = &self.beside {
            let _ = fs::remove_file(beside);
        }
    }
}

/// Encodes the remaining records as a frame of the same length.
fn framed(old: &Head, left: &Batch, records: u32) -> Result<Vec<u8>> {
    let length = usize::try_from(old.stored).unwrap_or(usize::MAX);
    let packed = Packed::padded(left, length)?;
    let head = Head { records, ..Head::of(&packed, 0, old.stamp) };
    let mut bytes = head.to_bytes().to_vec();
    bytes.extend_from_slice(packed.bytes());
    Ok(bytes)
}

fn write(path: &Path, file: &mut File, changes: &[(u64, Vec<u8>)]) -> std::io::Result<PathBuf> {
    let beside = path.with_extension(BESIDE);
    let mut copy = || -> std::io::Result<()> {
        let mut out = private::file().create(true).truncate(true).write(true).open(&beside)?;
        file.seek(SeekFrom::Start(0))?;
        std::io::copy(file, &mut out)?;
        for (begin, frame) in changes {
            out.seek(SeekFrom::Start(*begin))?;
            out.write_all(frame)?;
        }
        out.sync_all()
    };
    copy().inspect_err(|_| drop(fs::remove_file(&beside)))?;
    Ok(beside)
}

impl Spool {
    /// Returns all files with their numbers. With `seal`, the current file is closed, and new frames go to
    /// another file.
    pub fn files(&mut self, seal: bool) -> Vec<(u64, PathBuf)> {
        if seal {
            self.writer = None;
        }
        self.segments
            .iter()
            .map(|held| (held.number, super::segment::path(&self.folder, held.number)))
            .collect()
    }

    /// Replaces a file by its rewritten version; a file that was removed meanwhile stays removed. For frames
    /// in memory the backlog has already adjusted the counts.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn replace(&mut self, rewritten: &Rewritten) -> Result<()> {
        let read = self.read;
        let Some(held) = self.segments.iter_mut().find(|held| held.number == rewritten.number) else {
            rewritten.give_up();
            return Ok(());
        };
        rewritten.settle()?;
        let unread = rewritten.fewer.iter().filter(|(begin, _)| *begin >= read);
        held.unread = held.unread.saturating_sub(unread.map(|(_, fewer)| fewer).sum());
        Ok(())
    }
}
