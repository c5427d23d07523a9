//! Migration of older layouts to this build's: plan, check of free space, and execution. Each file migrates
//! completely or not at all.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use quipu_core::{Error, ErrorKind, Result, Retry};

use crate::config::{Config, Durability};
use crate::fault::{self, Fault, NAME};
use crate::folder::{Day, Folder, Part};
use crate::schema::{self, Access, CATALOG, DAY, Layout};

/// Suffix of the copy of a file during its migration.
const BEFORE: &str = "before-migration";
/// Required free space as a multiple of the file's length: the copy, the write-ahead log with every page, and
/// growth.
const ROOM: u64 = 3;

/// A file with an older layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The file.
    pub path: PathBuf,
    /// Its content, in one word.
    pub what: &'static str,
    /// Its version and the target version.
    pub versions: (u32, u32),
    /// Its length.
    pub bytes: u64,
    /// Required free bytes.
    pub needs: u64,
}

/// Migrations to do in a folder.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Files with older layouts, in the order of migration.
    pub pending: Vec<Pending>,
    /// Free bytes on the disk.
    pub free: u64,
}

impl Plan {
    /// Required free bytes, given that files migrate one at a time.
    pub fn needs(&self) -> u64 {
        self.pending.iter().map(|file| file.needs).max().unwrap_or(0)
    }

    /// Returns an error if there is not enough space for a file.
    fn fits(&self) -> Result<()> {
        match self.pending.iter().find(|file| file.needs > self.free) {
            Some(short) => Err(no_room(short, self.free)),
            None => Ok(()),
        }
    }
}

/// Plans the migration without changes.
///
/// # Errors
/// [`ErrorKind::NotFound`]: there is no store. [`ErrorKind::Unsupported`]: a file has a newer layout.
pub fn plan(path: &Path) -> Result<Plan> {
    let folder = Folder::new(path);
    folder.is_whole()?;
    if !folder.catalog().exists() && folder.days().unwrap_or_default().is_empty() {
        let text = format!("{}: there is no store", path.display());
        return Err(Error::new(ErrorKind::NotFound, "migrate store", text).of_backend(NAME));
    }
    let mut pending = Vec::new();
    if folder.catalog().exists() {
        pending.extend(look(&CATALOG, folder.catalog())?);
    }
    for day in folder.days()? {
        pending.extend(look(&DAY, folder.file(Part::Data, day))?);
    }
    let free = free(path).map_err(|fault| fault.at("migrate store", path))?;
    Ok(Plan { pending, free })
}

fn look(layout: &Layout, path: PathBuf) -> Result<Option<Pending>> {
    match schema::peek(layout, &path) {
        Ok(0) => Ok(None),
        Ok(version) if version >= layout.version() => Ok(None),
        Ok(version) => {
            let bytes = Folder::with_companions(&path)
                .iter()
                .filter_map(|path| fs::metadata(path).ok())
                .map(|meta| meta.len())
                .sum();
            let versions = (version, layout.version());
            Ok(Some(Pending { path, what: layout.what, versions, bytes, needs: bytes * ROOM }))
        }
        // A damaged day stays unchanged, and is excluded from answers.
        Err(fault) if fault.kind() == ErrorKind::Damaged => Ok(None),
        Err(fault) => Err(fault.at("migrate store", &path)),
    }
}

/// Migrates the whole store to this build's layouts. `tell` is called before each file, with its index and
/// the total.
///
/// # Errors
/// [`ErrorKind::Locked`]: another process has the store open for writing. [`ErrorKind::Exhausted`]: there is
/// not enough space, and nothing was changed. Any other error: a file could not migrate and is unchanged; the
/// files before it are done.
pub fn run(path: &Path, tell: &mut dyn FnMut(&Pending, (usize, usize))) -> Result<Plan> {
    let folder = Folder::new(path);
    // Checks that it is a store before anything is created in it.
    plan(path)?;
    let _lock = folder.lock()?;
    mend_all(&folder)?;
    let plan = plan(path)?;
    plan.fits()?;
    let config = Config::at(path);
    for (at, file) in plan.pending.iter().enumerate() {
        tell(file, (at, plan.pending.len()));
        take(file, &config).map_err(|fault| fault.at("migrate store", &file.path))?;
    }
    Ok(plan)
}

fn no_room(file: &Pending, free: u64) -> Error {
    let (from, to) = file.versions;
    let text = format!(
        "{}: the migration from layout {from} to {to} needs {} bytes of free disk, and {free} are free",
        file.path.display(),
        file.needs
    );
    Error::new(ErrorKind::Exhausted, "migrate store", text).with_retry(Retry::No).of_backend(NAME)
}

/// Returns an error if there is not enough space to migrate all of a store, before anything is changed.
pub(crate) fn room(path: &Path) -> Result<()> {
    // Other errors are reported at the open, or exclude a day from answers.
    plan(path).map_or(Ok(()), |plan| plan.fits())
}

