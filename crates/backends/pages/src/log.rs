//! A write-ahead log (WAL): reads and writes its frames, with verification or encryption.
//!
//! Without a key a log is identical to SQLite's own. Its checksums are verified on each read of a page;
//! SQLite itself verifies them only when it opens a log after a crash. With a key, a frame's page and its
//! checksums are each encrypted with a nonce and a tag that SQLite does not see. The header of an encrypted
//! log has a version that SQLite rejects, so a program without this crate neither reads nor removes the log.

use std::ffi::c_int;
use std::sync::Arc;

use rusqlite::ffi;

use crate::cipher::FileKeys;
use crate::fault::{Answer, DamagePlace, damaged};
use crate::frame::{
    BEFORE_SUMS, FRAME_HEADER, Format, LOG_HEADER, Shape, Spot, VERSION, change_version, word,
};
use crate::header::SEAL_BYTES;
use crate::real::Real;
use crate::sum;

/// The facts that a log needs about its database.
pub(crate) struct Facts {
    /// Bytes of a page.
    pub(crate) page: usize,
    /// `None` for a database in the clear.
    pub(crate) keys: Option<Arc<FileKeys>>,
}

/// An open log.
pub(crate) struct Log {
    name: String,
    scratch: Vec<u8>,
    /// The version of an encrypted log, cached once it is the current one; an older one is looked up each
    /// time.
    format: Option<Format>,
    /// The last written frame header: the page's number and the size after a commit.
    begun: Option<(u64, [u8; 8])>,
    /// The frame whose header was written last, while its page is not written yet.
    open_at: Option<u64>,
    /// Frames from this one on were overwritten within a transaction: SQLite corrects their checksums at the
    /// commit.
    stale: Option<u64>,
    /// First and last frame that this connection wrote since the log restarted.
    written: Option<(u64, u64)>,
}

impl Log {
    pub(crate) fn new(name: String) -> Self {
        let (begun, open_at, stale, written) = (None, None, None, None);
        Self { name, scratch: Vec::new(), format: None, begun, open_at, stale, written }
    }

    fn shape(&mut self, real: Real, facts: &Facts) -> Result<Shape, c_int> {
        match facts.keys {
            Some(_) => Ok(Shape::sealed(facts.page, self.format(real)?)),
            None => Ok(Shape::clear(facts.page)),
        }
    }

