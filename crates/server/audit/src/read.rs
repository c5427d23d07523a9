//! Readers of an audit folder, for callers without an open [`crate::Audit`].

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use quipu_core::{Result, Timestamp};

use crate::backwards::Backwards;
use crate::folder::{self, Folder};
use crate::{AuditPage, AuditQuery, Head, Noted, limits, line};

/// Returns a page of the log in a folder, even while a writer appends. A missing folder has no entries.
/// Unreadable lines are skipped; [`crate::verify_folder`] reports them.
///
/// # Errors
/// The files cannot be read.
pub fn read_folder(folder: &Path, query: &AuditQuery) -> Result<AuditPage> {
    let files = Folder::at(folder);
    page(&files, query).map_err(|cause| folder::failed("read", folder, cause))
}

fn page(files: &Folder, query: &AuditQuery) -> io::Result<AuditPage> {
    let mut page = AuditPage::default();
    let mut looked = 0;
    for number in files.numbers()?.into_iter().rev() {
        let file = File::open(files.file(number))?;
        if is_after(&file, query.before)? {
            continue;
        }
        let length = file.metadata()?.len();
        let mut lines = Backwards::new(file, length)?;
        while let Some(text) = lines.line()? {
            let Ok(noted) = line::read(&text) else { continue };
            if query.before.is_some_and(|before| noted.seq >= before) {
                continue;
            }
            if page.entries.len() >= query.limit() || looked >= limits::LOOKED_AT {
                page.next = Some(noted.seq.saturating_add(1));
                return Ok(page);
            }
            looked += 1;
            if query.takes(&noted) {
                page.entries.push(noted);
            }
        }
    }
    Ok(page)
}

/// Returns whether the log in a folder has an entry that satisfies `is_such`. Reads until the first match.
/// Unreadable lines are skipped, and a missing folder has no entries.
///
/// # Errors
/// The files cannot be read.
pub fn any_in_folder(folder: &Path, is_such: &dyn Fn(&Noted) -> bool) -> Result<bool> {
    let wrong = |cause| folder::failed("read", folder, cause);
    let files = Folder::at(folder);
    for number in files.numbers().map_err(wrong)? {
        let file = File::open(files.file(number)).map_err(wrong)?;
        for text in Lines::new(&file, u64::MAX) {
            let text = text.map_err(wrong)?;
            if line::read(&text.bytes).is_ok_and(|noted| is_such(&noted)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Returns whether all entries of a file have at least this number.
fn is_after(file: &File, before: Option<u64>) -> io::Result<bool> {
    let Some(before) = before else { return Ok(false) };
    let first = Lines::new(file, u64::MAX).next().transpose()?;
    let first = first.and_then(|text| line::read(&text.bytes).ok());
    Ok(first.is_some_and(|noted| noted.seq >= before))
}

/// Exports the lines from `since` until before `until`, the oldest first. Each line is unchanged and has its
/// newline, so its hash can be checked elsewhere. Returns the number of lines. Lines appended during the
/// export are left out.
///
/// # Errors
/// The files cannot be read, or `to` returns an error.
pub fn export_folder(
    folder: &Path,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    to: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<u64> {
    let wrong = |cause| folder::failed("export", folder, cause);
    let within = |noted: &Noted| {
        since.is_none_or(|since| noted.time >= since) && until.is_none_or(|until| noted.time < until)
    };
    let all = since.is_none() && until.is_none();
    let mut count = 0;
    for piece in snapshot(&Folder::at(folder)).map_err(wrong)?.1 {
        for text in Lines::new(&piece.file, piece.length) {
            let mut text = text.map_err(wrong)?;
            if text.is_whole && (all || line::read(&text.bytes).as_ref().is_ok_and(within)) {
                text.bytes.push(b'\n');
                to(&text.bytes).map_err(wrong)?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// A file and its length at the time of a snapshot.
pub(crate) struct Piece {
    pub(crate) number: u64,
    pub(crate) file: File,
    pub(crate) length: u64,
}

/// The head and all files at one moment between two writes.
pub(crate) fn snapshot(files: &Folder) -> io::Result<(Option<Head>, Vec<Piece>)> {
    let _still = files.hold_still();
    // The head is read before the files. If the folder cannot be locked, entries appended meanwhile are not
    // an error.
    let head = files.head()?;
    let open = |number| {
        let file = File::open(files.file(number))?;
        let length = file.metadata()?.len();
        Ok(Piece { number, file, length })
    };
    let pieces = files.numbers()?.into_iter().map(open).collect::<io::Result<_>>()?;
    Ok((head, pieces))
}

/// Lines from the beginning, each within the limit.
pub(crate) struct Lines<'a>(BufReader<io::Take<&'a File>>);

/// A line without its newline.
pub(crate) struct Text {
    pub(crate) bytes: Vec<u8>,
    /// Whether the line had a newline; otherwise it was cut off, or is too long and was skipped.
    pub(crate) is_whole: bool,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(file: &'a File, length: u64) -> Self {
        Self(BufReader::with_capacity(64 << 10, io::Read::take(file, length)))
    }
}

impl Iterator for Lines<'_> {
    type Item = io::Result<Text>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = Vec::new();
        let read = (&mut self.0).take(limits::LINE as u64 + 1).read_until(b'\n', &mut bytes);
        match read {
            Ok(0) => None,
            Ok(_) => {
                let is_whole = bytes.pop_if(|byte| *byte == b'\n').is_some();
                if !is_whole && bytes.len() > limits::LINE {
                    // Skips the rest of the long line, so that the next read starts at a new line.
                    return self
                        .0
                        .skip_until(b'\n')
                        .err()
                        .map_or(Some(Ok(Text { bytes, is_whole })), |error| Some(Err(error)));
                }
                Some(Ok(Text { bytes, is_whole }))
            }
            Err(error) => Some(Err(error)),
        }
    }
}
