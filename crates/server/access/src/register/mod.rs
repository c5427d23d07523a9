//! The register: a file of keys, users and sessions, which the server and the command line can have open
//! together.

mod attempts;
mod cache;
mod fault;
mod keys;
mod names;
mod required;
mod sessions;
mod users;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quipu_core::locks::Mutex;
use quipu_core::{Clock, Error, ErrorKind, Result, Timestamp};
use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use fault::RegisterError;
pub(crate) use fault::from_sql;
pub use keys::{Key, NewKey};
pub(crate) use required::Holds;
pub use required::MARKER;
pub(crate) use sessions::Sessions;
pub(crate) use users::Issued;
pub use users::{NewPassword, NewUser, User, UserChange};

use cache::Cache;

/// The register's file within a data folder.
pub const FILE: &str = "access.db";
/// Marks the file as ours, as `PRAGMA application_id`: "QAcc".
pub const MARK: i32 = 0x5141_6363;
/// The migrations from each version to the next; the first one creates the file.
const STEPS: [&str; 3] =
    [include_str!("layout.sql"), include_str!("initial.sql"), include_str!("required.sql")];
/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(5);
/// Looks at a file that seems damaged, before it counts as damaged.
const LOOKS: u32 = 3;
/// The wait between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Keys, users and sessions of a data folder. Several processes may open it; a change by one is visible to
/// the next read of the others. An acknowledged change is on the disk.
///
/// Its functions block: a read for some microseconds, a change until it is on the disk.
#[derive(Clone)]
pub struct Register(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// Device and inode of the open file.
    file: Option<(u64, u64)>,
    clock: Arc<dyn Clock>,
    look: Mutex<Cache>,
    change: Mutex<Connection>,
}

impl std::fmt::Debug for Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Register").field("path", &self.0.path).finish_non_exhaustive()
    }
}

impl Register {
    /// Opens the register of a data folder. It creates a missing file, readable by its owner only.
    ///
    /// # Errors
    /// The file is damaged, of a newer version, not a register, or cannot be read and written.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let path = folder.join(FILE);
        let told = |error: Error| {
            let mut text = path.display().to_string();
            if error.kind() == ErrorKind::Damaged {
                let command = required::replacing(folder);
                text = format!(
                    "{text} is damaged: `{command}` moves it aside and creates a new one; or restore a backup"
                );
            }
            Error::new(error.kind(), "open the register of access", text).caused_by(error)
        };
        let open = || -> Result<(Connection, Connection)> {
            own(&path)?;
            let mut change = connect(&path).map_err(from_sql)?;
            check(&change)?;
            lay_out(&mut change, clock.now())?;
            let look = connect(&path).map_err(from_sql)?;
            look.pragma_update(None, "query_only", true).map_err(from_sql)?;
            Ok((change, look))
        };
        let (change, look) = looked_again(open).map_err(told)?;
        let (look, change) = (Mutex::new(Cache::over(look)), Mutex::new(change));
        let register =
            Self(Arc::new(Inner { file: identity(&path), path: path.clone(), clock, look, change }));
        register.keep_required()?;
        Ok(register)
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Runs a change in one transaction: all of it or nothing.
    fn change<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, RegisterError>,
    ) -> Result<T, RegisterError> {
        self.is_in_place()?;
        let mut conn = self.0.change.lock();
        let work_in = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&work_in)?;
        work_in.commit()?;
        Ok(done)
    }

    /// Rejects a register whose file was removed or replaced while open, because changes by others would not
    /// be visible here.
    fn is_in_place(&self) -> Result<()> {
        if self.0.file == identity(&self.0.path) {
            return Ok(());
        }
        let text =
            format!("{} was removed or replaced while it is open; restart the server", self.0.path.display());
        Err(Error::new(ErrorKind::Damaged, "use the register of access", text))
    }

    /// Reads without the cache.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        self.is_in_place()?;
        work(self.0.look.lock().connection()).map_err(from_sql)
    }
}

/// Creates the file, readable by its owner only. SQLite gives its other files the same rights.
fn own(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let is_something_else =
        path.symlink_metadata().is_ok_and(|found| !found.is_file() && !found.is_symlink());
    let kind = if is_something_else { ErrorKind::Damaged } else { ErrorKind::Io };
    options
        .open(path)
        .map(drop)
        .map_err(|error| Error::new(kind, "open", "the file cannot be opened for writing").caused_by(error))
}

/// Device and inode of a file; `None` if there is no file, or if the platform has no inodes.
fn identity(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        path.metadata().ok().map(|found| (found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Checks the whole file, which is small, so that damage shows at the start and not at a login.
fn check(conn: &Connection) -> Result<()> {
    let said: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(from_sql)?;
    if said == "ok" {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Damaged, "check", said))
}

/// Opens a file again if it seems damaged, because SQLite reports a failed read (`EIO`) as damage. Each look
/// is a new connection without cached pages.
fn looked_again<T>(mut look: impl FnMut() -> Result<T>) -> Result<T> {
    for _ in 1..LOOKS {
        match look() {
            Err(error) if error.kind() == ErrorKind::Damaged => std::thread::sleep(PAUSE),
            answer => return answer,
        }
    }
    look()
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // SQLite overwrites deleted data in the file.
    conn.pragma_update(None, "secure_delete", true)?;
    Ok(conn)
}

fn lay_out(conn: &mut Connection, now: Timestamp) -> Result<()> {
    let work = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(from_sql)?;
    let number =
        |name: &str| work.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(from_sql);
    let (version, mark) = (number("user_version")?, number("application_id")?);
    if mark != i64::from(MARK) && (version, mark) != (0, 0) {
        let text = "it is a database, but not a register of keys and users";
        return Err(Error::new(ErrorKind::Damaged, "read", text));
    }
    step_up(&work, version)?;
    attempts::lay_out(&work, now).map_err(from_sql)?;
    work.commit().map_err(from_sql)
}

/// Runs the missing migrations.
fn step_up(work: &Transaction<'_>, version: i64) -> Result<()> {
    let missing =
        usize::try_from(version).ok().and_then(|version| STEPS.get(version..)).ok_or_else(|| {
            let known = STEPS.len();
            let text =
                format!("it has version {version}, this build supports up to {known}: use a newer build");
            Error::new(ErrorKind::Unsupported, "read", text)
        })?;
    if missing.is_empty() {
        return Ok(());
    }
    for step in missing {
        work.execute_batch(step).map_err(from_sql)?;
    }
    work.pragma_update(None, "application_id", MARK).map_err(from_sql)?;
    work.pragma_update(None, "user_version", STEPS.len()).map_err(from_sql)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_register_that_cannot_be_read_once_is_not_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        drop(Register::open(folder.path(), Arc::new(quipu_core::SystemClock)).unwrap());
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [0xa5; 8_192]).unwrap();
        let mut looks = 0;
        let opened = looked_again(|| {
            looks += 1;
            if looks == 2 {
                std::fs::write(&path, &whole).unwrap();
            }
            let conn = connect(&path).map_err(from_sql)?;
            check(&conn)
        });
        assert!(opened.is_ok() && looks == 2, "{looks}: {opened:?}");
        std::fs::write(&path, [0xa5; 8_192]).unwrap();
        let damaged = Register::open(folder.path(), Arc::new(quipu_core::SystemClock)).unwrap_err();
        assert_eq!(damaged.kind(), ErrorKind::Damaged);
    }
}
