//! Cursor file of a spool: the position up to which batches were delivered.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use quipu_core::Result;

use super::{Point, failed};
use crate::exporter::private;

/// Bytes of a slot: turn, segment, offset, checksum. The file has two slots, written in turn, so one is
/// always intact.
const SLOT: usize = 28;

pub(super) struct Cursor {
    file: File,
    path: PathBuf,
    turn: u64,
}

fn read_slot(bytes: &[u8]) -> Option<(u64, Point)> {
    let bytes: &[u8; SLOT] = bytes.try_into().ok()?;
    let word = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let whole = crc32fast::hash(&bytes[..24]).to_le_bytes() == bytes[24..28];
    whole.then_some((word(0)?, Point { segment: word(8)?, offset: word(16)? })).filter(|(turn, _)| *turn > 0)
}

impl Cursor {
    /// Opens or creates the cursor and returns its position. A damaged cursor starts at the beginning:
    /// delivered batches are sent again and none is lost.
    pub fn open(path: &Path) -> Result<(Self, Point)> {
        let unable = |cause| failed("open spool", path, cause);
        let file = private::file().create(true).truncate(false).read(true).write(true).open(path);
        let mut file = file.map_err(unable)?;
        let mut bytes = Vec::new();
        (&mut file).take(2 * SLOT as u64).read_to_end(&mut bytes).map_err(unable)?;
        if bytes.len() < 2 * SLOT {
            // Reserves both slots now, so the cursor can be written on a full disk.
            let missing = vec![0; 2 * SLOT - bytes.len()];
            file.seek(SeekFrom::End(0)).and_then(|_| file.write_all(&missing)).map_err(unable)?;
        }
        let newest = bytes.chunks_exact(SLOT).filter_map(read_slot).max_by_key(|(turn, _)| *turn);
        let (turn, point) = newest.unwrap_or_default();
        Ok((Self { file, path: path.to_path_buf(), turn }, point))
    }

    pub fn set(&mut self, point: Point) -> Result<()> {
        self.turn += 1;
        let mut bytes = [0; SLOT];
        bytes[0..8].copy_from_slice(&self.turn.to_le_bytes());
        bytes[8..16].copy_from_slice(&point.segment.to_le_bytes());
        bytes[16..24].copy_from_slice(&point.offset.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..24]);
        bytes[24..28].copy_from_slice(&sum.to_le_bytes());
        let at = self.turn % 2 * SLOT as u64;
        let written = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.write_all(&bytes));
        written.map_err(|cause| failed("store the delivery position", &self.path, cause))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_stands_where_it_was_set() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cursor");
        assert_eq!(Cursor::open(&path).unwrap().1, Point::default());
        for segment in 1..5 {
            Cursor::open(&path).unwrap().0.set(Point { segment, offset: 7 }).unwrap();
            assert_eq!(Cursor::open(&path).unwrap().1, Point { segment, offset: 7 });
        }
    }

    proptest! {
        #[test]
        fn a_damaged_one_stands_where_it_stood_before_and_never_further(
            times in 1_u64..6, cut in 0_usize..=56, at in 0_usize..56, bit in 0..8_u8,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("cursor");
            let mut cursor = Cursor::open(&path).unwrap().0;
            (1..=times).for_each(|segment| cursor.set(Point { segment, offset: segment }).unwrap());
            let whole = std::fs::read(&path).unwrap();
            let mut flipped = whole.clone();
            if let Some(byte) = flipped.get_mut(at) {
                *byte ^= 1 << bit;
            }
            for (bytes, least) in [(&whole[..cut.min(whole.len())], 0), (&flipped[..], times - 1)] {
                std::fs::write(&path, bytes).unwrap();
                let stands = Cursor::open(&path).unwrap().1;
                prop_assert!((least..=times).contains(&stands.segment), "{stands:?} of {times}");
                prop_assert_eq!(stands.offset, stands.segment);
            }
        }
    }
}
