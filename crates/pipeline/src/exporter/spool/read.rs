//! Reading frames from spool files.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use quipu_core::{Batch, Resource, Scope};

use super::{FrameRange, Point};
use crate::exporter::frame::{HEAD, Head, MARK, SKIPPED};

/// Bytes per step of the search for the next intact frame.
const LOOK: usize = 64 << 10;

/// Most damaged bytes that are searched for records.
const MOST_SKIPPED: u64 = 64 << 20;
/// Magic number of a zstd frame (RFC 8878, 3.1.1).
const ZSTD: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();

/// A read of the next frame, run on a thread that can block.
#[derive(Debug, Clone)]
pub(crate) struct ReadJob {
    pub path: PathBuf,
    pub from: Point,
    /// End of the file's complete frames.
    pub until: u64,
}

/// Result of a read.
#[derive(Debug)]
pub(crate) enum ReadResult {
    /// A frame; without a batch if its content is damaged. `skipped` counts the records of preceding frames
    /// with damaged heads.
    Frame { place: FrameRange, head: Head, batch: Option<Batch>, skipped: u64 },
    /// No frame up to the end; `skipped` counts the records of frames with damaged heads.
    Nothing { skipped: u64 },
}

impl ReadJob {
    /// Reads the first intact frame.
    ///
    /// # Errors
    /// The disk cannot be read.
    pub fn run(&self) -> std::io::Result<ReadResult> {
        let mut file = File::open(&self.path)?;
        let until = self.until.min(file.metadata()?.len());
        let found = find(&mut file, self.from.offset, until)?;
        let skipped =
            skipped(&mut file, self.from.offset, found.as_ref().map_or(until, |(begin, _)| *begin))?;
        let Some((begin, head)) = found else { return Ok(ReadResult::Nothing { skipped }) };
        file.seek(SeekFrom::Start(begin + HEAD as u64))?;
        let mut stored = vec![0; usize::try_from(head.stored).unwrap_or(usize::MAX)];
        file.read_exact(&mut stored)?;
        let mut batch = head.unpack(&stored);
        batch.iter_mut().for_each(share);
        let point = |offset| Point { segment: self.from.segment, offset };
        let place = FrameRange { begin: point(begin), end: point(begin + head.frame_len()) };
        Ok(ReadResult::Frame { place, head, batch, skipped })
    }
}

/// Returns the first intact head at or after `from` whose frame fits.
pub(super) fn find(file: &mut File, from: u64, until: u64) -> std::io::Result<Option<(u64, Head)>> {
    let fits = |at: u64, head: &Head| at.checked_add(head.frame_len()).is_some_and(|end| end <= until);
    let mut window = Vec::with_capacity(HEAD);
    let mut at = from;
    let mut size = HEAD;
    while at.saturating_add(HEAD as u64) <= until {
        file.seek(SeekFrom::Start(at))?;
        window.clear();
        let most = u64::try_from(size).unwrap_or(u64::MAX).min(until - at);
        (&mut *file).take(most).read_to_end(&mut window)?;
        let whole = |at_window: usize| {
            let at = at + at_window as u64;
            Head::read(window.get(at_window..)?).filter(|head| fits(at, head)).map(|head| (at, head))
        };
        let marks = window.windows(MARK.len()).enumerate().filter(|(_, bytes)| *bytes == MARK);
        if let Some(found) = marks.map(|(place, _)| place).find_map(whole) {
            return Ok(Some(found));
        }
        // A mark can cross the end of the window.
        let step = (window.len() + 1).saturating_sub(HEAD);
        if step == 0 {
            return Ok(None);
        }
        at += step as u64;
        size = LOOK;
    }
    Ok(None)
}

/// Counts the records between two positions without an intact head. It decodes contents where possible; an
/// undecodable frame counts as one record.
fn skipped(file: &mut File, from: u64, until: u64) -> std::io::Result<u64> {
    if from >= until {
        return Ok(0);
    }
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    (&mut *file).take((until - from).min(MOST_SKIPPED)).read_to_end(&mut bytes)?;
    let (mut records, mut rest) = (0, bytes.as_slice());
    while !rest.is_empty() {
        if let Some(head) = Head::read(rest) {
            // The content extends beyond the end of the file.
            return Ok(records + u64::from(head.records.max(1)));
        }
        let length = rest.get(HEAD..).and_then(content);
        match length.and_then(|length| unread(&rest[HEAD..HEAD + length])) {
            Some(found) => records += found,
            None => records += 1,
        }
        rest = match length {
            Some(length) => &rest[HEAD + length..],
            None => next(rest),
        };
    }
    Ok(records)
}

/// Length of the content at the start: one zstd frame and the skippable frames after it.
fn content(bytes: &[u8]) -> Option<usize> {
    if !bytes.starts_with(&ZSTD) {
        return None;
    }
    let mut length = zstd::zstd_safe::find_frame_compressed_size(bytes).ok()?;
    while bytes.get(length..).is_some_and(|rest| rest.starts_with(&SKIPPED)) {
        length += zstd::zstd_safe::find_frame_compressed_size(&bytes[length..]).ok()?;
    }
    Some(length)
}

/// Records of a frame with a damaged head, decoded from its content alone.
fn unread(content: &[u8]) -> Option<u64> {
    let most = usize::try_from(MOST_SKIPPED).unwrap_or(usize::MAX);
    let plain = zstd::bulk::decompress(content, most).ok()?;
    let batch: Batch = postcard::from_bytes(&plain).ok()?;
    Some(batch.len().max(1) as u64)
}

/// Skips an undecodable frame: returns the bytes from the head of the next content on.
fn next(bytes: &[u8]) -> &[u8] {
    let behind = bytes.get(HEAD + 1..).unwrap_or_default();
    let found = behind.windows(ZSTD.len()).position(|window| window == ZSTD);
    found.map_or(&[], |at| &bytes[at + 1..])
}

/// Shares equal neighbouring resources and scopes again; each record was encoded with its own copy.
fn share(batch: &mut Batch) {
    let (mut resource, mut scope) = (Arc::<Resource>::default(), Arc::<Scope>::default());
    let spans = batch.spans.iter_mut().map(|span| (&mut span.resource, &mut span.scope));
    let events = batch.events.iter_mut().map(|event| (&mut event.resource, &mut event.scope));
    let metrics = batch.metrics.iter_mut().map(|metric| (&mut metric.resource, &mut metric.scope));
    for (of_record, scope_of_record) in spans.chain(events).chain(metrics) {
        same(&mut resource, of_record);
        same(&mut scope, scope_of_record);
    }
}

fn same<T: PartialEq>(last: &mut Arc<T>, own: &mut Arc<T>) {
    if **last == **own {
        *own = Arc::clone(last);
    } else {
        *last = Arc::clone(own);
    }
}
