//! The files of the audit log: `a-000001.jsonl` and on, `head`, and `lock`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use quipu_core::{Error, ErrorKind};

use crate::Head;

/// The size of each of the two slots in `head`, in bytes.
const SLOT: usize = 128;

const LOCK: &str = "lock";

/// The folder of an audit log.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_path_buf())
    }

    /// Creates a missing folder, accessible to its owner only.
    pub(crate) fn create(&self) -> io::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.0)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, number: u64) -> PathBuf {
        self.0.join(name(number))
    }

    /// The numbers of the existing files, ascending; empty if there is no folder.
    pub(crate) fn numbers(&self) -> io::Result<Vec<u64>> {
        let entries = match std::fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            numbers.extend(number(&entry?.file_name().to_string_lossy()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Opens or creates a file for reading and writing, accessible to its owner only.
    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }

    /// The file that a writer locks while it appends lines.
    pub(crate) fn lock_file(&self) -> io::Result<File> {
        self.open(&self.0.join(LOCK))
    }

    /// Returns whether this is still the lock file.
    pub(crate) fn is_lock_file(&self, file: &File) -> io::Result<bool> {
        is_at(file, &self.0.join(LOCK))
    }

    /// Blocks writers while the value lives; `None` if the folder cannot be locked, as on a read-only medium.
    pub(crate) fn hold_still(&self) -> Option<File> {
        let file = File::open(self.0.join(LOCK)).ok()?;
        file.lock_shared().ok().map(|()| file)
    }

    /// Makes the names of new files survive a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(&self.0)?.sync_all() } else { Ok(()) }
    }

    /// The head that was stored last; `None` if there is none, or if none can be read.
    pub(crate) fn head(&self) -> io::Result<Option<Head>> {
        match File::open(self.0.join("head")) {
            Ok(file) => Ok(slots(file)?.into_iter().flatten().max_by_key(|head| head.seq)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores a head on disk. It overwrites the older of the two slots, so a crash leaves one intact.
    pub(crate) fn keep(&self, head: Head) -> io::Result<()> {
        let mut file = self.open(&self.0.join("head"))?;
        let [first, second] = slots(&file)?.map(|head| head.map_or(0, |head| head.seq));
        file.seek(SeekFrom::Start(if first <= second { 0 } else { SLOT as u64 }))?;
        file.write_all(format!("{:<width$}\n", head.to_string(), width = SLOT - 1).as_bytes())?;
        file.sync_data()
    }
}

fn slots(mut file: impl io::Read + io::Seek) -> io::Result<[Option<Head>; 2]> {
    file.rewind()?;
    let mut text = Vec::with_capacity(2 * SLOT);
    file.take(2 * SLOT as u64).read_to_end(&mut text)?;
    let read = |slot: &[u8]| str::from_utf8(slot).ok().and_then(|text| text.trim_end().parse().ok());
    let mut slots = text.chunks(SLOT);
    Ok([slots.next().and_then(read), slots.next().and_then(read)])
}

/// Returns whether a path still leads to an open file.
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let there = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        there => there?,
    };
    let open = file.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
    }
    #[cfg(not(unix))]
    Ok(open.created().ok() == there.created().ok())
}

pub(crate) fn name(number: u64) -> String {
    format!("a-{number:06}.jsonl")
}

fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("a-")?.strip_suffix(".jsonl")?;
    (digits.len() >= 6 && digits.bytes().all(|digit| digit.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// The error of an operation on the audit log's files.
pub(crate) fn failed(operation: &'static str, path: &Path, cause: io::Error) -> Error {
    let kind = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::ReadOnlyFilesystem => {
            ErrorKind::Exhausted
        }
        io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        _ => ErrorKind::Io,
    };
    Error::new(kind, operation, format!("the audit record in {}", path.display())).caused_by(cause)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::Digest;

    #[test]
    fn names_and_numbers_fit() {
        assert_eq!((name(1).as_str(), name(1_234_567).as_str()), ("a-000001.jsonl", "a-1234567.jsonl"));
        assert_eq!((number("a-000042.jsonl"), number("a-1234567.jsonl")), (Some(42), Some(1_234_567)));
        for other in ["a-42.jsonl", "a-+00042.jsonl", "b-000042.jsonl", "a-000042.jsonl.gz", "head"] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn a_head_that_was_half_written_leaves_the_one_before() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::at(scratch.path());
        assert_eq!(folder.head().unwrap(), None);
        let head = |seq| Head { seq, hash: Digest::of(&[b"x"]) };
        for seq in 1..=5 {
            folder.keep(head(seq)).unwrap();
            assert_eq!(folder.head().unwrap(), Some(head(seq)));
        }
        let path = scratch.path().join("head");
        let mut text = std::fs::read(&path).unwrap();
        text[10] = b'?';
        std::fs::write(&path, &text).unwrap();
        assert_eq!(folder.head().unwrap(), Some(head(4)));
        std::fs::write(&path, &text[..60]).unwrap();
        assert_eq!(folder.head().unwrap(), None);
    }
}
