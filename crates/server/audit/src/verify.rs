//! Verification of an audit log.

use std::path::Path;

use quipu_core::Result;

use crate::folder::{self, Folder};
use crate::read::{Lines, Piece, snapshot};
use crate::{Head, Noted, Verdict, limits, line};

/// Reads the whole log in a folder. It checks that each line is unchanged and follows the one before it, and
/// that beginning and end are present. `kept` are heads that were stored elsewhere; each one has to be in the
/// log.
///
/// A passed check proves that no line was changed, inserted, removed or moved. The exception is an attacker
/// who rewrote all later lines and the file `head`. Only a head that was stored elsewhere rules that out.
///
/// # Errors
/// The files cannot be read.
pub fn verify_folder(folder: &Path, kept: &[Head]) -> Result<Verdict> {
    let wrong = |cause| folder::failed("verify", folder, cause);
    let files = Folder::at(folder);
    let (end, pieces) = snapshot(&files).map_err(wrong)?;
    let mut reading = Reading {
        verdict: Verdict { holds: true, ..Verdict::default() },
        expected: kept.iter().chain(&end).copied().collect(),
        before: None,
    };
    for (index, piece) in pieces.iter().enumerate() {
        reading.file(piece, index + 1 == pieces.len()).map_err(wrong)?;
    }
    Ok(reading.finish(end.is_some()))
}

struct Reading {
    verdict: Verdict,
    /// Entries that have to be present; each one is removed when it is found.
    expected: Vec<Head>,
    /// The head of the entry before, as that entry states it.
    before: Option<Head>,
}

impl Reading {
    fn file(&mut self, piece: &Piece, is_last: bool) -> std::io::Result<()> {
        let name = folder::name(piece.number);
        self.verdict.files += 1;
        let mut lines = Lines::new(&piece.file, piece.length).zip(1..).peekable();
        while let Some((text, number)) = lines.next() {
            let text = text?;
            if text.is_whole {
                self.line((&name, number), &text.bytes);
            } else if is_last && lines.peek().is_none() && text.bytes.len() <= limits::LINE {
                self.verdict.torn = text.bytes.len() as u64;
            } else {
                self.verdict.fault(Some((&name, number)), "cut off, or longer than any entry");
            }
        }
        Ok(())
    }

    fn line(&mut self, place: (&str, u64), text: &[u8]) {
        match line::read(text) {
            Err(what) => self.verdict.fault(Some(place), what),
            Ok(noted) => {
                if !line::is_sealed(text, &noted) {
                    self.verdict.fault(
                        Some(place),
                        format!("entry {} was changed: its hash does not match", noted.seq),
                    );
                }
                self.link(place, &noted);
                self.count(&noted);
            }
        }
    }

    /// Compares an entry with the one before it and with the stored heads.
    fn link(&mut self, place: (&str, u64), noted: &Noted) {
        let before = self.before.replace(noted.head()).unwrap_or_default();
        if noted.seq != before.seq + 1 {
            let what =
                format!("entry {} follows entry {}: some are missing or were moved", noted.seq, before.seq);
            self.verdict.fault(Some(place), what);
        } else if noted.prev != before.hash {
            let what = format!(
                "entry {} is chained to another entry {} than the present one",
                noted.seq, before.seq
            );
            self.verdict.fault(Some(place), what);
        }
        let mut other = false;
        self.expected.retain(|kept| {
            other |= kept.seq == noted.seq && kept.hash != noted.hash;
            kept.seq != noted.seq
        });
        if other {
            let what = format!("entry {} does not match the stored hash", noted.seq);
            self.verdict.fault(Some(place), what);
        }
    }

    fn count(&mut self, noted: &Noted) {
        self.verdict.entries += 1;
        self.verdict.first = self.verdict.first.or(Some(noted.time));
        self.verdict.last = Some(noted.time);
        self.verdict.head = noted.head();
    }

    fn finish(mut self, has_head: bool) -> Verdict {
        if !has_head && self.verdict.entries > 0 {
            self.verdict.fault(None, "the file head is missing or cannot be read: the end is unknown");
        }
        for kept in std::mem::take(&mut self.expected) {
            if kept.seq > 0 {
                let what = format!(
                    "entry {} is missing: its hash was stored, and the record ends at {}",
                    kept.seq, self.verdict.head.seq
                );
                self.verdict.fault(None, what);
            }
        }
        self.verdict
    }
}