/// Cleans up copies of an interrupted migration: each is removed or restored.
pub(crate) fn mend_all(folder: &Folder) -> Result<()> {
    mend(&CATALOG, &folder.catalog()).map_err(|fault| fault.at("migrate store", &folder.catalog()))?;
    let end = format!(".{BEFORE}");
    for copy in folder.with_name(&end) {
        let Some(name) = copy.file_name().and_then(|name| name.to_str()) else { continue };
        let Some(name) = name.strip_suffix(&end).filter(|name| name.starts_with("d-")) else { continue };
        let path = copy.with_file_name(name);
        mend(&DAY, &path).map_err(|fault| fault.at("migrate store", &path))?;
    }
    Ok(())
}

/// Migrates one day when the store is opened; `None` if it has this build's layout.
pub(crate) fn day(folder: &Folder, day: Day, config: &Config) -> Result<Option<Pending>> {
    let path = folder.file(Part::Data, day);
    one(&DAY, folder, path, config)
}

/// Migrates the catalog, which must exist.
pub(crate) fn catalog(folder: &Folder, config: &Config) -> Result<Option<Pending>> {
    one(&CATALOG, folder, folder.catalog(), config)
}

fn one(layout: &Layout, folder: &Folder, path: PathBuf, config: &Config) -> Result<Option<Pending>> {
    let failed = |fault: Fault| fault.at("migrate store", &path);
    mend(layout, &path).map_err(failed)?;
    if schema::peek(layout, &path).map_err(failed)? == 0 {
        // The file is still being created: SQLite completes it, or it is empty.
        let access = Access::Write { cache_kib: config.write_cache_kib, durability: config.durability };
        return schema::open(layout, &path, access).map(|_| None).map_err(failed);
    }
    let Some(file) = look(layout, path.clone())? else { return Ok(None) };
    let free = free(folder.root()).map_err(|fault| fault.at("migrate store", folder.root()))?;
    if file.needs > free {
        return Err(no_room(&file, free));
    }
    take(&file, config).map_err(|fault| fault.at("migrate store", &file.path))?;
    Ok(Some(file))
}

/// Recovers from a migration that was killed. SQLite rolls back or completes its transaction. An unreadable
/// file is replaced by its copy.
fn mend(layout: &Layout, path: &Path) -> fault::Result<()> {
    let copy = copy_of(path);
    if !copy.exists() {
        return Ok(());
    }
    if matches!(schema::peek(layout, path), Err(fault) if fault.kind() == ErrorKind::Damaged) {
        return put_back(&copy, path);
    }
    Ok(fs::remove_file(copy)?)
}

fn copy_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(BEFORE);
    name.into()
}

fn put_back(copy: &Path, path: &Path) -> fault::Result<()> {
    let [_, log, index] = Folder::with_companions(path);
    for beside in [log, index] {
        if beside.exists() {
            fs::remove_file(beside)?;
        }
    }
    Ok(fs::rename(copy, path)?)
}

fn take(file: &Pending, config: &Config) -> fault::Result<()> {
    let layout = if file.what == CATALOG.what { &CATALOG } else { &DAY };
    mend(layout, &file.path)?;
    schema::settle_log(&file.path)?;
    let copy = copy_of(&file.path);
    let copied = fs::copy(&file.path, &copy).and_then(|_| File::open(&copy)?.sync_all());
    if let Err(error) = copied {
        let _ = fs::remove_file(&copy);
        return Err(Fault::Io(error));
    }
    // Its changes are on the disk before the copy is removed.
    let access = Access::Write { cache_kib: config.write_cache_kib, durability: Durability::Disk };
    let done = schema::open(layout, &file.path, access).map(drop);
    match (&done, schema::peek(layout, &file.path)) {
        (Ok(()), _) | (Err(_), Ok(_)) => fs::remove_file(&copy)?,
        (Err(_), Err(_)) => put_back(&copy, &file.path)?,
    }
    done
}

/// Free bytes for this user on a folder's disk.
#[cfg(unix)]
pub(crate) fn free(path: &Path) -> fault::Result<u64> {
    let disk = rustix::fs::statvfs(path).map_err(std::io::Error::from)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// On other platforms a full disk shows only at the write.
#[cfg(not(unix))]
pub(crate) fn free(_path: &Path) -> fault::Result<u64> {
    Ok(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_room_is_named_with_what_it_needs() {
        let file =
            Pending { path: "days/d-1.db".into(), what: DAY.what, versions: (1, 7), bytes: 10, needs: 30 };
        let said = no_room(&file, 29).to_string();
        assert!(said.contains("d-1.db") && said.contains("30 bytes") && said.contains("29"), "{said}");
        let plan = Plan { pending: vec![file.clone(), Pending { needs: 40, ..file }], free: 29 };
        assert_eq!(plan.needs(), 40);
        assert_eq!(plan.fits().unwrap_err().kind(), ErrorKind::Exhausted);
        Plan { free: 40, ..plan }.fits().unwrap();
    }
}
