//! Readers of a folder, for whoever has no [`crate::Audit`] open.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use quipu_core::{Result, Timestamp};

use crate::backwards::Backwards;
use crate::folder::{self, Folder};
use crate::{AuditPage, AuditQuery, Head, Noted, limits, line};

/// A page of the record in a folder; a writer may be adding to it. No folder: no entries. Lines that cannot be read are passed
/// over, for [`crate::verify_folder`] to tell of.
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

/// Whether the record in a folder has an entry that `is_such`. Reads until the first one, else all of it; lines that cannot be read are
/// passed over. No folder: no entries.
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

/// Whether all of a file comes at or after an entry.
fn is_after(file: &File, before: Option<u64>) -> io::Result<bool> {
    let Some(before) = before else { return Ok(false) };
    let first = Lines::new(file, u64::MAX).next().transpose()?;
    let first = first.and_then(|text| line::read(&text.bytes).ok());
    Ok(first.is_some_and(|noted| noted.seq >= before))
}

/// Gives the lines of the record that were noted from `since` until before `until`, oldest first, each as it stands there with
/// its newline: its hash can be checked wherever it goes. Returns how many. What is added meanwhile is not among them.
///
/// # Errors
/// The files cannot be read, or `to` says no.
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

/// A file as far as it was written when it was looked at.
pub(crate) struct Piece {
    pub(crate) number: u64,
    pub(crate) file: File,
    pub(crate) length: u64,
}

/// The head and all files at one moment between two writes.
pub(crate) fn snapshot(files: &Folder) -> io::Result<(Option<Head>, Vec<Piece>)> {
    let _still = files.hold_still();
    // The head before the files: where nothing can be locked, entries that come meanwhile are no fault.
    let head = files.head()?;
    let open = |number| {
        let file = File::open(files.file(number))?;
        let length = file.metadata()?.len();
        Ok(Piece { number, file, length })
    };
    let pieces = files.numbers()?.into_iter().map(open).collect::<io::Result<_>>()?;
    Ok((head, pieces))
}

/// Lines from the beginning, each within the bound.
pub(crate) struct Lines<'a>(BufReader<io::Take<&'a File>>);

/// A line without its newline.
pub(crate) struct Text {
    pub(crate) bytes: Vec<u8>,
    /// Whether it had one: else it was cut off, or is too long and was passed over.
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
                    // The rest of it, so that the next line is one.
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
