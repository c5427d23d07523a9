//! The active file, which always ends with a whole line, also after errors and crashes.

use std::fmt;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Storage of lines. It is a trait so that tests can simulate a full disk.
pub(crate) trait Medium {
    /// Appends; after an error some bytes may be written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Truncates to the first `length` bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Forces all data to the disk.
    fn sync(&mut self) -> io::Result<()>;
}

impl Medium for fs::File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Repair of a last line that a crash left unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mended {
    /// It was not a whole record: this many bytes were cut off. None of them had been acknowledged.
    Cut(u64),
    /// It was complete and only lacked its line end.
    Ended,
}

impl fmt::Display for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut(bytes) => write!(f, "an incomplete last line of {bytes} bytes was removed"),
            Self::Ended => f.write_str("the last line lacked its newline, which was added"),
        }
    }
}

/// A file of whole lines.
#[derive(Debug)]
pub(crate) struct Active<M> {
    pub medium: M,
    /// Bytes of whole lines.
    length: u64,
    /// Whether bytes after them could not be cut off yet.
    torn: bool,
    /// Whether data was written since the last sync.
    unsynced: bool,
}

impl<M: Medium> Active<M> {
    pub fn new(medium: M, length: u64) -> Self {
        Self { medium, length, torn: false, unsynced: false }
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    /// Whether data must still be forced to the disk.
    pub fn is_unsynced(&self) -> bool {
        self.unsynced
    }

    /// Appends whole lines: all of them, or none.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.mend()?;
        // Set before the write, so that no error path can forget it.
        self.torn = true;
        match self.medium.append(lines) {
            Ok(()) => {
                self.torn = false;
                self.unsynced = true;
                self.length += lines.len() as u64;
                Ok(())
            }
            Err(error) => {
                // If the repair fails now, the next write retries it.
                let _ = self.mend();
                Err(error)
            }
        }
    }

    /// Cuts off the remains of a failed write.
    pub fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.medium.cut(self.length)?;
            self.torn = false;
        }
        Ok(())
    }

    pub fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            self.medium.sync()?;
            self.unsynced = false;
        }
        Ok(())
    }
}

/// Opens the file for appending, creates it if missing, and repairs its last line.
pub(crate) fn open(path: &Path) -> io::Result<(Active<fs::File>, Option<Mended>)> {
    let mut file = private(fs::OpenOptions::new().read(true).append(true).create(true)).open(path)?;
    narrow(&file)?;
    let length = file.metadata()?.len();
    let (length, mended) = mend_last_line(&mut file, length)?;
    Ok((Active::new(file, length), mended))
}

/// Longest unfinished line in bytes that is examined before it is cut off.
const LONGEST: u64 = 256 << 20;

fn mend_last_line(file: &mut fs::File, length: u64) -> io::Result<(u64, Option<Mended>)> {
    let whole = end_of_lines(file, length)?;
    if whole == length {
        return Ok((length, None));
    }
    let torn = length - whole;
    if torn <= LONGEST {
        let mut line = Vec::new();
        file.seek(SeekFrom::Start(whole))?;
        Read::take(&mut *file, torn).read_to_end(&mut line)?;
        if quipu_jsonl::read(&line).is_ok() {
            file.write_all(b"\n")?;
            return Ok((length + 1, Some(Mended::Ended)));
        }
    }
    file.set_len(whole)?;
    Ok((whole, Some(Mended::Cut(torn))))
}

/// The offset after the last complete line.
fn end_of_lines(file: &mut fs::File, length: u64) -> io::Result<u64> {
    const STEP: u64 = 64 << 10;
    let mut end = length;
    let mut part = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(STEP);
        part.clear();
        file.seek(SeekFrom::Start(start))?;
        Read::take(&mut *file, end - start).read_to_end(&mut part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Options of a file that only its owner may read.
pub(crate) fn private(options: &mut fs::OpenOptions) -> &mut fs::OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Removes the permissions of other users from an existing file.
fn narrow(file: &fs::File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A disk with this many free bytes.
    #[derive(Default)]
    struct Small {
        held: Vec<u8>,
        room: usize,
        cannot_cut: bool,
    }

    impl Medium for Small {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            let fits = bytes.len().min(self.room.saturating_sub(self.held.len()));
            self.held.extend_from_slice(&bytes[..fits]);
            if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            if self.cannot_cut {
                return Err(io::Error::other("not now"));
            }
            self.held.truncate(usize::try_from(length).unwrap());
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_leaves_no_half_line_and_goes_on_by_itself() {
        let mut active = Active::new(Small { room: 6, ..Small::default() }, 0);
        active.append(b"one\n").unwrap();
        assert_eq!(active.append(b"two\n").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(active.medium.held, b"one\n");
        active.medium.room = 100;
        active.append(b"three\n").unwrap();
        assert_eq!(active.medium.held, b"one\nthree\n");
        assert_eq!(active.length(), 10);
    }

    #[test]
    fn what_cannot_be_cut_now_is_cut_before_the_next_line() {
        let mut active = Active::new(Small { room: 6, cannot_cut: true, ..Small::default() }, 0);
        active.append(b"one\n").unwrap();
        active.append(b"two\n").unwrap_err();
        assert_eq!(active.medium.held, b"one\ntw");
        active.medium.room = 100;
        active.append(b"three\n").unwrap_err();
        active.medium.cannot_cut = false;
        active.append(b"four\n").unwrap();
        assert_eq!(active.medium.held, b"one\nfour\n");
    }

    proptest! {
        #[test]
        fn whatever_fails_all_lines_are_whole(steps in prop::collection::vec((0..40_usize, any::<bool>(), 1..12_usize), 1..60)) {
            let mut active = Active::new(Small::default(), 0);
            let mut kept = Vec::new();
            for (room, cannot_cut, length) in steps {
                active.medium.room = active.medium.held.len() + room / 3;
                active.medium.cannot_cut = cannot_cut;
                let mut line = vec![b'x'; length];
                line.push(b'\n');
                if active.append(&line).is_ok() {
                    kept.extend_from_slice(&line);
                }
            }
            active.medium.cannot_cut = false;
            active.mend().unwrap();
            prop_assert_eq!(&active.medium.held, &kept);
        }
    }
}
