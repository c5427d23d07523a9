//! The first 100 bytes of a database, which stay readable, with this crate's own fields.
//!
//! SQLite's fields are those of <https://www.sqlite.org/fileformat.html#the_database_header>. Bytes 72 to 91
//! are reserved there and zero. On disk they hold a mark of four bytes, and in an encrypted file the id of
//! its key and its salt. SQLite sees zeros.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use crate::key::{KeyId, SALT_BYTES};

/// Bytes of the header.
pub(crate) const HEADER: usize = 100;
/// Bytes at the end of each page for a checksum.
pub(crate) const SUM_BYTES: usize = 8;
/// Bytes at the end of each page for encryption: a nonce and a tag.
pub(crate) const SEAL_BYTES: usize = 28;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const SUMMED: [u8; 4] = *b"QPC1";
const SEALED: [u8; 4] = *b"QPE1";
/// Range of the mark and the fields after it.
const OURS: Range<usize> = 72..92;
/// The two format versions. An encrypted file has higher versions than SQLite knows. A program without this
/// crate therefore rejects the file as no database, before it writes to it.
const VERSIONS: Range<usize> = 18..20;
const RAISED: u8 = 0x40;

/// Properties in the header of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes of a page.
    pub(crate) page: usize,
    /// Bytes at the end of each page that SQLite does not use.
    pub(crate) reserve: usize,
    pub(crate) mark: Mark,
}

/// Protection of a file's pages, as marked in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    None,
    Summed,
    Sealed { key: KeyId, salt: [u8; SALT_BYTES] },
}

/// Type of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Missing or empty.
    Empty,
    /// Not a database.
    Other,
    /// A database without checksums, as other programs write it.
    Bare,
    /// A database with a checksum in each page.
    Summed,
    /// A database that is encrypted with this key.
    Sealed(KeyId),
}

/// Reads a file's header and returns the file's type.
///
/// Never call it for a file that this process has open as a database. POSIX locks belong to the process, so
/// the close at the end of this function would release them.
///
/// # Errors
/// The file exists but cannot be read.
pub fn inspect(path: &Path) -> std::io::Result<Kind> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Kind::Empty),
        opened => opened?,
    };
    let mut header = Vec::with_capacity(HEADER);
    let most = u64::try_from(HEADER).unwrap_or(0);
    Read::by_ref(&mut file).take(most).read_to_end(&mut header)?;
    Ok(match Header::parse(&header) {
        _ if header.is_empty() => Kind::Empty,
        None => Kind::Other,
        Some(Header { mark: Mark::Sealed { key, .. }, .. }) => Kind::Sealed(key),
        Some(Header { mark: Mark::Summed, .. }) => Kind::Summed,
        Some(_) => Kind::Bare,
    })
}

impl Header {
    /// Reads the header of a database; `None` for anything else.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER] = bytes.get(..HEADER)?.try_into().ok()?;
        let page = match u16::from_be_bytes([bytes[16], bytes[17]]) {
            1 => 65_536,
            size => usize::from(size),
        };
        let sound = &bytes[..16] == MAGIC && page.is_power_of_two() && page >= 512;
        let ours = &bytes[OURS];
        let mark = if ours[..4] == SEALED {
            Mark::Sealed { key: KeyId(ours[4..8].try_into().ok()?), salt: ours[8..].try_into().ok()? }
        } else if ours[..4] == SUMMED {
            Mark::Summed
        } else {
            Mark::None
        };
        sound.then_some(Self { page, reserve: usize::from(bytes[20]), mark })
    }
}

impl Mark {
    /// Writes the fields into the first page as stored on disk.
    pub(crate) fn put(self, page: &mut [u8]) {
        let Some(header) = page.first_chunk_mut::<HEADER>() else { return };
        let ours = &mut header[OURS];
        ours.fill(0);
        match self {
            Self::None => {}
            Self::Summed => ours[..4].copy_from_slice(&SUMMED),
            Self::Sealed { key, salt } => {
                ours[..4].copy_from_slice(&SEALED);
                ours[4..8].copy_from_slice(&key.0);
                ours[8..].copy_from_slice(&salt);
                header[VERSIONS].iter_mut().for_each(|version| *version ^= RAISED);
            }
        }
    }

    /// Removes the fields from bytes that were read from offset `at`, for SQLite.
    pub(crate) fn hide(self, bytes: &mut [u8], at: usize) {
        let mut each = |range: Range<usize>, change: fn(u8) -> u8| {
            for place in range {
                if let Some(byte) = place.checked_sub(at).and_then(|place| bytes.get_mut(place)) {
                    *byte = change(*byte);
                }
            }
        };
        match self {
            Self::None => {}
            Self::Summed => each(OURS, |_| 0),
            Self::Sealed { .. } => {
                each(OURS, |_| 0);
                each(VERSIONS, |version| version ^ RAISED);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Vec<u8> {
        let mut bytes = vec![0; 120];
        bytes[..16].copy_from_slice(MAGIC);
        bytes[16..21].copy_from_slice(&[0x20, 0, 2, 2, 28]);
        bytes
    }

    #[test]
    fn what_is_put_in_is_found_and_taken_out() {
        for mark in [Mark::Summed, Mark::Sealed { key: KeyId([1, 2, 3, 4]), salt: [7; SALT_BYTES] }] {
            let mut bytes = header();
            mark.put(&mut bytes);
            let read = Header::parse(&bytes).unwrap();
            assert_eq!(read, Header { page: 8_192, reserve: 28, mark });
            for at in [0, 10, 19, 80] {
                let mut part = bytes[at..].to_vec();
                mark.hide(&mut part, at);
                assert_eq!(part, header()[at..], "{at}");
            }
        }
        assert_eq!(Header::parse(&header()).unwrap().mark, Mark::None);
        assert_eq!(Header::parse(&header()[..99]), None);
        assert_eq!(Header::parse(&[b'?'; 100]), None);
    }
}
