//! The store's folder: which file is where, which day a time belongs to, and who may write.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use quipu_core::{Error, ErrorKind, Result, Retry, Timestamp};

use crate::fault::{NAME, io_kind};
use crate::private;

/// Folder within a folder that is there while a copy is restored to it.
pub(crate) const UNFINISHED: &str = ".restoring";
/// Folder of a data folder with the stores of further projects, each in one of its own.
const PROJECTS: &str = "projects";

/// In the name of a day's new file, before it takes the place of the old one.
pub(crate) const THINNED: &str = ".db.thinned";
/// At the end of a new file's name until the file is whole.
pub(crate) const MAKING: &str = ".making";
/// In the name of a damaged day that was moved out of the way, and of one of which all that can be read was saved.
pub(crate) const DAMAGED: &str = ".db.damaged-";
pub(crate) const REPAIRED: &str = ".db.repaired-";

/// Folders in which this process has a store open. SQLite's locks belong to the process: whoever opens and closes such a file by another
/// way takes them away.
static OPEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Notes that a store is open, until it is dropped.
#[derive(Debug)]
pub(crate) struct Noted(PathBuf);

impl Noted {
    /// Notes it.
    pub(crate) fn new(root: &Path) -> Self {
        let path = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        OPEN.lock().push(path.clone());
        Self(path)
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        let mut open = OPEN.lock();
        if let Some(at) = open.iter().position(|path| *path == self.0) {
            open.swap_remove(at);
        }
    }
}

/// A store below this folder that this process has open.
pub(crate) fn open_within(root: &Path) -> Option<PathBuf> {
    OPEN.lock().iter().find(|path| path.starts_with(root)).cloned()
}

/// One UTC day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) i32);

impl Day {
    /// The day of a time.
    pub(crate) fn of(time: Timestamp) -> Self {
        Self(i32::try_from(time.nanos().div_euclid(Timestamp::DAY)).unwrap_or(0))
    }

    /// Its first moment.
    pub(crate) fn start(self) -> Timestamp {
        Timestamp::from_nanos(i64::from(self.0).saturating_mul(Timestamp::DAY))
    }

    /// The day so many days later.
    pub(crate) const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Whether it is the day of a time, or the one before or after it.
    pub(crate) fn is_near(self, time: Timestamp) -> bool {
        self.0.abs_diff(Self::of(time).0) <= 1
    }

    /// The day whose data file has this name.
    pub(crate) fn of_file(name: &str) -> Option<Self> {
        Self::parse(name.strip_prefix("d-")?.strip_suffix(".db")?)
    }

    fn parse(text: &str) -> Option<Self> {
        let number = |range| text.get(range).and_then(|digits: &str| digits.parse::<i16>().ok());
        let (year, month, day) = (number(0..4)?, number(4..6)?, number(6..8)?);
        let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        let days = date.since(jiff::civil::Date::constant(1970, 1, 1)).ok()?.get_days();
        (text.len() == 8).then_some(Self(days))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = jiff::Timestamp::from_second(i64::from(self.0) * 86_400)
            .map(|at| at.strftime("%Y%m%d").to_string());
        f.write_str(at.as_deref().unwrap_or("00000000"))
    }
}

/// The two files of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// Records, sums and rollups.
    Data,
    /// Full text index.
    Text,
}

/// The right to write to a store: locks on the file `lock` and on the folder itself. The file can be removed, and a second process would
/// make and lock another one; the folder stays the same.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    _folder: Option<File>,
}

