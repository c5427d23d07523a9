//! A write-ahead log: frames on their way to and from the disk.
//!
//! Without a key a log is SQLite's own, byte by byte, and its checksums are verified on each read of a page, which SQLite does only when
//! it opens a log that somebody left. With a key each frame is longer by a nonce and a tag than SQLite knows, and the log's header names
//! a version that SQLite refuses, so that a program without this crate neither reads a log nor removes it.

use std::ffi::c_int;
use std::sync::Arc;

use rusqlite::ffi;

use crate::cipher::FileKeys;
use crate::fault::{Answer, Place, damaged};
use crate::header::SEAL_BYTES;
use crate::real::Real;
use crate::sum;

/// Bytes of the log's header and of a frame's.
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// The version of SQLite's logs, and ours.
const VERSION: u32 = 3_007_000;
const OUR_VERSION: u32 = 0x5150_4501;
const MAGIC: u32 = 0x377f_0682;

/// What a log needs of its database.
pub(crate) struct Facts {
    /// Bytes of a page.
    pub(crate) page: usize,
    /// `None` for a database in the clear.
    pub(crate) keys: Option<Arc<FileKeys>>,
}

/// An open log.
pub(crate) struct Log {
    name: String,
    scratch: Vec<u8>,
    /// The last frame's header that was written: the page's number and the size after a commit.
    begun: Option<(u64, [u8; 8])>,
    /// The frame whose header was written last, and its page not yet.
    open_at: Option<u64>,
    /// Frames from this one on were overwritten within a transaction: SQLite mends their checksums when it commits.
    stale: Option<u64>,
    /// First and last frame that this connection wrote since the log began.
    written: Option<(u64, u64)>,
}

/// Where in a log: its header, or so many bytes within a frame that is counted from 0.
enum Spot {
    Header(usize),
    Frame(u64, usize),
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    word.map_or(0, u32::from_be_bytes)
}

fn to_i64(value: u64) -> Result<i64, c_int> {
    i64::try_from(value).map_err(|_| ffi::SQLITE_IOERR)
}

/// Lengths of frames as SQLite sees them and on disk.
#[derive(Clone, Copy)]
struct Shape {
    page: usize,
    extra: usize,
}

impl Shape {
    const fn seen(self) -> u64 {
        (FRAME_HEADER + self.page) as u64
    }

    const fn stored(self) -> u64 {
        self.seen() + self.extra as u64
    }

    fn spot(self, at: i64) -> Result<Spot, c_int> {
        let at = u64::try_from(at).map_err(|_| ffi::SQLITE_IOERR)?;
        let Some(beyond) = at.checked_sub(LOG_HEADER as u64) else {
            return Ok(Spot::Header(usize::try_from(at).unwrap_or(0)));
        };
        let within = usize::try_from(beyond % self.seen()).map_err(|_| ffi::SQLITE_IOERR)?;
        Ok(Spot::Frame(beyond / self.seen(), within))
    }

    /// Where a frame stands on disk.
    fn start(self, frame: u64) -> Result<i64, c_int> {
        let bytes = frame.checked_mul(self.stored()).and_then(|bytes| bytes.checked_add(LOG_HEADER as u64));
        to_i64(bytes.ok_or(ffi::SQLITE_IOERR)?)
    }

    /// What a size on disk is for SQLite: a frame without all of its bytes is none.
    fn shown(self, stored: i64) -> Result<i64, c_int> {
        let stored = u64::try_from(stored).map_err(|_| ffi::SQLITE_IOERR)?;
        let Some(beyond) = stored.checked_sub(LOG_HEADER as u64) else { return to_i64(stored) };
        let part = (beyond % self.stored()).min(self.seen() - 1);
        to_i64(LOG_HEADER as u64 + beyond / self.stored() * self.seen() + part)
    }

    fn hidden(self, shown: i64) -> Result<i64, c_int> {
        match self.spot(shown)? {
            Spot::Header(_) => Ok(shown),
            Spot::Frame(frame, within) => Ok(self.start(frame)? + i64::try_from(within).unwrap_or(0)),
        }
    }
}

/// Replaces the version of a log's header whose checksum is right; gives whether it was.
fn change_version(header: &mut [u8; LOG_HEADER], from: u32, to: u32) -> bool {
    let big_endian = word(header, 0) & 1 == 1;
    let sum = |header: &[u8; LOG_HEADER]| sum::of_log(header.get(..24).unwrap_or(&[]), big_endian, [0, 0]);
    let known = word(header, 0) & !1 == MAGIC && word(header, 4) == from;
    if !known || sum(header) != [word(header, 24), word(header, 28)] {
        return false;
    }
    header[4..8].copy_from_slice(&to.to_be_bytes());
    let [first, second] = sum(header);
    header[24..28].copy_from_slice(&first.to_be_bytes());
    header[28..32].copy_from_slice(&second.to_be_bytes());
    true
}

