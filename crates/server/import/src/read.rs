//! Reads one file, from an offset to its end.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::Path;

use quipu_core::{Billing, Error, ErrorKind, Span};
use quipu_semconv::quipu::BILLING;

use crate::detect::{Detected, detect, of_json, whole};
use crate::item::ItemError;
use crate::lines::{LineRead, Lines, is_blank};
use crate::reader::{Desk, PendingRecords, Reader, not_json};
use crate::readers::reader;
use crate::{Bounds, FileReport, Format, Item, KnownCalls, Sink};

/// Read size in bytes.
const BUFFER: usize = 256 << 10;

/// Imports a file from its beginning to its end. A repeated import gives the same records.
///
/// An unreadable line is reported and skipped. A last line without a line end is read if its JSON is
/// complete. Otherwise it is left, because another program may still be writing the file.
///
/// # Errors
/// The sink accepts no more items. Errors of the file are in the report.
pub fn import(
    path: &Path,
    wanted: Option<Format>,
    bounds: &Bounds,
    known: &mut KnownCalls,
    sink: &mut dyn Sink,
) -> Result<FileReport, Error> {
    let mut report = FileReport::new(path.to_owned(), wanted);
    let opened = File::open(path).and_then(|file| Ok((detect(BufReader::new(&file), wanted, bounds)?, file)));
    let (told, file) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            report.trouble(bounds.troubles, None, error.to_string());
            return Ok(report);
        }
    };
    let mut session = Reading { bounds, known, sink, report };
    match told {
        Detected::Lines(format) => {
            let mut tail = Tail::new(format, path);
            tail.advance(&file, LastLine::Take, &mut session)?;
            tail.settle(&mut session)?;
        }
        Detected::Document => document(&file, wanted, path, &mut session)?,
        Detected::Nothing => {}
        Detected::Other(why) => session.report.trouble(bounds.troubles, None, why),
    }
    Ok(session.report)
}

/// State of one pass over a file.
pub(crate) struct Reading<'a> {
    pub(crate) bounds: &'a Bounds,
    pub(crate) known: &'a mut KnownCalls,
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) report: FileReport,
}

impl Reading<'_> {
    fn desk<'a>(&'a mut self, out: &'a mut PendingRecords) -> Desk<'a> {
        Desk { known: self.known, bounds: self.bounds, out }
    }

    /// Passes the results on; `line` is the position of requests in them.
    fn hand(&mut self, out: &mut PendingRecords, line: Option<u64>) -> Result<(), Error> {
        for mut item in out.drain() {
            if let (Some(billing), Item::Spans(spans)) = (self.bounds.billing, &mut item) {
                spans.iter_mut().for_each(|span| say_who_pays(span, billing));
            }
            match self.sink.take(item) {
                Ok((kept, refused)) => {
                    self.report.items += kept;
                    if !refused.is_empty() {
                        self.report.trouble(self.bounds.troubles, line, refused);
                    }
                }
                Err(ItemError::Item(why)) => self.report.trouble(self.bounds.troubles, line, why),
                Err(ItemError::Stop(error)) => return Err(error),
            }
        }
        Ok(())
    }

    fn trouble(&mut self, line: Option<u64>, why: impl Into<String>) {
        self.report.trouble(self.bounds.troubles, line, why);
    }
}

fn say_who_pays(span: &mut Span, billing: Billing) {
    if span.attributes.get(BILLING).is_none() {
        span.attributes.push(BILLING, billing.as_str());
    }
}

/// Handling of a last line without a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastLine {
    /// Read it if it is complete; no more text is expected.
    Take,
    /// Wait for its line end.
    Wait,
}

/// A file that is read line by line, and its current offset.
pub(crate) struct Tail {
    pub(crate) format: Format,
    /// Offset of the end of the last line read.
    pub(crate) offset: u64,
    line: u64,
    reader: Box<dyn Reader>,
}

impl Tail {
    /// Starts at the beginning of a file.
    pub(crate) fn new(format: Format, path: &Path) -> Self {
        Self { format, offset: 0, line: 0, reader: reader(format, path) }
    }

