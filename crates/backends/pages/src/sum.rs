//! Checksums: one in each page, and SQLite's own over the frames of its write-ahead log.

use twox_hash::XxHash3_64;

use crate::header::SUM_BYTES;

/// XXH3 with 64 bits over a page without its last eight bytes. The page's number is the seed, so a misplaced
/// page is detected.
pub(crate) fn of_page(page: &[u8], number: u64) -> Option<[u8; SUM_BYTES]> {
    let content = page.get(..page.len().checked_sub(SUM_BYTES)?)?;
    Some(XxHash3_64::oneshot_with_seed(number, content).to_le_bytes())
}

/// SQLite's checksum over the frames of a log, continued from `seed`: 32-bit words in the byte order of the
/// log's magic (<https://www.sqlite.org/fileformat.html#wal_file_format>). Bytes after the last whole pair of
/// words are ignored.
pub(crate) fn of_log(bytes: &[u8], big_endian: bool, seed: [u32; 2]) -> [u32; 2] {
    let word = |bytes: [u8; 4]| {
        if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    };
    let [mut first, mut second] = seed;
    for pair in bytes.as_chunks::<8>().0 {
        let [a, b, c, d, e, f, g, h] = *pair;
        first = first.wrapping_add(word([a, b, c, d])).wrapping_add(second);
        second = second.wrapping_add(word([e, f, g, h])).wrapping_add(first);
    }
    [first, second]
}
