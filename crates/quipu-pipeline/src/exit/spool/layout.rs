//! What a file of ours begins with.

/// Bytes that each file of ours begins with: its kind, the version of its layout, and a sum of both.
pub(crate) const LAYOUT: usize = 16;
/// The same as a place in a file.
pub(super) const BEGIN: u64 = LAYOUT as u64;
/// Version of frames and of the records in them. It rises whenever a type in [`quipu_core::Batch`] changes its fields, for
/// postcard does not say what it holds; files of another version are left alone.
pub(super) const VERSION: u32 = 1;
/// What a file of the spool begins with.
pub(super) const KIND: [u8; 8] = *b"QUIPUSPL";

/// The first bytes of a file.
pub(crate) fn opening(kind: [u8; 8]) -> [u8; LAYOUT] {
    let mut bytes = [0; LAYOUT];
    bytes[..8].copy_from_slice(&kind);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    let sum = crc32fast::hash(&bytes[..12]);
    bytes[12..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// Whether a file that begins so was written with a layout that this version does not read. Damage to these bytes is none.
pub(super) fn is_of_another(start: &[u8; LAYOUT]) -> bool {
    *start != opening(KIND) && crc32fast::hash(&start[..12]).to_le_bytes() == start[12..]
}
