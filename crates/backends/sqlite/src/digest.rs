//! Digests of closed days: the times that a day covers, and a filter of its traces, in a small file.
//!
//! A process that reads for one question has no filters in memory. With the digests it opens only the days
//! that can have matching records. A digest is valid while its day's file has the noted length and time of
//! change, and no write-ahead log. Any write to the day therefore invalidates it. The writer renews it after
//! the day was closed.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use quipu_core::locks::Mutex;
use quipu_core::{Result, TraceId, sha256};

use crate::bounds::{Bounds, Range};
use crate::fault::Fault;
use crate::filter::Segment;
use crate::folder::{Day, Folder, Part};
use crate::private;
use crate::schema::DAY;

/// First bytes of a digest; the number is the version of the format.
const MAGIC: &[u8; 8] = b"QPDIG\x01\r\n";
/// Bytes before the filter: magic, version of the day's layout, stamp, bounds.
const HEAD: usize = 8 + 4 + 16 + 2 * 17;
/// Largest digest, for some ten million traces.
const MOST_BYTES: u64 = 16 << 20;
/// Memory of the digests that stay in memory.
const KEPT_BYTES: usize = 32 << 20;
/// Suffix of a digest's name until it is complete.
const UNFINISHED: &str = "making";

/// State of a day's file: length, and time of the last change in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp(u64, i64);

impl Stamp {
    /// `None` if there is no file, or if some of its records are in the write-ahead log only.
    fn of(folder: &Folder, day: Day) -> Option<Self> {
        let [path, log, _] = Folder::with_companions(&folder.file(Part::Data, day));
        let meta = fs::metadata(path).ok()?;
        if fs::metadata(log).is_ok_and(|log| log.len() > 0) {
            return None;
        }
        let changed = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Self(meta.len(), i64::try_from(changed.as_nanos()).ok()?))
    }
}

/// A number that changes with every change of a closed day; `None` while the day is open.
pub(crate) fn mark(folder: &Folder, day: Day) -> Option<u64> {
    let Stamp(length, changed) = Stamp::of(folder, day)?;
    let sum = sha256(&[length.to_le_bytes(), changed.to_le_bytes()].concat());
    sum.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The times that a day covers, and a filter of its traces.
#[derive(Debug)]
pub(crate) struct Digest {
    pub(crate) bounds: Bounds,
    traces: Segment,
}

/// Digests in memory, each with the state of its day.
#[derive(Debug, Default)]
pub(crate) struct Digests(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    days: HashMap<Day, (Stamp, Arc<Digest>)>,
    bytes: usize,
}

impl Digest {
    /// Whether the day may hold the trace.
    pub(crate) fn may_hold(&self, trace: TraceId) -> bool {
        self.traces.may_hold(hash_of(trace))
    }
}

/// The hash of a trace in digests. It must not change while the version of the format stays.
fn hash_of(trace: TraceId) -> u64 {
    let sum = sha256(trace.as_bytes());
    sum.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

impl Digests {
    /// The valid digest of a day; `None` without one.
    pub(crate) fn get(&self, folder: &Folder, day: Day) -> Option<Arc<Digest>> {
        let stamp = Stamp::of(folder, day)?;
        if let Some((of, digest)) = self.0.lock().days.get(&day)
            && *of == stamp
        {
            return Some(Arc::clone(digest));
        }
        let (digest, bytes) = read(&folder.digest(day), stamp)?;
        let digest = Arc::new(digest);
        let mut kept = self.0.lock();
        if kept.bytes + bytes > KEPT_BYTES {
            *kept = Kept::default();
        }
        kept.bytes += bytes;
        kept.days.insert(day, (stamp, Arc::clone(&digest)));
        Some(digest)
    }
}

/// Whether a day has a valid digest, so its file has this build's layout.
pub(crate) fn is_current(folder: &Folder, day: Day) -> bool {
    let mut head = [0; HEAD];
    let read = File::open(folder.digest(day)).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && Stamp::of(folder, day).is_some_and(|stamp| head.starts_with(&begin(stamp)))
}

/// The first bytes of a digest for this state of its day.
fn begin(stamp: Stamp) -> Vec<u8> {
    let version = DAY.version().to_le_bytes();
    [&MAGIC[..], &version, &stamp.0.to_le_bytes(), &stamp.1.to_le_bytes()].concat()
}

fn read(path: &Path, stamp: Stamp) -> Option<(Digest, usize)> {
    let file = File::open(path).ok()?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).ok()?;
    let (whole, sum) = bytes.split_last_chunk::<32>()?;
    if whole.len() < HEAD || !whole.starts_with(&begin(stamp)) || sha256(whole) != *sum {
        return None;
    }
    let at = HEAD - 2 * 17;
    let bounds = Bounds { traces: range(&whole[at..at + 17])?, calls: range(&whole[at + 17..HEAD])? };
    Some((Digest { bounds, traces: Segment::from_bytes(&whole[HEAD..])? }, bytes.len()))
}

fn range(bytes: &[u8]) -> Option<Range> {
    let number = |at: usize| Some(i64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    Some(if bytes[0] == 0 { None } else { Some((number(1)?, number(9)?)) })
}

fn add_range(bytes: &mut Vec<u8>, range: Range) {
    let (low, high) = range.unwrap_or_default();
    bytes.push(u8::from(range.is_some()));
    bytes.extend(low.to_le_bytes());
    bytes.extend(high.to_le_bytes());
}

/// Whether a day may get a digest: no process has records of it in the write-ahead log only.
pub(crate) fn is_closed(folder: &Folder, day: Day) -> bool {
    Stamp::of(folder, day).is_some()
}

/// Writes the digest of a day, whose bounds and trace ids `read` gives. Writes nothing if the day changes
/// meanwhile, or if its digest would be too large.
pub(crate) fn write(
    folder: &Folder,
    day: Day,
    read: impl FnOnce() -> Result<Option<(Bounds, Vec<TraceId>)>>,
) -> Result<()> {
    let Some(stamp) = Stamp::of(folder, day) else { return Ok(()) };
    let Some((bounds, traces)) = read()? else { return Ok(()) };
    let mut filter = Segment::new(traces.len().max(64));
    traces.into_iter().for_each(|trace| filter.insert(hash_of(trace)));
    let mut bytes = begin(stamp);
    add_range(&mut bytes, bounds.traces);
    add_range(&mut bytes, bounds.calls);
    bytes.extend(filter.to_bytes());
    bytes.extend(sha256(&bytes));
    // A write that happened meanwhile has changed the stamp, or is in the log.
    if bytes.len() as u64 > MOST_BYTES || Stamp::of(folder, day) != Some(stamp) {
        return Ok(());
    }
    let path = folder.digest(day);
    store(&path, &bytes).map_err(|error| Fault::from(error).at("write digest", &path))
}

fn store(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension(UNFINISHED);
    private::options(File::options().create(true).truncate(true)).open(&new)?.write_all(bytes)?;
    fs::rename(new, path)
}
