//! One batch on disk: a head of fixed size, then the batch as postcard, compressed by zstd.
//!
//! All figures are little-endian. The head has a sum of its own, so that a length is never believed that was damaged; the next
//! whole frame behind damage is found by its mark.

use quipu_core::{Error, ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes of a head: mark, length in the file, length once decompressed, records, stamp, sum of the content, sum of the head.
pub(crate) const HEAD: usize = 32;
/// What every frame begins with.
pub(crate) const MARK: [u8; 4] = *b"QpFr";
/// Bytes of content at most, in the file and decompressed: a batch is far smaller, and a damaged length must not fill memory.
const MOST: usize = 256 << 20;
/// zstd's fastest level that is worth its time: frames are read once, if at all.
const LEVEL: i32 = 1;

/// What a frame begins with that zstd skips, and the bytes before its content.
pub(crate) const SKIPPED: [u8; 4] = 0x184D_2A50_u32.to_le_bytes();
const SKIP: usize = 8;
/// Levels that are tried where content has to fill a place exactly: the usual one first.
const LEVELS: [i32; 11] = [LEVEL, 3, 6, 9, 12, 15, 19, -1, -5, -20, -50];
/// Bytes that may be put behind it for that.
const MORE: usize = 64;

/// What a frame says of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Bytes that follow in the file.
    pub stored: u32,
    /// Bytes of it once decompressed.
    pub plain: u32,
    /// Records that the backend takes of it.
    pub records: u32,
    /// When it came: milliseconds of the spool's own clock.
    pub stamp: u64,
    /// CRC-32 of what follows.
    pub sum: u32,
}

impl Head {
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

    /// `None` for anything that is not a whole head.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEAD] = bytes.get(..HEAD)?.try_into().ok()?;
        let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let whole = bytes[..4] == MARK && word(28)? == crc32fast::hash(&bytes[..28]);
        let (stored, plain) = (word(4)?, word(8)?);
        let sane = usize::try_from(stored.max(plain)).is_ok_and(|most| most <= MOST);
        let stamp = u64::from_le_bytes(bytes[16..24].try_into().ok()?);
        (whole && sane).then_some(Self { stored, plain, records: word(12)?, stamp, sum: word(24)? })
    }

    /// The content, if it is whole.
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

/// Content ready for the file.
#[derive(Debug)]
pub(crate) struct Packed {
    bytes: Vec<u8>,
    plain: u32,
    sum: u32,
}

impl Packed {
    /// Packs anything.
    ///
    /// # Errors
    /// It is larger than any batch may be.
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

    /// Packs anything so that it has exactly these bytes: what is missing is a frame that zstd skips (RFC 8878, section 3.1.2).
    ///
    /// # Errors
    /// It needs more.
    pub fn padded<T: Serialize>(content: &T, length: usize) -> Result<Self> {
        let unable = |why: &str| Error::new(ErrorKind::Internal, "spool batch", why);
        let mut plain =
            postcard::to_stdvec(content).map_err(|cause| unable("it cannot be encoded").caused_by(cause))?;
        let whole = plain.len();
        // A frame to skip has eight bytes at least. Where fewer are missing, what is packed gets bytes behind it that no reader looks at,
        // or another level needs other bytes.
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
        Err(unable("what is left of a batch does not fit into its place"))
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