    /// The version of the log on disk. Another connection may restart a log of the first version with the
    /// second, but never the reverse. Therefore only the second version is cached.
    fn format(&mut self, real: Real) -> Result<Format, c_int> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let mut header = [0; 8];
        match real.read(&mut header, 0) {
            Ok(()) | Err(ffi::SQLITE_IOERR_SHORT_READ) => {}
            Err(code) => return Err(code),
        }
        let version = word(&header, 4);
        self.format = (version == Format::Second.version()).then_some(Format::Second);
        Ok(if version == Format::First.version() { Format::First } else { Format::Second })
    }

    pub(crate) fn size(&mut self, real: Real, facts: &Facts) -> Result<i64, c_int> {
        self.shape(real, facts)?.shown(real.size()?)
    }

    pub(crate) fn truncate(&mut self, real: Real, facts: &Facts, bytes: i64) -> Answer {
        real.truncate(self.shape(real, facts)?.hidden(bytes)?)
    }

    pub(crate) fn read(&mut self, real: Real, facts: &Facts, out: &mut [u8], at: i64) -> Answer {
        let shape = self.shape(real, facts)?;
        let Some(keys) = &facts.keys else {
            real.read(out, at)?;
            return match shape.spot(at)? {
                Spot::Frame(frame, FRAME_HEADER) if out.len() == shape.page => {
                    self.verify(real, shape, out, frame)
                }
                _ => Ok(()),
            };
        };
        match shape.spot(at)? {
            Spot::Header(from) if from + out.len() <= LOG_HEADER => self.read_header(real, out, from),
            Spot::Frame(frame, within) if within + out.len() <= FRAME_HEADER => {
                let header = self
                    .read_frame_header(real, shape, keys, frame)?
                    .ok_or_else(|| damaged(&self.name, DamagePlace::Frame(frame + 1)))?;
                out.copy_from_slice(header.get(within..within + out.len()).unwrap_or(&[]));
                Ok(())
            }
            Spot::Frame(frame, 0) if out.len() == FRAME_HEADER + shape.page => {
                self.read_whole(real, shape, keys, out, frame)
            }
            Spot::Frame(frame, FRAME_HEADER) if out.len() <= shape.page => {
                self.open(real, shape, keys, frame)?
                    .ok_or_else(|| damaged(&self.name, DamagePlace::Frame(frame + 1)))?;
                let from = shape.before_page();
                out.copy_from_slice(self.scratch.get(from..from + out.len()).unwrap_or(&[]));
                Ok(())
            }
            _ => Err(ffi::SQLITE_IOERR_READ),
        }
    }

    fn read_header(&self, real: Real, out: &mut [u8], from: usize) -> Answer {
        let mut header = [0; LOG_HEADER];
        let read = real.read(&mut header, 0);
        if read.is_ok() && change_version(&mut header.clone(), VERSION, VERSION) {
            // A valid unencrypted log next to an encrypted database: another program wrote it, and its
            // contents must not be lost.
            return Err(damaged(&self.name, DamagePlace::Header));
        }
        let _ = [Format::Second, Format::First]
            .iter()
            .any(|format| change_version(&mut header, format.version(), VERSION));
        out.copy_from_slice(header.get(from..from + out.len()).unwrap_or(&[]));
        read
    }

    /// Reads a whole frame. SQLite does so to recover a log up to the first invalid frame, or to correct
    /// checksums.
    fn read_whole(
        &mut self,
        real: Real,
        shape: Shape,
        keys: &Arc<FileKeys>,
        out: &mut [u8],
        frame: u64,
    ) -> Answer {
        if self.open(real, shape, keys, frame)?.is_some()
            && let Some(header) = self.scratch.get_mut(..shape.before_page())
            && open_header(shape, keys, header, frame).is_some()
        {
            let (head, page) = out.split_at_mut(FRAME_HEADER);
            head.copy_from_slice(self.scratch.get(..FRAME_HEADER).unwrap_or(&[]));
            let from = shape.before_page();
            page.copy_from_slice(self.scratch.get(from..from + shape.page).unwrap_or(&[]));
            return Ok(());
        }
        out.fill(0);
        if self.written.is_some_and(|(first, last)| (first..=last).contains(&frame)) {
            return Err(damaged(&self.name, DamagePlace::Frame(frame + 1)));
        }
        // The torn end of a log after a crash is not a frame for SQLite.
        tracing::debug!(log = %self.name, frame = frame + 1, "a write-ahead log ends before this frame");
        Ok(())
    }

    /// Reads a frame's header and decrypts its checksums; `None` if the bytes were changed.
    fn read_frame_header(
        &self,
        real: Real,
        shape: Shape,
        keys: &Arc<FileKeys>,
        frame: u64,
    ) -> Result<Option<[u8; FRAME_HEADER]>, c_int> {
        let mut header = [0; FRAME_HEADER + SEAL_BYTES];
        let Some(stored) = header.get_mut(..shape.before_page()) else { return Err(ffi::SQLITE_IOERR_READ) };
        real.read(stored, shape.start(frame)?)?;
        let opened = open_header(shape, keys, stored, frame);
        Ok(opened.and_then(|()| header.first_chunk().copied()))
    }

    /// Reads a frame into `scratch` and decrypts its page there; `None` if the bytes were changed.
    fn open(
        &mut self,
        real: Real,
        shape: Shape,
        keys: &Arc<FileKeys>,
        frame: u64,
    ) -> Result<Option<()>, c_int> {
        self.scratch.resize(shape.stored(), 0);
        real.read(&mut self.scratch, shape.start(frame)?)?;
        Ok(self.scratch.split_last_chunk_mut::<SEAL_BYTES>().and_then(|(frame_bytes, end)| {
            let (header, page) = frame_bytes.split_at_mut_checked(shape.before_page())?;
            keys.open_frame(page, end, frame, header.first_chunk::<8>()?)
        }))
    }

    /// Verifies an unencrypted page by the checksums of its frame and the frame before.
    fn verify(&self, real: Real, shape: Shape, page: &mut [u8], frame: u64) -> Answer {
        if self.stale.is_some_and(|stale| frame >= stale) {
            return Ok(());
        }
        let (mut log, mut header, mut seed) = ([0; 4], [0; FRAME_HEADER], [0; 8]);
        real.read(&mut log, 0)?;
        real.read(&mut header, shape.start(frame)?)?;
        let before = match frame.checked_sub(1) {
            Some(before) => shape.start(before)? + 16,
            None => 24,
        };
        real.read(&mut seed, before)?;
        let big_endian = word(&log, 0) & 1 == 1;
        let begun = sum::of_log(header.get(..8).unwrap_or(&[]), big_endian, [word(&seed, 0), word(&seed, 4)]);
        if sum::of_log(page, big_endian, begun) == [word(&header, 16), word(&header, 20)] {
            return Ok(());
        }
        page.fill(0);
        Err(damaged(&self.name, DamagePlace::Frame(frame + 1)))
    }

    pub(crate) fn write(&mut self, real: Real, facts: &Facts, bytes: &[u8], at: i64) -> Answer {
        let shape = self.shape(real, facts)?;
        let spot = shape.spot(at)?;
        self.note(&spot, bytes.len(), shape);
        let Some(keys) = &facts.keys else { return real.write(bytes, at) };
        match spot {
            Spot::Header(0) => {
                let mut header: [u8; LOG_HEADER] = bytes.try_into().map_err(|_| ffi::SQLITE_IOERR_WRITE)?;
                let same = usize::try_from(word(&header, 8)).is_ok_and(|page| page == shape.page);
                if !same || !change_version(&mut header, VERSION, Format::Second.version()) {
                    return Err(ffi::SQLITE_IOERR_WRITE);
                }
                self.format = None;
                real.write(&header, 0)
            }
            Spot::Frame(frame, 0) if bytes.len() == FRAME_HEADER => {
                self.begun = bytes.first_chunk::<8>().map(|header| (frame, *header));
                self.seal_header(real, shape, keys, bytes, frame)
            }
            Spot::Frame(frame, FRAME_HEADER) if bytes.len() == shape.page => {
                self.seal(real, shape, keys, bytes, frame)
            }
            _ => Err(ffi::SQLITE_IOERR_WRITE),
        }
    }

    fn seal_header(
        &mut self,
        real: Real,
        shape: Shape,
        keys: &Arc<FileKeys>,
        header: &[u8],
        frame: u64,
    ) -> Answer {
        self.scratch.clear();
        self.scratch.extend_from_slice(header);
        if shape.hides_sums() {
            let (clear, sums) =
                self.scratch.split_at_mut_checked(BEFORE_SUMS).ok_or(ffi::SQLITE_IOERR_WRITE)?;
            let end = keys.seal_sums(sums, frame, clear).ok_or(ffi::SQLITE_IOERR_WRITE)?;
            self.scratch.extend_from_slice(&end);
        }
        real.write(&self.scratch, shape.start(frame)?)
    }

    fn seal(&mut self, real: Real, shape: Shape, keys: &Arc<FileKeys>, page: &[u8], frame: u64) -> Answer {
        let start = shape.start(frame)?;
        let header = match self.begun {
            Some((begun, header)) if begun == frame => header,
            // A page that is rewritten within its transaction keeps its frame's header.
            _ => {
                let mut header = [0; 8];
                real.read(&mut header, start)?;
                header
            }
        };
        self.scratch.clear();
        self.scratch.extend_from_slice(page);
        let end = keys.seal_frame(&mut self.scratch, frame, &header).ok_or(ffi::SQLITE_IOERR_WRITE)?;
        self.scratch.extend_from_slice(&end);
        real.write(&self.scratch, shape.page_start(frame)?)
    }

    /// Records the frames that this connection wrote, and those whose checksums await correction.
    fn note(&mut self, spot: &Spot, length: usize, shape: Shape) {
        match *spot {
            Spot::Header(_) => (self.begun, self.stale, self.written) = (None, None, None),
            Spot::Frame(frame, 0) => {
                self.open_at = Some(frame);
                self.stale = self.stale.filter(|stale| frame > *stale);
                let (first, last) = self.written.unwrap_or((frame, frame));
                self.written = Some((first.min(frame), last.max(frame)));
            }
            Spot::Frame(frame, FRAME_HEADER) if length == shape.page => {
                // A page write without a header write before it overwrites an existing frame.
                if self.open_at != Some(frame) {
                    self.stale = Some(self.stale.map_or(frame, |stale| stale.min(frame)));
                }
                self.open_at = None;
            }
            Spot::Frame(..) => {}
        }
    }
}

