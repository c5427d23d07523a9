//! Layout of a write-ahead log on disk, compared with the layout that SQLite sees.
//!
//! | Bytes | In the clear | Encrypted |
//! |---|---|---|
//! | log header | 32 | 32, with a version of ours |
//! | page number, size after commit, salts | 16 | 16 |
//! | checksums | 8 | 8, encrypted |
//! | nonce and tag of the checksums | 0 | 28; absent in logs of the first version |
//! | page | size of a page | the same, encrypted |
//! | nonce and tag of the page | 0 | 28 |

use std::ffi::c_int;

use rusqlite::ffi;

use crate::header::SEAL_BYTES;
use crate::sum;

/// Bytes of the log's header.
pub(crate) const LOG_HEADER: usize = 32;
/// Bytes of a frame's header as SQLite sees it.
pub(crate) const FRAME_HEADER: usize = 24;
/// Bytes of a frame's header before its two checksums.
pub(crate) const BEFORE_SUMS: usize = 16;
/// The version of SQLite's logs.
pub(crate) const VERSION: u32 = 3_007_000;
const MAGIC: u32 = 0x377f_0682;

/// Version of an encrypted log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Checksums of frames are in the clear. Such a log is read, and appended to until the log restarts; no
    /// new log uses this version.
    First,
    /// Checksums of frames are encrypted, because they are linear sums of the pages and reveal content.
    Second,
}

impl Format {
    /// The version number in the log's header, which SQLite rejects.
    pub(crate) const fn version(self) -> u32 {
        match self {
            Self::First => 0x5150_4501,
            Self::Second => 0x5150_4502,
        }
    }
}

/// Position in a log: an offset in its header, or an offset within a frame that is counted from 0.
pub(crate) enum Spot {
    Header(usize),
    Frame(u64, usize),
}

/// The big-endian word at this offset; 0 beyond the end.
pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    word.map_or(0, u32::from_be_bytes)
}

fn to_i64(value: u64) -> Result<i64, c_int> {
    i64::try_from(value).map_err(|_| ffi::SQLITE_IOERR)
}

/// Sizes of frames as SQLite sees them and on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) page: usize,
    /// Bytes after a frame's header, and after its page, that are hidden from SQLite.
    head: usize,
    tail: usize,
}

impl Shape {
    /// Frames of an unencrypted log.
    pub(crate) const fn clear(page: usize) -> Self {
        Self { page, head: 0, tail: 0 }
    }

    /// Frames of an encrypted log.
    pub(crate) const fn sealed(page: usize, format: Format) -> Self {
        let head = match format {
            Format::First => 0,
            Format::Second => SEAL_BYTES,
        };
        Self { page, head, tail: SEAL_BYTES }
    }

    /// Whether the checksums in frames are encrypted.
    pub(crate) const fn hides_sums(self) -> bool {
        self.head > 0
    }

    const fn seen(self) -> u64 {
        (FRAME_HEADER + self.page) as u64
    }

    /// Bytes of a frame on disk.
    pub(crate) const fn stored(self) -> usize {
        FRAME_HEADER + self.head + self.page + self.tail
    }

    /// Bytes of a frame on disk before its page.
    pub(crate) const fn before_page(self) -> usize {
        FRAME_HEADER + self.head
    }

    pub(crate) fn spot(self, at: i64) -> Result<Spot, c_int> {
        let at = u64::try_from(at).map_err(|_| ffi::SQLITE_IOERR)?;
        let Some(beyond) = at.checked_sub(LOG_HEADER as u64) else {
            return Ok(Spot::Header(usize::try_from(at).unwrap_or(0)));
        };
        let within = usize::try_from(beyond % self.seen()).map_err(|_| ffi::SQLITE_IOERR)?;
        Ok(Spot::Frame(beyond / self.seen(), within))
    }

    /// Offset of a frame on disk.
    pub(crate) fn start(self, frame: u64) -> Result<i64, c_int> {
        let bytes =
            frame.checked_mul(self.stored() as u64).and_then(|bytes| bytes.checked_add(LOG_HEADER as u64));
        to_i64(bytes.ok_or(ffi::SQLITE_IOERR)?)
    }

    /// Offset of a frame's page on disk.
    pub(crate) fn page_start(self, frame: u64) -> Result<i64, c_int> {
        Ok(self.start(frame)? + i64::try_from(self.before_page()).unwrap_or(0))
    }

    /// Converts a size on disk into the size that SQLite sees; an incomplete frame does not count.
    pub(crate) fn shown(self, stored: i64) -> Result<i64, c_int> {
        let stored = u64::try_from(stored).map_err(|_| ffi::SQLITE_IOERR)?;
        let Some(beyond) = stored.checked_sub(LOG_HEADER as u64) else { return to_i64(stored) };
        let frame = self.stored() as u64;
        let part = (beyond % frame).min(self.seen() - 1);
        to_i64(LOG_HEADER as u64 + beyond / frame * self.seen() + part)
    }

    /// Converts a size that SQLite sees into the size on disk.
    pub(crate) fn hidden(self, shown: i64) -> Result<i64, c_int> {
        match self.spot(shown)? {
            Spot::Header(_) => Ok(shown),
            Spot::Frame(frame, within) => Ok(self.start(frame)? + i64::try_from(within).unwrap_or(0)),
        }
    }
}

/// Replaces the version of a log's header with a correct checksum; returns whether the checksum was correct.
pub(crate) fn change_version(header: &mut [u8; LOG_HEADER], from: u32, to: u32) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_log_lie_apart_by_nonces_and_tags() {
        for (format, more) in [(Format::First, 28), (Format::Second, 56)] {
            let shape = Shape::sealed(512, format);
            let far = 32 + 2 * (536 + more) + 24;
            for (shown, stored) in [(0, 0), (32, 32), (32 + 536, 32 + 536 + more), (32 + 2 * 536 + 24, far)] {
                assert_eq!(shape.hidden(shown), Ok(stored));
                assert_eq!(shape.shown(stored), Ok(shown));
            }
            // A frame without its tag is incomplete.
            assert_eq!(shape.shown(32 + 535 + more), Ok(32 + 535));
        }
        let bare = Shape::clear(512);
        assert_eq!((bare.shown(32 + 535), bare.hidden(999)), (Ok(32 + 535), Ok(999)));
        assert_eq!(bare.page_start(1), Ok(32 + 536 + 24));
    }
}