impl Log {
    pub(crate) fn new(name: String) -> Self {
        Self { name, scratch: Vec::new(), begun: None, open_at: None, stale: None, written: None }
    }

    fn shape(facts: &Facts) -> Shape {
        Shape { page: facts.page, extra: if facts.keys.is_some() { SEAL_BYTES } else { 0 } }
    }

    pub(crate) fn size(real: Real, facts: &Facts) -> Result<i64, c_int> {
        Self::shape(facts).shown(real.size()?)
    }

    pub(crate) fn truncate(real: Real, facts: &Facts, bytes: i64) -> Answer {
        real.truncate(Self::shape(facts).hidden(bytes)?)
    }

    pub(crate) fn read(&mut self, real: Real, facts: &Facts, out: &mut [u8], at: i64) -> Answer {
        let shape = Self::shape(facts);
        let Some(keys) = &facts.keys else {
            real.read(out, at)?;
            return match shape.spot(at)? {
                Spot::Frame(frame, FRAME_HEADER) if out.len() == shape.page => {
                    self.verify(real, shape, out, frame)
                }
                _ => Ok(()),
            };
        };
        match shape.spot(at)? {
            Spot::Header(from) if from + out.len() <= LOG_HEADER => self.read_header(real, out, from),
            Spot::Frame(frame, within) if within + out.len() <= FRAME_HEADER => {
                real.read(out, shape.start(frame)? + i64::try_from(within).unwrap_or(0))
            }
            Spot::Frame(frame, 0) if out.len() == FRAME_HEADER + shape.page => {
                self.read_whole(real, shape, keys, out, frame)
            }
            Spot::Frame(frame, FRAME_HEADER) if out.len() <= shape.page => {
                self.open(real, shape, keys, frame)?
                    .ok_or_else(|| damaged(&self.name, Place::Frame(frame + 1)))?;
                out.copy_from_slice(self.scratch.get(FRAME_HEADER..FRAME_HEADER + out.len()).unwrap_or(&[]));
                Ok(())
            }
            _ => Err(ffi::SQLITE_IOERR_READ),
        }
    }

    fn read_header(&self, real: Real, out: &mut [u8], from: usize) -> Answer {
        let mut header = [0; LOG_HEADER];
        let read = real.read(&mut header, 0);
        if read.is_ok() && change_version(&mut header.clone(), VERSION, VERSION) {
            // A sound log of SQLite beside an encrypted database: another program wrote it, and nothing here may be lost for it.
            return Err(damaged(&self.name, Place::Header));
        }
        change_version(&mut header, OUR_VERSION, VERSION);
        out.copy_from_slice(header.get(from..from + out.len()).unwrap_or(&[]));
        read
    }

    /// A whole frame: what SQLite reads of a log that somebody left, up to the first frame that is not sound, or to mend checksums.
    fn read_whole(
        &mut self,
        real: Real,
        shape: Shape,
        keys: &Arc<FileKeys>,
        out: &mut [u8],
        frame: u64,
    ) -> Answer {
        if self.open(real, shape, keys, frame)?.is_some() {
            out.copy_from_slice(self.scratch.get(..out.len()).unwrap_or(&[]));
            return Ok(());
        }
        out.fill(0);
        if self.written.is_some_and(|(first, last)| (first..=last).contains(&frame)) {
            return Err(damaged(&self.name, Place::Frame(frame + 1)));
        }
        // The end of the log, where a crash left it, is no frame of SQLite.
        tracing::debug!(log = %self.name, frame = frame + 1, "a write-ahead log ends before this frame");
        Ok(())
    }

    /// Reads a frame into `scratch` and decrypts it there; `None` when it is not what was written.
    fn open(
        &mut self,
        real: Real,
        shape: Shape,
        keys: &Arc<FileKeys>,
        frame: u64,
    ) -> Result<Option<()>, c_int> {
        self.scratch.resize(FRAME_HEADER + shape.page + shape.extra, 0);
        real.read(&mut self.scratch, shape.start(frame)?)?;
        Ok(self.scratch.split_last_chunk_mut::<SEAL_BYTES>().and_then(|(frame_bytes, end)| {
            let (header, page) = frame_bytes.split_at_mut_checked(FRAME_HEADER)?;
            keys.open_frame(page, end, frame, header.first_chunk::<8>()?)
        }))
    }