/// Where the files are.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_path_buf())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn catalog(&self) -> PathBuf {
        self.0.join("catalog.db")
    }

    /// Makes the names of the catalog and of days safe from a power cut.
    pub(crate) fn sync_days(&self) -> std::io::Result<()> {
        if cfg!(unix) {
            File::open(&self.0)?.sync_all()?;
            File::open(self.days_folder())?.sync_all()?;
        }
        Ok(())
    }

    /// Refuses days without a catalog: it is made before the first of them, and only it knows which traces are held.
    pub(crate) fn has_catalog(&self) -> Result<()> {
        let path = self.catalog();
        let is_there = fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        if is_there || self.days()?.is_empty() {
            return Ok(());
        }
        let text = format!(
            "{}: it is missing or empty, and there are days: restore it, or run `quipu check store --repair`",
            path.display()
        );
        Err(Error::new(ErrorKind::Damaged, "open store", text).with_retry(Retry::No).of_backend(NAME))
    }

    fn days_folder(&self) -> PathBuf {
        self.0.join("days")
    }

    pub(crate) fn file(&self, part: Part, day: Day) -> PathBuf {
        let letter = if part == Part::Data { 'd' } else { 'x' };
        self.days_folder().join(format!("{letter}-{day}.db"))
    }

    /// Where a day's new file is written, before it takes the place of the old one.
    pub(crate) fn beside(&self, day: Day) -> PathBuf {
        self.file(Part::Data, day).with_extension("db.thinned")
    }

    /// Refuses a folder to which a copy is or was being restored: what is there may be a part of it. A project's store is refused with the
    /// data folder that it is in.
    pub(crate) fn is_whole(&self) -> Result<()> {
        let whole = self.0.canonicalize().unwrap_or_else(|_| self.0.clone());
        let projects = whole.parent().filter(|above| above.file_name().is_some_and(|name| name == PROJECTS));
        let data = projects.and_then(Path::parent);
        let unfinished = [Some(self.0.as_path()), data].into_iter().flatten();
        let Some(folder) = unfinished.map(|folder| folder.join(UNFINISHED)).find(|marker| marker.exists())
        else {
            return Ok(());
        };
        let text = format!(
            "{}: a copy was being restored here and did not end; empty the folder and restore again",
            folder.parent().unwrap_or(&self.0).display()
        );
        Err(Error::new(ErrorKind::Damaged, "open store", text).with_retry(Retry::No).of_backend(NAME))
    }

    /// Makes what is missing.
    pub(crate) fn make(&self) -> Result<()> {
        self.is_whole()?;
        let days = self.days_folder();
        let is_new = !days.exists();
        let made = private::folder(&days).and_then(|()| if is_new { self.sync_names() } else { Ok(()) });
        made.map_err(|error| {
            let hint =
                if io_kind(&error) == ErrorKind::Denied { " (the folder cannot be written)" } else { "" };
            Error::new(io_kind(&error), "open store", format!("{}{hint}", self.0.display()))
                .with_retry(Retry::No)
                .caused_by(error)
                .of_backend(NAME)
        })
    }

    /// Makes the folders' own names safe from a power cut; those of files SQLite sees to.
    fn sync_names(&self) -> std::io::Result<()> {
        let above = self.0.parent().filter(|above| !above.as_os_str().is_empty());
        File::open(&self.0)?.sync_all()?;
        // The folder above may be one that we may not read.
        let _ = File::open(above.unwrap_or(Path::new("."))).and_then(|above| above.sync_all());
        Ok(())
    }

    /// Takes the right to write; it ends when the lock is dropped or the process dies.
    pub(crate) fn lock(&self) -> Result<Lock> {
        let path = self.0.join("lock");
        let refused =
            |kind, text: String| Error::new(kind, "open store", text).with_retry(Retry::No).of_backend(NAME);
        let taken = || {
            refused(
                ErrorKind::Locked,
                format!("{}: another process has this store open for writing", self.0.display()),
            )
        };
        let file =
            private::options(File::options().create(true).truncate(false)).open(&path).map_err(|error| {
                refused(io_kind(&error), format!("{}: the folder cannot be written", self.0.display()))
                    .caused_by(error)
            })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(taken()),
            Err(TryLockError::Error(error)) => {
                return Err(refused(io_kind(&error), path.display().to_string()).caused_by(error));
            }
        }
        let own = File::open(&self.0).ok();
        match own.as_ref().map(File::try_lock) {
            Some(Err(TryLockError::WouldBlock)) => Err(taken()),
            // Some network file systems lock no folders: the file's lock is all there is.
            Some(Err(TryLockError::Error(_))) | None => Ok(Lock { _file: file, _folder: None }),
            Some(Ok(())) => Ok(Lock { _file: file, _folder: own }),
        }
    }

    /// Days that have a data file, in order.
    pub(crate) fn days(&self) -> Result<Vec<Day>> {
        let folder = self.days_folder();
        let failed = |error: std::io::Error| {
            Error::new(io_kind(&error), "list days", folder.display().to_string())
                .caused_by(error)
                .of_backend(NAME)
        };
        let mut days = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            days.extend(name.to_str().and_then(Day::of_file));
        }
        days.sort_unstable();
        Ok(days)
    }

    /// A file and what SQLite keeps beside it.
    pub(crate) fn with_companions(path: &Path) -> [PathBuf; 3] {
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        [path.to_path_buf(), beside("-wal"), beside("-shm")]
    }

    /// Removes a day's part; a missing file is fine.
    pub(crate) fn remove(&self, part: Part, day: Day) -> Result<()> {
        for path in Self::with_companions(&self.file(part, day)) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    let kind = io_kind(&error);
                    return Err(Error::new(kind, "remove day", path.display().to_string())
                        .caused_by(error)
                        .of_backend(NAME));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Moves a damaged day out of the way; its data file stays beside the others under another name, which is given.
    pub(crate) fn set_aside(&self, day: Day) -> Result<PathBuf> {
        let path = self.file(Part::Data, day);
        let free = |number: u32| path.with_extension(format!("db.damaged-{number}"));
        let aside = (1..).map(free).find(|name| !name.exists()).unwrap_or_else(|| free(0));
        for (from, to) in Self::with_companions(&path).iter().zip(Self::with_companions(&aside)) {
            if from.exists() {
                fs::rename(from, &to).map_err(|error| {
                    let kind = io_kind(&error);
                    Error::new(kind, "set aside", from.display().to_string())
                        .caused_by(error)
                        .of_backend(NAME)
                })?;
            }
        }
        self.remove(Part::Text, day)?;
        Ok(aside)
    }

    /// Damaged files that were moved out of the way.
    pub(crate) fn damaged(&self) -> Vec<PathBuf> {
        let mut damaged = self.with_name(DAMAGED);
        damaged.retain(|path| {
            let name = path.to_string_lossy();
            !name.ends_with("-wal") && !name.ends_with("-shm")
        });
        damaged
    }

    /// Files beside the days with this in their names, sorted.
    pub(crate) fn with_name(&self, part: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.days_folder()).into_iter().flatten().flatten();
        let named = entries.filter(|entry| entry.file_name().to_string_lossy().contains(part));
        let mut named: Vec<PathBuf> = named.map(|entry| entry.path()).collect();
        named.sort_unstable();
        named
    }

    /// Bytes of a day's files, without the index of a log, which is made anew by whoever opens it.
    pub(crate) fn bytes_of(&self, day: Day) -> u64 {
        let files = [self.file(Part::Data, day), self.file(Part::Text, day)];
        let all = files.iter().flat_map(|path| Self::with_companions(path).into_iter().take(2));
        all.filter_map(|path| fs::metadata(path).ok()).map(|meta| meta.len()).sum()
    }

    /// Bytes of everything in the folder's databases.
    pub(crate) fn bytes(&self, days: &[Day]) -> u64 {
        let size = |path: PathBuf| -> u64 {
            Self::with_companions(&path)
                .iter()
                .filter_map(|path| fs::metadata(path).ok())
                .map(|meta| meta.len())
                .sum()
        };
        let files = days.iter().flat_map(|day| [self.file(Part::Data, *day), self.file(Part::Text, *day)]);
        files.chain([self.catalog()]).map(size).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_names_that_read_back() {
        for days in [-800, -1, 0, 59, 20_778] {
            assert_eq!(Day::parse(&Day(days).to_string()), Some(Day(days)));
        }
        assert_eq!(Day::of(Timestamp::from_nanos(-1)), Day(-1));
        assert_eq!(Day(20_778).to_string(), "20261121");
        assert_eq!(Day::parse("2026112"), None);
        assert_eq!(Day::parse("20261321"), None);
    }
}