    /// Resumes at the offset of an earlier import. If later lines depend on earlier ones, the earlier lines
    /// are read again but not emitted.
    pub(crate) fn resume(
        format: Format,
        path: &Path,
        file: &File,
        offset: u64,
        reading: &mut Reading<'_>,
    ) -> Result<Self, Error> {
        let mut tail = Self::new(format, path);
        let mut lines = Lines::new(BufReader::with_capacity(BUFFER, file), reading.bounds.line_bytes, 0);
        let (mut line, mut out) = (Vec::new(), PendingRecords::default());
        while lines.offset() < offset {
            let found = lines.next(&mut line).map_err(|error| unread(path, error))?;
            if found == LineRead::End {
                break;
            }
            tail.line += 1;
            if found == LineRead::Line && format.has_memory() && !is_blank(&line) {
                // Its errors were reported by the earlier import.
                let _ = tail.reader.record(&line, &mut reading.desk(&mut out));
                out.drain();
            }
        }
        tail.offset = lines.offset();
        Ok(tail)
    }

    /// Reads all new lines. Returns whether there were any.
    pub(crate) fn advance(
        &mut self,
        file: &File,
        last: LastLine,
        reading: &mut Reading<'_>,
    ) -> Result<bool, Error> {
        reading.report.format = Some(self.format);
        let (path, mut from) = (reading.report.path.clone(), file);
        from.seek(SeekFrom::Start(self.offset)).map_err(|error| unread(&path, error))?;
        let mut lines =
            Lines::new(BufReader::with_capacity(BUFFER, from), reading.bounds.line_bytes, self.offset);
        let (mut line, mut out, mut any) = (Vec::new(), PendingRecords::default(), false);
        loop {
            let found = lines.next(&mut line).map_err(|error| unread(&path, error))?;
            match found {
                LineRead::End => break,
                LineRead::Half if last == LastLine::Wait => break,
                LineRead::TooLong { ended: false } if last == LastLine::Wait => break,
                _ => any = true,
            }
            self.line += 1;
            self.one(found, &line, &mut out, reading);
            if out.is_full() {
                reading.hand(&mut out, Some(self.line))?;
            }
        }
        reading.hand(&mut out, None)?;
        self.offset = lines.offset();
        Ok(any)
    }

    fn one(&mut self, found: LineRead, line: &[u8], out: &mut PendingRecords, reading: &mut Reading<'_>) {
        let most = reading.bounds.line_bytes;
        if matches!(found, LineRead::TooLong { .. }) {
            return reading.trouble(Some(self.line), format!("longer than {most} bytes (line_bytes)"));
        }
        if is_blank(line) || (found == LineRead::Half && is_unfinished(line)) {
            return;
        }
        reading.report.lines += 1;
        if let Err(why) = self.reader.record(line, &mut reading.desk(out)) {
            reading.trouble(Some(self.line), why);
        }
    }

    /// Emits the spans that may still change.
    pub(crate) fn settle(&mut self, reading: &mut Reading<'_>) -> Result<(), Error> {
        let mut out = PendingRecords::default();
        self.reader.settle(&mut reading.desk(&mut out));
        reading.hand(&mut out, None)
    }
}

/// Whether the JSON is cut off.
fn is_unfinished(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err_and(|error| error.is_eof())
}

/// Reads a file that is one JSON document.
pub(crate) fn document(
    file: &File,
    wanted: Option<Format>,
    path: &Path,
    reading: &mut Reading<'_>,
) -> Result<(), Error> {
    let mut from = file;
    from.seek(SeekFrom::Start(0)).map_err(|error| unread(path, error))?;
    let bytes = match whole(from, reading.bounds) {
        Ok(bytes) => bytes,
        Err(why) => {
            reading.trouble(None, why);
            return Ok(());
        }
    };
    let format = match serde_json::from_slice(&bytes) {
        Ok(json) => wanted.or_else(|| of_json(&json)),
        Err(error) => {
            reading.trouble(Some(u64::try_from(error.line()).unwrap_or_default()), not_json(&error));
            return Ok(());
        }
    };
    let Some(format) = format else {
        reading.trouble(None, "its format is not known (set it with --format)");
        return Ok(());
    };
    reading.report.format = Some(format);
    reading.report.lines += 1;
    let (mut reader, mut out) = (reader(format, path), PendingRecords::default());
    if let Err(why) = reader.record(&bytes, &mut reading.desk(&mut out)) {
        reading.trouble(None, why);
    }
    reader.settle(&mut reading.desk(&mut out));
    reading.hand(&mut out, None)
}

/// A read error in the middle of a file.
fn unread(path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, "read file", path.display().to_string()).caused_by(error)
}
