//! The bounds of the record. What is longer is cut, never refused: an entry that is missing helps an attacker.

/// Bytes after which a new file is begun, unless the settings say otherwise.
pub const FILE_BYTES: u64 = 8 << 20;
/// The least and the most that the settings may say for it.
pub const FILE_BYTES_RANGE: std::ops::RangeInclusive<u64> = (64 << 10)..=(1 << 30);
/// Refusals of one action a minute that are written one by one, unless the settings say otherwise.
pub const REFUSALS_PER_MINUTE: u32 = 300;
/// Entries that may wait for the writing thread.
pub const QUEUE: usize = 4_096;
/// Entries that are written and flushed together, at most.
pub const TOGETHER: usize = 512;
/// Bytes of an actor's id.
pub const ACTOR: usize = 256;
/// Bytes of an object's id.
pub const OBJECT: usize = 512;
/// Bytes of a project's name.
pub const PROJECT: usize = 64;
/// Details of an entry.
pub const DETAILS: usize = 16;
/// Bytes of each.
pub const DETAIL: usize = 1_024;
/// Bytes of a line that a reader takes; the writer's bounds stay far below, even with every byte escaped.
pub const LINE: usize = 256 << 10;
/// Entries on a page, when nothing is said.
pub const PAGE: usize = 100;
/// Entries on a page, at most.
pub const PAGE_MOST: usize = 1_000;
/// Entries that one page looks at, at most: a filter that nothing passes ends here, and says where to go on.
pub const LOOKED_AT: usize = 100_000;
/// Faults that a verdict tells one by one.
pub const FAULTS: usize = 100;
