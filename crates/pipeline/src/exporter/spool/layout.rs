//! File header of spool and dead letter files.

/// Bytes of the header: kind, layout version, checksum of both.
pub(crate) const LAYOUT: usize = 16;
/// The header's length as a file offset.
pub(super) const BEGIN: u64 = LAYOUT as u64;
/// Version of frames and their records. It rises when a type in [`quipu_core::Batch`] changes its fields,
/// because postcard is not self-describing. Files of another version are left alone.
pub(super) const VERSION: u32 = 1;
/// Kind of a spool file.
pub(super) const KIND: [u8; 8] = *b"QUIPUSPL";

/// Returns the header for a kind of file.
pub(crate) fn opening(kind: [u8; 8]) -> [u8; LAYOUT] {
    let mut bytes = [0; LAYOUT];
    bytes[..8].copy_from_slice(&kind);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    let sum = crc32fast::hash(&bytes[..12]);
    bytes[12..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// Whether an intact header names another layout version. A damaged header does not count.
pub(super) fn is_of_another(start: &[u8; LAYOUT]) -> bool {
    *start != opening(KIND) && crc32fast::hash(&start[..12]).to_le_bytes() == start[12..]
}
