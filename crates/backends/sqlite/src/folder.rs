//! Folder of the store: file names, the day of a time, and the write lock.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use quipu_core::locks::Mutex;
use quipu_core::{Error, ErrorKind, Result, Retry, Timestamp};

use crate::fault::{NAME, io_kind};
use crate::private;

/// Marker folder that exists during the restore of a copy to its parent.
pub(crate) const UNFINISHED: &str = ".restoring";
/// Subfolder of a data folder with the stores of further projects, one folder each.
const PROJECTS: &str = "projects";

/// Extension of a day's new file before it replaces the old one.
pub(crate) const THINNED: &str = ".db.thinned";
/// Suffix of a new file's name until the file is complete.
pub(crate) const MAKING: &str = ".making";
/// Extensions of a damaged day that was set aside, and of one whose readable records were saved.
pub(crate) const DAMAGED: &str = ".db.damaged-";
pub(crate) const REPAIRED: &str = ".db.repaired-";
/// Begins the names of the files of the register of access.
const REGISTER: &str = "access.db";

/// Folders with a store opened by this process. SQLite's locks belong to the process. Any other open and
/// close of such a file releases them.
static OPEN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Registers a store as open until it is dropped.
#[derive(Debug)]
pub(crate) struct Noted(PathBuf);

impl Noted {
    /// Registers the store.
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
#[cfg(feature = "backup")]
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

    /// The start of the day.
    pub(crate) fn start(self) -> Timestamp {
        Timestamp::from_nanos(i64::from(self.0).saturating_mul(Timestamp::DAY))
    }

    /// The day `days` days later.
    pub(crate) const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Whether a time is on this day, the one before or the one after.
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

/// The write lock of a store: locks on the file `lock` and on the folder itself. If the file is removed, a
/// second process would create and lock a new one. The folder stays the same.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    _folder: Option<File>,
}

/// Path of the store's folder.
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

    /// Syncs the directory entries of the catalog and of days, so they survive a power cut.
    pub(crate) fn sync_days(&self) -> std::io::Result<()> {
        if cfg!(unix) {
            File::open(&self.0)?.sync_all()?;
            File::open(self.days_folder())?.sync_all()?;
        }
        Ok(())
    }

    /// Rejects days without a catalog. The catalog is created before the first day, and only the catalog
    /// lists the held traces.
    pub(crate) fn has_catalog(&self) -> Result<()> {
        let path = self.catalog();
        let file = fs::metadata(&path);
        let is_other = file.as_ref().is_ok_and(|file| !file.is_file());
        let is_there = file.is_ok_and(|file| file.len() > 0) && !is_other;
        if is_there || !is_other && self.days()?.is_empty() {
            return Ok(());
        }
        let why = if is_other { "it is not a file" } else { "it is missing or empty, and day files exist" };
        let text = format!("{}: {why}: restore it, or run `quipu check store --repair`", path.display());
        Err(Error::new(ErrorKind::Damaged, "open store", text).with_retry(Retry::No).of_backend(NAME))
    }

    fn days_folder(&self) -> PathBuf {
        self.0.join("days")
    }

    pub(crate) fn file(&self, part: Part, day: Day) -> PathBuf {
        let letter = if part == Part::Data { 'd' } else { 'x' };
        self.days_folder().join(format!("{letter}-{day}.db"))
    }

    /// Path of a day's new file before it replaces the old one.
    pub(crate) fn beside(&self, day: Day) -> PathBuf {
        self.file(Part::Data, day).with_extension("db.thinned")
    }

    /// Rejects the target of an unfinished restore, because it may be incomplete. It rejects a project's
    /// store together with its data folder.
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
            "{}: an earlier restore here did not finish; empty the folder and restore again",
            folder.parent().unwrap_or(&self.0).display()
        );
        Err(Error::new(ErrorKind::Damaged, "open store", text).with_retry(Retry::No).of_backend(NAME))
    }

    /// Creates missing folders.
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

    /// Syncs the folders' own directory entries, so they survive a power cut. SQLite syncs those of files.
    fn sync_names(&self) -> std::io::Result<()> {
        let above = self.0.parent().filter(|above| !above.as_os_str().is_empty());
        File::open(&self.0)?.sync_all()?;
        // The parent folder may be unreadable for us.
        let _ = File::open(above.unwrap_or(Path::new("."))).and_then(|above| above.sync_all());
        Ok(())
    }

    /// Takes the write lock. It ends when it is dropped or the process dies.
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
            // Some network file systems cannot lock folders. Then only the file is locked.
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

    /// A file and SQLite's companion files.
    pub(crate) fn with_companions(path: &Path) -> [PathBuf; 3] {
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        [path.to_path_buf(), beside("-wal"), beside("-shm")]
    }

    /// Path of a day's digest.
    pub(crate) fn digest(&self, day: Day) -> PathBuf {
        self.days_folder().join(format!("g-{day}"))
    }

    /// Removes one file of a day, and with its records their digest. A missing file is no error.
    pub(crate) fn remove(&self, part: Part, day: Day) -> Result<()> {
        let digest = (part == Part::Data).then(|| self.digest(day));
        for path in Self::with_companions(&self.file(part, day)).into_iter().chain(digest) {
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

    /// Sets a damaged day aside under another name in the same folder, and returns that path.
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

    /// Damaged files that were set aside.
    pub(crate) fn damaged(&self) -> Vec<PathBuf> {
        let mut damaged = self.with_name(DAMAGED);
        damaged.retain(|path| {
            let name = path.to_string_lossy();
            !name.ends_with("-wal") && !name.ends_with("-shm")
        });
        damaged
    }

    /// Files in the folder of days whose names contain `part`, sorted.
    pub(crate) fn with_name(&self, part: &str) -> Vec<PathBuf> {
        named(&self.days_folder(), part)
    }

    /// Files in the root that a repair set aside, such as `budgets.db.damaged-1`, sorted. The register of
    /// access is not among them, because it has no records.
    pub(crate) fn aside(&self) -> Vec<PathBuf> {
        let mut aside = named(self.root(), DAMAGED);
        aside.retain(|path| {
            !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(REGISTER))
        });
        aside
    }

    /// Bytes of a day's files, without the log's index, which is rebuilt at each open.
    pub(crate) fn bytes_of(&self, day: Day) -> u64 {
        let files = [self.file(Part::Data, day), self.file(Part::Text, day)];
        let all = files.iter().flat_map(|path| Self::with_companions(path).into_iter().take(2));
        all.filter_map(|path| fs::metadata(path).ok()).map(|meta| meta.len()).sum()
    }

    /// Bytes of all databases in the folder.
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

/// Files of a folder whose names contain `part`, sorted.
fn named(folder: &Path, part: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().contains(part));
    let mut named: Vec<PathBuf> = named.map(|entry| entry.path()).collect();
    named.sort_unstable();
    named
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
