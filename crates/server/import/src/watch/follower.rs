//! Follows files and imports new contents once.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use quipu_core::Error;

use super::mark::Mark;
use super::state::WatchMarks;
use crate::detect::{Detected, detect};
use crate::read::{LastLine, Reading, Tail, document};
use crate::{Bounds, FileReport, Format, KnownCalls, Sink, Trouble, find};

/// Pause in the writes after which spans that may still change are emitted.
const QUIET: Duration = Duration::from_secs(1);
/// Pause in the writes after which a file is closed; if it grows again, it is read again up to its offset.
const IDLE: Duration = Duration::from_secs(60);

/// An open file.
struct Open {
    tail: Tail,
    grown: Instant,
    settled: bool,
}

/// Result of one pass over all files.
#[derive(Debug, Default)]
pub struct Round {
    /// Files with new contents.
    pub files: Vec<FileReport>,
    /// Unreadable files and folders.
    pub troubles: Vec<Trouble>,
    /// Whether to run the next pass soon, because a file was written just now.
    pub soon: bool,
}

/// Followed files and folders.
pub struct Follower {
    paths: Vec<PathBuf>,
    wanted: Option<Format>,
    bounds: Bounds,
    known: KnownCalls,
    open: HashMap<PathBuf, Open>,
    state: WatchMarks,
    /// Files of unknown format, with their length.
    strange: HashMap<PathBuf, u64>,
    said: Vec<Trouble>,
}

impl Follower {
    /// Follows paths from the offsets in the state.
    pub fn new(paths: Vec<PathBuf>, wanted: Option<Format>, bounds: Bounds, state: WatchMarks) -> Self {
        Self {
            paths,
            wanted,
            bounds,
            known: KnownCalls::default(),
            open: HashMap::new(),
            state,
            strange: HashMap::new(),
            said: Vec::new(),
        }
    }

    /// Imports new contents. `last` marks the last pass: spans that may still change are emitted as they are.
    ///
    /// # Errors
    /// The sink accepts no more items, or the state cannot be saved. Unaccepted items are imported by the
    /// next pass.
    pub fn look(&mut self, sink: &mut dyn Sink, last: bool) -> Result<Round, Error> {
        let (files, troubles) = find(&self.paths, &self.bounds);
        let new: Vec<_> = troubles.iter().filter(|trouble| !self.said.contains(trouble)).cloned().collect();
        self.said = troubles;
        let mut round = Round { troubles: new, ..Round::default() };
        for path in files {
            let report = FileReport::new(path.clone(), self.wanted);
            match self.file(&path, report, sink, last) {
                Ok(report) if report.lines > 0 || report.bad > 0 || report.items > 0 => {
                    round.files.push(report)
                }
                Ok(_) => {}
                Err(error) => {
                    // The file is opened again at its last accepted offset.
                    self.open.remove(&path);
                    self.state.save()?;
                    return Err(error);
                }
            }
        }
        round.soon = self.open.values().any(|open| !open.settled);
        self.state.save()?;
        Ok(round)
    }

    fn file(
        &mut self,
        path: &Path,
        report: FileReport,
        sink: &mut dyn Sink,
        last: bool,
    ) -> Result<FileReport, Error> {
        let mut known = std::mem::take(&mut self.known);
        let bounds = self.bounds.clone();
        let mut reading = Reading { bounds: &bounds, known: &mut known, sink, report };
        let done = self.advance(path, &mut reading, last);
        let mut report = reading.report;
        self.known = known;
        match done {
            Ok(()) => Ok(report),
            Err(Stopped::File(error)) => {
                report.trouble(self.bounds.troubles, None, error.to_string());
                Ok(report)
            }
            Err(Stopped::All(error)) => Err(error),
        }
    }

    fn advance(&mut self, path: &Path, reading: &mut Reading<'_>, last: bool) -> Result<(), Stopped> {
        let is = std::fs::metadata(path)?;
        if !self.open.contains_key(path) && self.is_done(path, is.len()) {
            return Ok(());
        }
        let file = File::open(path)?;
        let marked = self.state.get(path).cloned();
        let same = marked.as_ref().map(|mark| mark.holds(&file)).transpose()?.unwrap_or(false);
        if marked.is_some() && !same {
            // The file was replaced or cut: read it from its beginning.
            self.open.remove(path);
        }
        if !self.open.contains_key(path) {
            let mark = marked.filter(|_| same);
            let Some(tail) = self.open_tail(path, &file, mark, reading)? else { return Ok(()) };
            self.open.insert(path.to_owned(), Open { tail, grown: Instant::now(), settled: true });
        }
        let Some(open) = self.open.get_mut(path) else { return Ok(()) };
        if open.tail.advance(&file, LastLine::Wait, reading)? {
            (open.grown, open.settled) = (Instant::now(), false);
        }
        let age = is
            .modified()
            .ok()
            .and_then(|time| SystemTime::now().duration_since(time).ok())
            .unwrap_or_default();
        if !open.settled && (last || open.grown.elapsed() >= QUIET || age >= QUIET) {
            open.tail.settle(reading)?;
            open.settled = true;
        }
        let mark = Mark::new(&file, open.tail.offset, Some(open.tail.format))?;
        let idle = open.settled && age >= IDLE;
        self.state.set(path, mark);
        if idle {
            self.open.remove(path);
        }
        Ok(())
    }

    /// Whether a closed file is unchanged since its last pass.
    fn is_done(&self, path: &Path, length: u64) -> bool {
        self.strange.get(path) == Some(&length)
            || self.state.get(path).is_some_and(|mark| {
                // The beginning reveals a replacement of the same length.
                mark.offset == length && File::open(path).and_then(|file| mark.holds(&file)).unwrap_or(false)
            })
    }

    /// Opens a file at its offset; `None` if it is not read by lines, or not yet.
    fn open_tail(
        &mut self,
        path: &Path,
        file: &File,
        mark: Option<Mark>,
        reading: &mut Reading<'_>,
    ) -> Result<Option<Tail>, Stopped> {
        if let Some(Mark { offset, format: Some(format), .. }) = mark {
            let mut from = file;
            io::Seek::rewind(&mut from)?;
            return Ok(Some(Tail::resume(format, path, file, offset, reading)?));
        }
        let mut from = file;
        io::Seek::rewind(&mut from)?;
        let length = file.metadata()?.len();
        match detect(BufReader::new(file), self.wanted, &self.bounds)? {
            Detected::Lines(format) => return Ok(Some(Tail::new(format, path))),
            Detected::Nothing => {}
            Detected::Document => {
                document(file, self.wanted, path, reading)?;
                self.state.set(path, Mark::new(file, length, None)?);
                self.strange.insert(path.to_owned(), length);
            }
            Detected::Other(why) => {
                reading.report.trouble(self.bounds.troubles, None, why);
                self.strange.insert(path.to_owned(), length);
            }
        }
        Ok(None)
    }
}

/// Reason why a file was not read to its end.
enum Stopped {
    /// This file cannot be read; others may be.
    File(io::Error),
    /// The sink accepts no more items.
    All(Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::All(error)
    }
}
