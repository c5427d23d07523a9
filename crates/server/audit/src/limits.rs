//! Limits of the audit log. Longer values are cut and never rejected, because a missing entry helps an
//! attacker.

/// Bytes after which a new file begins, by default.
pub const FILE_BYTES: u64 = 8 << 20;
/// The configurable range of `file_bytes`.
pub const FILE_BYTES_RANGE: std::ops::RangeInclusive<u64> = (64 << 10)..=(1 << 30);
/// Rejected acts of one action that are written in a minute, by default; further ones are counted.
pub const REFUSALS_PER_MINUTE: u32 = 300;
/// Entries that may wait for the writing thread.
pub const QUEUE: usize = 4_096;
/// Entries written and flushed together, at most.
pub const TOGETHER: usize = 512;
/// Bytes of an actor's id.
pub const ACTOR: usize = 256;
/// Bytes of an object's id.
pub const OBJECT: usize = 512;
/// Bytes of a project's name.
pub const PROJECT: usize = 64;
/// Details of an entry.
pub const DETAILS: usize = 16;
/// Bytes of each detail.
pub const DETAIL: usize = 1_024;
/// Bytes of a line that a reader accepts. Written lines are far shorter, even if every byte is escaped.
pub const LINE: usize = 256 << 10;
/// Entries on a page, by default.
pub const PAGE: usize = 100;
/// Entries on a page, at most.
pub const PAGE_MOST: usize = 1_000;
/// Entries examined for one page, at most. If a filter matches nothing, the page ends here and returns a
/// position to continue from.
pub const LOOKED_AT: usize = 100_000;
/// Errors listed in a verdict.
pub const FAULTS: usize = 100;
