//! Disk spool of an exporter: append-only files of frames, and a cursor behind the delivered frames.

mod cursor;
mod layout;
mod lock;
mod read;
mod rewrite;
mod segment;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
mod tests;

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use quipu_core::{Error, ErrorKind, Result};

use self::cursor::Cursor;
use self::layout::BEGIN;
pub(crate) use self::layout::{LAYOUT, opening};
use self::lock::lock;
pub(crate) use self::read::{ReadJob, ReadResult};
pub(crate) use self::rewrite::Rewritten;
use self::segment::{Segment, Writer};
use super::frame::{Head, Packed};
use super::{SpoolConfig, private};

/// A fully delivered file of at least this size is removed, even if it has space left.
const WORTH_REMOVING: u64 = 1 << 20;
/// A spool has at least this many files, so space is freed in small steps.
const FILES: u64 = 8;

/// Folder of a backend's spool; `None` if it has none.
pub(crate) fn spool_folder(config: &SpoolConfig, exporter: Option<&Path>) -> Option<PathBuf> {
    let own = || config.path.clone().or_else(|| Some(exporter?.join("spool")));
    config.enabled.then(own).flatten()
}

/// A position in the spool, ordered by arrival.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    pub segment: u64,
    pub offset: u64,
}

/// The range of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameRange {
    pub begin: Point,
    pub end: Point,
}

pub(crate) fn failed(operation: &'static str, path: &Path, cause: std::io::Error) -> Error {
    use std::io::ErrorKind as IoKind;
    let kind = match cause.kind() {
        IoKind::StorageFull | IoKind::QuotaExceeded | IoKind::FileTooLarge => ErrorKind::Exhausted,
        IoKind::PermissionDenied | IoKind::ReadOnlyFilesystem => ErrorKind::Denied,
        _ => ErrorKind::Io,
    };
    Error::new(kind, operation, path.display().to_string()).caused_by(cause)
}

/// The spool files of one backend. Frames before `passed` are delivered; frames from `read` on are not in
/// memory.
pub(crate) struct Spool {
    folder: PathBuf,
    config: SpoolConfig,
    segments: VecDeque<Segment>,
    writer: Option<Writer>,
    cursor: Cursor,
    passed: Point,
    read: Point,
    next: u64,
    began: Instant,
    base: u64,
    /// Arrival time of the first frame from `read` on, or earlier.
    unread_stamp: u64,
    /// Whether the last write failed; delivered files are then removed at once.
    strained: bool,
    /// Files cut to less than their header; each counts as one lost record.
    cut: u64,
    /// The lock is held while the spool is open.
    _lock: (File, Option<File>),
}

impl Spool {
    /// Opens or creates a spool. Its frames were not delivered by the last process.
    ///
    /// # Errors
    /// Another process holds the spool, or the folder cannot be written.
    pub fn open(folder: &Path, config: &SpoolConfig) -> Result<Self> {
        private::folder(folder).map_err(|cause| failed("open spool", folder, cause))?;
        let lock = lock(folder)?;
        // Removes temporary files of a process that was killed during a rewrite.
        private::remove_ending(folder, rewrite::BESIDE)
            .map_err(|cause| failed("open spool", folder, cause))?;
        let (cursor, passed) = Cursor::open(&folder.join("cursor"))?;
        let mut spool = Self {
            folder: folder.to_path_buf(),
            config: config.clone(),
            segments: VecDeque::new(),
            writer: None,
            cursor,
            passed,
            read: passed,
            next: passed.segment + 1,
            began: Instant::now(),
            base: 0,
            unread_stamp: 0,
            strained: false,
            cut: 0,
            _lock: lock,
        };
        spool.resume()?;
        Ok(spool)
    }

    /// Reads the existing files.
    fn resume(&mut self) -> Result<()> {
        let mut first = None;
        for number in segment::numbers(&self.folder)? {
            self.next = self.next.max(number + 1);
            let from = if number == self.passed.segment { self.passed.offset.max(BEGIN) } else { BEGIN };
            let path = segment::path(&self.folder, number);
            match Segment::walk(&path, number, from).map_err(|cause| failed("open spool", &path, cause))? {
                None => tracing::warn!(
                    path = %path.display(),
                    "a file of another layout was skipped: the version that wrote it can deliver it"
                ),
                Some(walked) if number < self.passed.segment || walked.segment.len <= from => {
                    // The number of records in a file without a header is unknown.
                    self.cut += u64::from(number >= self.passed.segment && walked.segment.len < from);
                    self.remove_file(number);
                }
                Some(walked) => {
                    self.base = self.base.max(walked.stamps.map_or(0, |(_, last)| last));
                    first = first.or(walked.stamps.map(|(first, _)| first));
                    self.segments.push_back(walked.segment);
                }
            }
        }
        self.unread_stamp = first.unwrap_or_default();
        self.read = match self.segments.front() {
            Some(front) if front.number == self.passed.segment => self.passed,
            Some(front) => Point { segment: front.number, offset: BEGIN },
            None => self.tail(),
        };
        Ok(())
    }