    /// Holds a page in the clear against the checksums of its frame and the one before.
    fn verify(&self, real: Real, shape: Shape, page: &mut [u8], frame: u64) -> Answer {
        if self.stale.is_some_and(|stale| frame >= stale) {
            return Ok(());
        }
        let (mut log, mut header, mut seed) = ([0; 4], [0; FRAME_HEADER], [0; 8]);
        real.read(&mut log, 0)?;
        real.read(&mut header, shape.start(frame)?)?;
        let before = match frame.checked_sub(1) {
            Some(before) => shape.start(before)? + 16,
            None => 24,
        };
        real.read(&mut seed, before)?;
        let big_endian = word(&log, 0) & 1 == 1;
        let begun = sum::of_log(header.get(..8).unwrap_or(&[]), big_endian, [word(&seed, 0), word(&seed, 4)]);
        if sum::of_log(page, big_endian, begun) == [word(&header, 16), word(&header, 20)] {
            return Ok(());
        }
        page.fill(0);
        Err(damaged(&self.name, Place::Frame(frame + 1)))
    }

    pub(crate) fn write(&mut self, real: Real, facts: &Facts, bytes: &[u8], at: i64) -> Answer {
        let shape = Self::shape(facts);
        let spot = shape.spot(at)?;
        self.note(&spot, bytes.len(), shape);
        let Some(keys) = &facts.keys else { return real.write(bytes, at) };
        match spot {
            Spot::Header(0) => {
                let mut header: [u8; LOG_HEADER] = bytes.try_into().map_err(|_| ffi::SQLITE_IOERR_WRITE)?;
                let same = usize::try_from(word(&header, 8)).is_ok_and(|page| page == shape.page);
                if !same || !change_version(&mut header, VERSION, OUR_VERSION) {
                    return Err(ffi::SQLITE_IOERR_WRITE);
                }
                real.write(&header, 0)
            }
            Spot::Frame(frame, 0) if bytes.len() == FRAME_HEADER => {
                self.begun = bytes.first_chunk::<8>().map(|header| (frame, *header));
                real.write(bytes, shape.start(frame)?)
            }
            Spot::Frame(frame, FRAME_HEADER) if bytes.len() == shape.page => {
                self.seal(real, shape, keys, bytes, frame)
            }
            _ => Err(ffi::SQLITE_IOERR_WRITE),
        }
    }

    fn seal(&mut self, real: Real, shape: Shape, keys: &Arc<FileKeys>, page: &[u8], frame: u64) -> Answer {
        let start = shape.start(frame)?;
        let header = match self.begun {
            Some((begun, header)) if begun == frame => header,
            // A page that is written again within its transaction keeps its frame's header.
            _ => {
                let mut header = [0; 8];
                real.read(&mut header, start)?;
                header
            }
        };
        self.scratch.clear();
        self.scratch.extend_from_slice(page);
        let end = keys.seal_frame(&mut self.scratch, frame, &header).ok_or(ffi::SQLITE_IOERR_WRITE)?;
        self.scratch.extend_from_slice(&end);
        real.write(&self.scratch, start + i64::try_from(FRAME_HEADER).unwrap_or(0))
    }

    /// Keeps in mind which frames this connection wrote, and whose checksums wait to be mended.
    fn note(&mut self, spot: &Spot, length: usize, shape: Shape) {
        match *spot {
            Spot::Header(_) => (self.begun, self.stale, self.written) = (None, None, None),
            Spot::Frame(frame, 0) => {
                self.open_at = Some(frame);
                self.stale = self.stale.filter(|stale| frame > *stale);
                let (first, last) = self.written.unwrap_or((frame, frame));
                self.written = Some((first.min(frame), last.max(frame)));
            }
            Spot::Frame(frame, FRAME_HEADER) if length == shape.page => {
                // Only a page without its header before it is written over one that was there.
                if self.open_at != Some(frame) {
                    self.stale = Some(self.stale.map_or(frame, |stale| stale.min(frame)));
                }
                self.open_at = None;
            }
            Spot::Frame(..) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_log_lie_apart_by_nonces_and_tags() {
        let shape = Shape { page: 512, extra: SEAL_BYTES };
        for (shown, stored) in
            [(0, 0), (32, 32), (32 + 536, 32 + 564), (32 + 2 * 536 + 24, 32 + 2 * 564 + 24)]
        {
            assert_eq!(shape.hidden(shown), Ok(stored));
            assert_eq!(shape.shown(stored), Ok(shown));
        }
        // A frame of which the tag is missing is not whole.
        assert_eq!(shape.shown(32 + 563), Ok(32 + 535));
        let bare = Shape { page: 512, extra: 0 };
        assert_eq!((bare.shown(32 + 535), bare.hidden(999)), (Ok(32 + 535), Ok(999)));
    }
}
