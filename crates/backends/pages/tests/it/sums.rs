//! Leakage tests: frames of an encrypted log reveal nothing to an attacker who knows or guesses a page.

use proptest::prelude::*;

use super::*;

/// SQLite's checksum of log frames (<https://www.sqlite.org/fileformat.html#wal_file_format>).
fn sum(bytes: &[u8], big_endian: bool, seed: [u32; 2]) -> [u32; 2] {
    let word = |bytes: &[u8]| {
        let bytes = bytes.try_into().unwrap();
        if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    };
    bytes.chunks_exact(8).fold(seed, |[first, second], pair| {
        let first = first.wrapping_add(word(&pair[..4])).wrapping_add(second);
        [first, second.wrapping_add(word(&pair[4..])).wrapping_add(first)]
    })
}

fn stored(sum: [u32; 2]) -> [u8; 8] {
    [sum[0].to_be_bytes(), sum[1].to_be_bytes()].concat().try_into().unwrap()
}

fn loaded(bytes: &[u8]) -> [u32; 2] {
    [0, 4].map(|at| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()))
}

/// A log with each page once, the offsets of its frames, and the database as SQLite sees it.
struct Written {
    log: Vec<u8>,
    frames: Vec<usize>,
    pages: Vec<u8>,
}

impl Written {
    fn new(pages: Pages, words: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut conn = open(pages, &path).unwrap();
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        conn.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        conn.execute_batch("BEGIN; CREATE TABLE words(id INTEGER PRIMARY KEY, word TEXT)").unwrap();
        for word in words {
            conn.execute("INSERT INTO words(word) VALUES (?1)", [word]).unwrap();
        }
        conn.execute_batch("COMMIT").unwrap();
        let log = std::fs::read(beside(&path, "-wal")).unwrap();
        // Each frame contains the salts of its log.
        let salts = &log[16..24];
        let frames: Vec<usize> = (32..log.len() - 24).filter(|at| log[at + 8..at + 16] == *salts).collect();
        let pages = conn.serialize("main").unwrap().to_vec();
        Self { log, frames, pages }
    }

    fn page(&self, frame: usize) -> &[u8] {
        let number = u32::from_be_bytes(self.log[frame..frame + 4].try_into().unwrap());
        &self.pages[(number as usize - 1) * 4_096..][..4_096]
    }

    fn is_big_endian(&self) -> bool {
        self.log[3] & 1 == 1
    }

    /// The checksum of a frame after one with the checksum `before`.
    fn after(&self, before: [u32; 2], frame: usize) -> [u32; 2] {
        let begun = sum(&self.log[frame..frame + 8], self.is_big_endian(), before);
        sum(self.page(frame), self.is_big_endian(), begun)
    }

    /// The checksums that SQLite computed for each frame.
    fn sums(&self) -> Vec<[u8; 8]> {
        let mut header = self.log[..24].to_vec();
        header[4..8].copy_from_slice(&3_007_000_u32.to_be_bytes());
        let mut last = sum(&header, self.is_big_endian(), [0, 0]);
        let each = self.frames.iter().map(|frame| {
            last = self.after(last, *frame);
            stored(last)
        });
        each.collect()
    }

    /// Number of frames whose bytes at the checksum's offset follow from the page and the frame before.
    fn linked(&self) -> usize {
        let pairs = self.frames.windows(2).filter(|pair| {
            let before = loaded(&self.log[pair[0] + 16..]);
            stored(self.after(before, pair[1])) == self.log[pair[1] + 16..pair[1] + 24]
        });
        pairs.count()
    }

    /// Number of checksums that occur anywhere in the log.
    fn found(&self) -> usize {
        let sums = self.sums();
        sums.iter().filter(|sum| self.log.windows(8).any(|part| part == *sum)).count()
    }
}

fn words(seed: i64, count: i64) -> Vec<String> {
    (0..count).map(|number| text(seed + number)).collect()
}

#[test]
fn no_checksum_of_a_page_stands_in_an_encrypted_log() {
    let [clear, sealed] = both();
    let open = Written::new(clear, &words(3, 60));
    // In an unencrypted log all are found, which proves that this test can fail.
    assert_eq!((open.found(), open.linked()), (open.frames.len(), open.frames.len() - 1));
    let hidden = Written::new(sealed, &words(3, 60));
    assert!(hidden.frames.len() >= 20, "{}", hidden.frames.len());
    assert_eq!((hidden.found(), hidden.linked()), (0, 0), "of {} frames", hidden.frames.len());
}

#[test]
fn the_same_pages_twice_have_nothing_in_common_in_their_frames() {
    let [one, other] = [(); 2].map(|()| Written::new(both()[1], &words(5, 12)));
    assert_eq!(one.frames.len(), other.frames.len());
    for (a, b) in one.frames.iter().zip(&other.frames) {
        assert_ne!(one.log[a + 16..a + 52], other.log[b + 16..b + 52]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Checksums are linear: the difference of two logs would reveal the difference of their pages.
    #[test]
    fn two_logs_of_any_pages_are_in_no_linear_relation(
        first in prop::collection::vec("[a-z]{1,900}", 4..12),
        second in prop::collection::vec("[a-z]{1,900}", 4..12),
    ) {
        let [one, other] = [first, second].map(|words| Written::new(both()[1], &words));
        prop_assert_eq!([one.found(), one.linked(), other.found(), other.linked()], [0; 4]);
        let minus = |a: [u32; 2], b: [u32; 2]| [a[0].wrapping_sub(b[0]), a[1].wrapping_sub(b[1])];
        let sums = one.sums().into_iter().zip(other.sums());
        for ((a, b), (of_a, of_b)) in one.frames.iter().zip(&other.frames).zip(sums) {
            let on_disk = minus(loaded(&one.log[a + 16..]), loaded(&other.log[b + 16..]));
            prop_assert_ne!(on_disk, minus(loaded(&of_a), loaded(&of_b)));
        }
    }
}