    /// Files lost before this start, as records that no file reports; returned once.
    pub fn lost_unread(&mut self) -> u64 {
        std::mem::take(&mut self.cut)
    }

    /// Milliseconds of a monotonic clock that runs while a spool is open. It does not depend on the machine's
    /// clock.
    pub fn now(&self) -> u64 {
        self.base + u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.len).sum()
    }

    /// Known number of records on disk that are not in memory.
    pub fn unread(&self) -> u64 {
        self.segments.iter().map(|segment| segment.unread).sum()
    }

    /// Arrival time of the first of them, or a little earlier.
    pub const fn unread_stamp(&self) -> u64 {
        self.unread_stamp
    }

    /// Position after the last frame.
    fn tail(&self) -> Point {
        self.segments.back().map_or(Point { segment: self.next, offset: BEGIN }, |last| Point {
            segment: last.number,
            offset: last.len,
        })
    }

    /// Whether there are frames that are not in memory.
    pub fn is_behind(&self) -> bool {
        self.read < self.tail() && !self.segments.is_empty()
    }

    /// Whether a frame fits within the limit, after delivered files are removed.
    pub fn has_room(&mut self, packed: &Packed) -> bool {
        let len = Head::of(packed, 0, 0).frame_len() + BEGIN;
        if self.bytes() + len > self.config.bytes {
            self.remove_passed(0);
        }
        self.bytes() + len <= self.config.bytes
    }

    /// Whether the frame would fit into an empty spool.
    pub fn could_have_room(&self, packed: &Packed) -> bool {
        Head::of(packed, 0, 0).frame_len() + BEGIN <= self.config.bytes
    }

    /// Appends a frame; a failed write leaves nothing behind. The frame counts as not in memory until
    /// [`Spool::remember`].
    ///
    /// # Errors
    /// The spool or the disk is full, or the disk fails.
    pub fn append(&mut self, packed: &Packed, records: usize) -> Result<(FrameRange, u64)> {
        if !self.has_room(packed) {
            let context = format!("{}: the spool is full", self.folder.display());
            return Err(Error::new(ErrorKind::Exhausted, "spool batch", context));
        }
        let written = self.write(packed, records);
        self.strained = written.is_err();
        if self.strained && self.segments.back().is_some_and(|last| last.len > BEGIN) {
            // Closes the file, so it can be removed once it is delivered.
            self.writer = None;
            self.remove_passed(0);
        }
        written
    }

    fn write(&mut self, packed: &Packed, records: usize) -> Result<(FrameRange, u64)> {
        let stamp = self.now();
        let head = Head::of(packed, records, stamp);
        let was_behind = self.is_behind();
        let active = self.writable(head.frame_len())?;
        let (Some(last), Some(writer)) = (self.segments.back_mut(), &mut self.writer) else {
            return Err(Error::new(ErrorKind::Internal, "spool batch", "no file to write to"));
        };
        let begin = Point { segment: active, offset: last.len };
        if let Err(cause) = writer.append(&head, packed, last.len, self.config.sync) {
            if !writer.is_whole() {
                self.writer = None;
            }
            return Err(failed("spool batch", &segment::path(&self.folder, active), cause));
        }
        last.len += head.frame_len();
        last.unread += u64::from(head.records);
        let end = Point { segment: active, offset: last.len };
        if !was_behind {
            (self.read, self.unread_stamp) = (begin, stamp);
        }
        Ok((FrameRange { begin, end }, stamp))
    }

    /// Returns the number of a file with space for `len` bytes; creates one if necessary.
    fn writable(&mut self, len: u64) -> Result<u64> {
        let most = self.config.segment_bytes.min(self.config.bytes / FILES).max(1);
        if let (Some(last), Some(_)) = (self.segments.back(), &self.writer)
            && (last.len <= BEGIN || last.len + len <= most)
        {
            return Ok(last.number);
        }
        let number = self.next;
        let path = segment::path(&self.folder, number);
        let writer =
            Writer::create(&path, self.config.sync).map_err(|cause| failed("spool batch", &path, cause))?;
        self.next += 1;
        self.writer = Some(writer);
        self.segments.push_back(Segment { number, len: BEGIN, unread: 0, resumed: false });
        self.remove_passed(0);
        Ok(number)
    }

    /// Marks the last written frame as in memory, so it need not be read.
    pub fn remember(&mut self, place: FrameRange, records: usize) {
        self.count_unread(place.begin.segment, records, false);
        self.read = place.end;
    }

    /// Marks a frame and all later ones as not in memory.
    pub fn forget(&mut self, place: FrameRange, records: usize, stamp: u64) {
        self.count_unread(place.begin.segment, records, true);
        (self.read, self.unread_stamp) = (place.begin, stamp);
    }

    fn count_unread(&mut self, segment: u64, records: usize, more: bool) {
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        if let Some(held) = self.segments.iter_mut().find(|held| held.number == segment) {
            let count =
                if more { held.unread.saturating_add(records) } else { held.unread.saturating_sub(records) };
            held.unread = count;
        }
    }

    /// Returns the next read from disk; `None` if all frames are in memory.
    pub fn next_job(&mut self) -> Option<ReadJob> {
        if !self.is_behind() {
            return None;
        }
        let at = self.segments.iter().position(|held| held.number >= self.read.segment)?;
        let held = self.segments.get(at)?;
        if held.number > self.read.segment {
            self.read = Point { segment: held.number, offset: BEGIN };
        }
        Some(ReadJob { path: segment::path(&self.folder, held.number), from: self.read, until: held.len })
    }

    /// Moves past the result of a read. Returns the number of damaged records, or `None` if the read position
    /// changed meanwhile.
    pub fn found(&mut self, job: &ReadJob, found: &ReadResult) -> Option<u64> {
        if self.read != job.from {
            return None;
        }
        let held = self.segments.iter_mut().find(|held| held.number == job.from.segment)?;
        match found {
            ReadResult::Frame { place, head, batch, skipped } => {
                held.unread = held.unread.saturating_sub(u64::from(head.records));
                (self.read, self.unread_stamp) = (place.end, head.stamp);
                // For its own files this process knows the number of records; lost records show as the rest
                // at the end of the file.
                let skipped = if held.resumed { *skipped } else { 0 };
                let rest = if place.end.offset >= held.len { std::mem::take(&mut held.unread) } else { 0 };
                Some(skipped + rest + if batch.is_some() { 0 } else { u64::from(head.records.max(1)) })
            }
            ReadResult::Nothing { skipped } => {
                // Frames that arrived after the job are unread. Records lost before them show as the rest at
                // the end of the file.
                let more = held.len > job.until;
                self.read = Point { segment: job.from.segment, offset: job.until.max(job.from.offset) };
                if more {
                    return Some(0);
                }
                let known = std::mem::take(&mut held.unread);
                let skipped = if held.resumed { *skipped } else { 0 };
                let number = job.from.segment;
                if let Some(next) = self.segments.iter().find(|held| held.number > number) {
                    self.read = Point { segment: next.number, offset: BEGIN };
                }
                Some(known.max(skipped).max(u64::from(job.from.offset < job.until)))
            }
        }
    }

    /// Marks everything before `point` as delivered or given up.
    pub fn commit(&mut self, point: Point) -> Result<()> {
        self.passed = self.passed.max(point);
        self.remove_passed(if self.strained { 0 } else { WORTH_REMOVING });
        self.cursor.set(self.passed)
    }

    /// Marks everything that was read as delivered or given up.
    pub fn commit_read(&mut self) -> Result<()> {
        self.commit(self.read)
    }

    /// Removes fully delivered files. The file that is being written goes once it has `worth` bytes.
    fn remove_passed(&mut self, worth: u64) {
        while let Some(front) = self.segments.front() {
            let active = self.segments.len() == 1 && self.writer.is_some();
            let passed = front.number < self.passed.segment
                || (front.number == self.passed.segment
                    && front.len <= self.passed.offset
                    && front.len > BEGIN);
            if !passed || (active && front.len < worth.max(BEGIN + 1)) {
                return;
            }
            if active {
                self.writer = None;
            }
            let number = front.number;
            self.segments.pop_front();
            self.remove_file(number);
            if self.read.segment <= number {
                self.read =
                    self.segments.front().map_or(Point { segment: self.next, offset: BEGIN }, |front| {
                        Point { segment: front.number, offset: BEGIN }
                    });
            }
        }
    }

    /// Frees space by removing the oldest file. Returns its number and its records that are not in memory.
    pub fn drop_oldest(&mut self) -> Option<(u64, u64)> {
        let front = self.segments.pop_front()?;
        if self.segments.is_empty() {
            self.writer = None;
        }
        self.remove_file(front.number);
        let next = self.segments.front().map_or(Point { segment: self.next, offset: BEGIN }, |front| Point {
            segment: front.number,
            offset: BEGIN,
        });
        self.read = self.read.max(next);
        Some((front.number, front.unread))
    }

    fn remove_file(&mut self, number: u64) {
        let path = segment::path(&self.folder, number);
        if let Err(cause) = fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %cause, "cannot remove delivered batches");
        }
    }
}
