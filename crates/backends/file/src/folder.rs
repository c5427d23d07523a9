//! The folder: names of its files, and the lock of its writer.

use std::fs::{self, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use quipu_core::{Error, ErrorKind, Result, Timestamp};

use crate::Config;
use crate::active::private;
use crate::fault::{NAME, failed};

/// Extensions of past files.
const ENDINGS: [&str; 3] = [".jsonl", ".jsonl.zst", ".jsonl.gz"];

/// A past file: `NAME-DAY-NUMBER.jsonl`, possibly compressed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Past {
    pub day: Date,
    pub number: u32,
    /// The index of its extension in [`ENDINGS`].
    ending: usize,
    pub path: PathBuf,
}

impl Past {
    fn of(folder: &Path, name: &str, file: &str) -> Option<Self> {
        let rest = file.strip_prefix(name)?.strip_prefix('-')?;
        // The longest extension decides, because each begins with the first.
        let ending = ENDINGS.iter().rposition(|ending| rest.ends_with(ending))?;
        let (day, number) = rest[..rest.len() - ENDINGS[ending].len()].rsplit_once('-')?;
        let path = folder.join(file);
        Some(Self { day: day.parse().ok()?, number: number.parse().ok()?, ending, path })
    }

    pub fn is_compressed(&self) -> bool {
        self.ending > 0
    }
}

/// The folder of files with one name prefix.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub path: PathBuf,
    pub name: String,
}

impl Folder {
    pub fn of(config: &Config) -> Self {
        Self { path: config.path.clone(), name: config.name.clone() }
    }

    pub fn active(&self) -> PathBuf {
        self.path.join(format!("{}.jsonl", self.name))
    }

    pub fn make(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.path)
    }

    /// Past files, oldest first.
    pub fn past(&self) -> io::Result<Vec<Past>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(|file| Past::of(&self.path, &self.name, file)));
        }
        found.sort();
        Ok(found)
    }

    /// The new path of that day's active file when it becomes a past file.
    pub fn next(&self, day: Date) -> io::Result<PathBuf> {
        let last = self.past()?.into_iter().filter(|past| past.day == day).map(|past| past.number).max();
        let number = last.map_or(1, |last| last.saturating_add(1));
        Ok(self.path.join(format!("{}-{day}-{number:04}.jsonl", self.name)))
    }

    /// Removes the remains of an interrupted compression.
    pub fn remove_parts(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let part = name.to_str().and_then(|name| name.strip_suffix(PART));
            if part.and_then(|file| Past::of(&self.path, &self.name, file)).is_some() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Takes the lock, which is held until the file is closed.
    pub fn lock(&self) -> Result<fs::File> {
        let path = self.path.join(format!("{}.lock", self.name));
        let open = private(fs::OpenOptions::new().create(true).truncate(false).write(true)).open(&path);
        let file = open.map_err(|cause| failed("lock files", &path, cause))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => {
                let context = format!("{}: another writer has these files", path.display());
                Err(Error::new(ErrorKind::Locked, "lock files", context).of_backend(NAME))
            }
            Err(TryLockError::Error(cause)) => Err(failed("lock files", &path, cause)),
        }
    }
}

/// Extension of a file during its compression.
pub(crate) const PART: &str = ".part";

/// The UTC day of a time.
pub(crate) fn day(time: Timestamp) -> Date {
    let time = jiff::Timestamp::from_nanosecond(i128::from(time.nanos())).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The files of prefix `name` in a folder, oldest first, the active one last. A crash may leave a file both
/// plain and compressed; it is listed once.
///
/// # Errors
/// The folder cannot be read.
pub fn files(path: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let folder = Folder { path: path.to_owned(), name: name.to_owned() };
    let mut past = folder.past().map_err(|cause| failed("list files", path, cause))?;
    past.dedup_by(|later, first| (later.day, later.number) == (first.day, first.number));
    let mut found: Vec<_> = past.into_iter().map(|past| past.path).collect();
    found.extend(Some(folder.active()).filter(|path| path.is_file()));
    Ok(found)
}
