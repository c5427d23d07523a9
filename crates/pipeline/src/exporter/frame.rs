//! Spool frame: a head of fixed size, then a batch as postcard, compressed by zstd.
//!
//! Numbers are little-endian. The head has its own checksum, so a damaged length is never used. After damage,
//! the reader finds the next intact frame by its mark.

use quipu_core::{Error, ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of a head: mark, stored length, decompressed length, records, stamp, checksum of the content,
/// checksum of the head.
pub(crate) const HEAD: usize = 32;
/// Magic bytes of a frame.
pub(crate) const MARK: [u8; 4] = *b"QpFr";
/// Limit of the content in bytes, stored and decompressed. A batch is far smaller; the limit stops a damaged
/// length from filling memory.
const MOST: usize = 256 << 20;
/// zstd level: the fastest with a useful ratio, because a frame is read once at most.
const LEVEL: i32 = 1;

/// Magic bytes of a skippable zstd frame, and its header size.
pub(crate) const SKIPPED: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();
const SKIP: usize = 8;
/// zstd levels to try if the content must fill an exact length; the usual level first.
const LEVELS: [i32; 11] = [LEVEL, 3, 6, 9, 12, 15, 19, -1, -5, -20, -50];
/// Most padding bytes for that.
const MORE: usize = 64;

/// Head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Content bytes in the file.
    pub stored: u32,
    /// Content bytes after decompression.
    pub plain: u32,
    /// Number of records that the backend accepts.
    pub records: u32,
    /// Arrival time in milliseconds of the spool's own clock.
    pub stamp: u64,
    /// CRC-32 of the stored content.
    pub sum: u32,
}

impl Head {
    /// Bytes of a head.
    pub const LEN: usize = HEAD;

    pub fn of(packed: &Packed, records: usize, stamp: u64) -> Self {
        let records = u32::try_from(records).unwrap_or(u32::MAX);
        Self { stored: narrow(packed.bytes.len()), plain: packed.plain, records, stamp, sum: packed.sum }
    }

    /// Bytes of the whole frame.
    pub const fn frame_len(&self) -> u64 {
        HEAD as u64 + self.stored as u64
    }

    pub fn to_bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[0..4].copy_from_slice(&MARK);
        bytes[4..8].copy_from_slice(&self.stored.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.plain.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.records.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.stamp.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.sum.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..28]);
        bytes[28..32].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Decodes a head; `None` if it is incomplete or damaged.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEAD] = bytes.get(..HEAD)?.try_into().ok()?;
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let whole = bytes[..4] == MARK && word(28)? == crc32fast::hash(&bytes[..28]);
        let (stored, plain) = (word(4)?, word(8)?);
        let sane = usize::try_from(stored.max(plain)).is_ok_and(|most| most <= MOST);
        let stamp = u64::from_le_bytes(bytes[16..24].try_into().ok()?);
        (whole && sane).then_some(Self { stored, plain, records: word(12)?, stamp, sum: word(24)? })
    }

    /// Decodes the content; `None` if it is damaged.
    pub fn unpack<T: DeserializeOwned>(&self, stored: &[u8]) -> Option<T> {
        if stored.len() != usize::try_from(self.stored).ok()? || crc32fast::hash(stored) != self.sum {
            return None;
        }
        let plain = zstd::bulk::decompress(stored, usize::try_from(self.plain).ok()?).ok()?;
        postcard::from_bytes(&plain).ok()
    }
}

fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Encoded content of a frame.
#[derive(Debug)]
pub(crate) struct Packed {
    bytes: Vec<u8>,
    plain: u32,
    sum: u32,
}

impl Packed {
    /// Encodes a value.
    ///
    /// # Errors
    /// The content is larger than 256 MiB.
    pub fn of<T: Serialize>(content: &T) -> Result<Self> {
        let unable = |why: &str| Error::new(ErrorKind::Internal, "spool batch", why);
        let plain =
            postcard::to_stdvec(content).map_err(|cause| unable("it cannot be encoded").caused_by(cause))?;
        if plain.len() > MOST {
            return Err(unable("it is larger than 256 MiB"));
        }
        let bytes = zstd::bulk::compress(&plain, LEVEL)
            .map_err(|cause| unable("it cannot be compressed").caused_by(cause))?;
        let sum = crc32fast::hash(&bytes);
        Ok(Self { plain: narrow(plain.len()), sum, bytes })
    }

    /// Encodes a value to exactly `length` bytes. A skippable zstd frame fills the rest (RFC 8878, section
    /// 3.1.2).
    ///
    /// # Errors
    /// The value needs more bytes.
    pub fn padded<T: Serialize>(content: &T, length: usize) -> Result<Self> {
        let unable = |why: &str| Error::new(ErrorKind::Internal, "spool batch", why);
        let mut plain =
            postcard::to_stdvec(content).map_err(|cause| unable("it cannot be encoded").caused_by(cause))?;
        let whole = plain.len();
        // A skippable frame has at least eight bytes. If fewer are missing, the loop appends ignored bytes to
        // the content, or tries another level.
        for (more, level) in (0..=MORE).flat_map(|more| LEVELS.map(|level| (more, level))) {
            plain.resize_with(whole + more, || u8::try_from(more * 151 % 251).unwrap_or(0));
            let mut bytes = zstd::bulk::compress(&plain, level)
                .map_err(|cause| unable("it cannot be compressed").caused_by(cause))?;
            match length.checked_sub(bytes.len()) {
                Some(0) => {}
                Some(missing @ SKIP..) => {
                    bytes.extend_from_slice(&SKIPPED);
                    bytes.extend_from_slice(&narrow(missing - SKIP).to_le_bytes());
                    bytes.resize(length, 0);
                }
                _ => continue,
            }
            let sum = crc32fast::hash(&bytes);
            return Ok(Self { plain: narrow(plain.len()), sum, bytes });
        }
        Err(unable("the remaining records do not fit into the frame"))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_packed_comes_back_and_damage_is_seen(
            content in proptest::collection::vec(any::<u8>(), 0..2_000), at in any::<usize>(), bit in 0..8_u8,
        ) {
            let packed = Packed::of(&content).unwrap();
            let head = Head::of(&packed, 7, 9);
            let mut bytes = head.to_bytes();
            prop_assert_eq!(Head::read(&bytes), Some(head));
            prop_assert_eq!(head.unpack::<Vec<u8>>(packed.bytes()), Some(content));
            bytes[at % HEAD] ^= 1 << bit;
            prop_assert_eq!(Head::read(&bytes), None, "any bit of the head");
            let mut stored = packed.bytes().to_vec();
            let at = at % stored.len();
            stored[at] ^= 1 << bit;
            prop_assert_eq!(head.unpack::<Vec<u8>>(&stored), None, "any bit of the content");
        }

        #[test]
        fn what_is_left_of_it_takes_the_same_room(content in proptest::collection::vec(any::<u8>(), 32..2_000), part in 0..32_usize) {
            let whole = Packed::of(&content).unwrap();
            let left = content[..content.len() / 32 * part].to_vec();
            let packed = Packed::padded(&left, whole.bytes().len()).unwrap();
            prop_assert_eq!(packed.bytes().len(), whole.bytes().len());
            prop_assert_eq!(Head::of(&packed, 7, 9).unpack::<Vec<u8>>(packed.bytes()), Some(left));
        }

        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(Head::read(&bytes).is_none_or(|head| head.unpack::<quipu_core::Batch>(&bytes).is_none()));
        }
    }
}