/// Decrypts the checksums in a frame's header as stored on disk; `None` if they were changed.
fn open_header(shape: Shape, keys: &Arc<FileKeys>, stored: &mut [u8], frame: u64) -> Option<()> {
    if !shape.hides_sums() {
        return Some(());
    }
    let (header, end) = stored.split_last_chunk_mut::<SEAL_BYTES>()?;
    let (clear, sums) = header.split_at_mut_checked(BEFORE_SUMS)?;
    keys.open_sums(sums, end, frame, clear)
}

#[cfg(test)]
#[cfg(feature = "encryption")]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::header::{Header, Mark};
    use crate::{MasterKey, Pages};

    const PAGE: usize = 4_096;

    fn beside(path: &Path) -> PathBuf {
        PathBuf::from(format!("{}-wal", path.display()))
    }

    fn connect(path: &Path, key: &MasterKey) -> rusqlite::Connection {
        let conn = Pages::sealed(key.clone()).unwrap().connect(path, rusqlite::OpenFlags::default()).unwrap();
        conn.pragma_update(None, "page_size", PAGE).unwrap();
        conn.pragma_update(None, "journal_mode", "WAL").unwrap();
        conn.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        conn
    }

    /// The log as builds before the second version wrote it.
    fn to_first(db: &[u8], log: &[u8], key: &MasterKey) -> Vec<u8> {
        let Some(Header { mark: Mark::Sealed { salt, .. }, .. }) = Header::parse(db) else { panic!() };
        let keys = Arc::new(FileKeys::new(key, salt).unwrap());
        let shape = Shape::sealed(PAGE, Format::Second);
        let mut header: [u8; LOG_HEADER] = *log.first_chunk().unwrap();
        assert!(change_version(&mut header, Format::Second.version(), Format::First.version()));
        let mut first = header.to_vec();
        for (frame, stored) in (0..).zip(log[LOG_HEADER..].chunks_exact(shape.stored())) {
            let mut stored = stored.to_vec();
            let (head, page) = stored.split_at_mut(shape.before_page());
            open_header(shape, &keys, head, frame).unwrap();
            first.extend_from_slice(&head[..FRAME_HEADER]);
            first.extend_from_slice(page);
        }
        first
    }

    #[test]
    fn a_log_of_the_first_version_is_read_and_written_on_until_it_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, left) = (folder.path().join("a.db"), folder.path().join("left.db"));
        let key = MasterKey::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()));
        let conn = connect(&path, &key);
        conn.execute_batch("CREATE TABLE a(b); INSERT INTO a VALUES ('one'); INSERT INTO a VALUES ('two')")
            .unwrap();
        let (db, log) = (std::fs::read(&path).unwrap(), std::fs::read(beside(&path)).unwrap());
        let old = to_first(&db, &log, &key);
        std::fs::write(&left, &db).unwrap();
        std::fs::write(beside(&left), &old).unwrap();
        let version = || word(&std::fs::read(beside(&left)).unwrap(), 4);
        let count = |conn: &rusqlite::Connection| -> u32 {
            conn.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap()
        };
        let reader = connect(&left, &key);
        assert_eq!((count(&reader), version()), (2, Format::First.version()));
        // The log continues in its version, and survives a crash.
        let writer = connect(&left, &key);
        writer.execute("INSERT INTO a VALUES ('three')", []).unwrap();
        assert_eq!((count(&reader), version()), (3, Format::First.version()));
        let crashed = folder.path().join("crashed.db");
        std::fs::copy(&left, &crashed).unwrap();
        std::fs::copy(beside(&left), beside(&crashed)).unwrap();
        assert_eq!(count(&connect(&crashed, &key)), 3);
        // The next log has the second version, also for connections that saw the first.
        writer.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())).unwrap();
        writer.execute("INSERT INTO a VALUES ('four')", []).unwrap();
        assert_eq!((count(&reader), version()), (4, Format::Second.version()));
        reader.execute("INSERT INTO a VALUES ('five')", []).unwrap();
        assert_eq!((count(&writer), count(&reader)), (5, 5));
    }
}
