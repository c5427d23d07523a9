//! The lasting record that access is required in a data folder, and the users who can still log in.
//!
//! The record exists twice: as a fact in `access.db`, and as the file [`MARKER`] in the same folder. Opening
//! the register restores one from the other. An emptied, lost or replaced `access.db` therefore does not
//! switch access off.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use quipu_core::{Error, ErrorKind, Result, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{FILE, Register, RegisterError, User};
use crate::grant::Permission;

/// File in the data folder that records that access is required. Only its presence counts, not its content.
pub const MARKER: &str = "access.required";
const FACT: &str = "required";
/// Names for a damaged register: `access.db.damaged-1` and up.
const DAMAGED: &str = "access.db.damaged-";
const MOST_DAMAGED: u32 = 10_000;

/// The number of users, keys and sessions in the register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holds {
    pub users: usize,
    /// Keys that are still valid.
    pub keys: usize,
    pub sessions: usize,
}

impl Register {
    /// Returns whether access was ever required in this data folder.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn is_required(&self) -> Result<bool> {
        self.read(is_set)
    }

    /// Records for good that access is required in this data folder.
    ///
    /// # Errors
    /// The register cannot be written. A marker that cannot be written is logged only.
    pub fn require(&self) -> Result<(), RegisterError> {
        let now = self.now();
        if !self.is_required()? {
            self.change(|work| Ok(set(work, now)?))?;
        }
        self.mark();
        Ok(())
    }

    /// Writes the marker if it is missing.
    pub(super) fn mark(&self) {
        let folder = self.path().parent().unwrap_or(Path::new("."));
        if let Err(error) = write_marker(&folder.join(MARKER), self.now()) {
            tracing::error!(%error, "cannot write the marker {MARKER}; only access.db records that access \
                is required");
        }
    }

    /// Restores the fact from the marker, or the marker from the fact.
    pub(super) fn keep_required(&self) -> Result<()> {
        let folder = self.path().parent().unwrap_or(Path::new("."));
        let (fact, marker) = (self.is_required()?, is_marked(folder));
        match (fact, marker) {
            (false, true) => {
                tracing::warn!(
                    "access.db was lost or replaced: {MARKER} records that access is required, and \
                     access.db does not"
                );
                let now = self.now();
                self.change(|work| Ok(set(work, now)?)).map_err(|error| match error {
                    RegisterError::Store(error) => error,
                    other => Error::new(ErrorKind::Internal, "note", other.to_string()),
                })
            }
            (true, false) => {
                self.mark();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Returns whether a user or a key of the register can log in. `issuer` says whether OpenID Connect is
    /// configured.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn lets_in(&self, issuer: bool) -> Result<bool> {
        let now = self.now();
        Ok(self.users()?.iter().any(|user| gets_in(user, issuer, now))
            || self.keys()?.iter().any(|key| key.ended(now).is_none() && !key.scopes.is_empty()))
    }

    /// Returns the shell command that restores the access of an administrator.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn remedy(&self) -> Result<String> {
        let (users, now) = (self.users()?, self.now());
        let own = |user: &&User| !user.oidc && user.roles.give_everywhere(Permission::Admin);
        let folder = self.path().parent().unwrap_or(Path::new("."));
        let disabled = users.iter().filter(own).find(|user| user.disabled && !user.initial_is_over(now));
        if let Some(user) = disabled {
            return Ok(command(&format!("set {} --enable", user.name), folder));
        }
        let expired = users.iter().filter(own).find(|user| !user.disabled && user.initial_is_over(now));
        if let Some(user) = expired {
            return Ok(command(&format!("set {} --password", user.name), folder));
        }
        let is_free = |name: &String| users.iter().all(|user| user.name != *name);
        let names = (1_u32..).map(|n| if n == 1 { "admin".to_owned() } else { format!("admin{n}") });
        let name = names.take(users.len() + 1).find(is_free).unwrap_or_else(|| "admin".into());
        Ok(command(&format!("add {name} --role admin"), folder))
    }

    /// Counts the users, keys and sessions.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn holds(&self) -> Result<Holds> {
        let now = self.now();
        let sessions =
            self.read(|conn| conn.query_row("SELECT count(*) FROM session", [], |row| row.get(0)))?;
        let sessions: i64 = sessions;
        Ok(Holds {
            users: self.users()?.len(),
            keys: self.keys()?.iter().filter(|key| key.ended(now).is_none()).count(),
            sessions: usize::try_from(sessions).unwrap_or(0),
        })
    }

    /// Renames a damaged register and SQLite's files for it. Returns the new path.
    ///
    /// # Errors
    /// A file cannot be renamed.
    pub fn set_aside(folder: &Path) -> Result<PathBuf> {
        let failed = |cause: std::io::Error| {
            Error::new(ErrorKind::Io, "set aside", folder.join(FILE).display().to_string()).caused_by(cause)
        };
        let free =
            (1..MOST_DAMAGED).map(|n| folder.join(format!("{DAMAGED}{n}"))).find(|path| !path.exists());
        let aside = free.ok_or_else(|| failed(std::io::ErrorKind::AlreadyExists.into()))?;
        for end in ["-wal", "-shm", "-journal", ""] {
            let from = folder.join(format!("{FILE}{end}"));
            let mut to = aside.clone().into_os_string();
            to.push(end);
            if from.symlink_metadata().is_ok() {
                std::fs::rename(&from, &to).map_err(failed)?;
            }
        }
        Ok(aside)
    }
}

/// The command that replaces a damaged register with a new one.
pub(super) fn replacing(folder: &Path) -> String {
    command("add admin --role admin --replace-damaged", folder)
}

/// Sets the fact within the transaction that makes it true.
pub(super) fn set(work: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO fact (name, value) VALUES (?, ?)";
    work.execute(sql, params![FACT, now.nanos()]).map(drop)
}

fn is_set(conn: &Connection) -> rusqlite::Result<bool> {
    let found =
        conn.prepare_cached("SELECT 1 FROM fact WHERE name = ?")?.query_row([FACT], |_| Ok(())).optional()?;
    Ok(found.is_some())
}

/// Returns whether the marker exists. Any file type counts, and so does a marker that cannot be examined.
fn is_marked(folder: &Path) -> bool {
    match folder.join(MARKER).symlink_metadata() {
        Ok(_) => true,
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

fn write_marker(path: &Path, now: Timestamp) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        file => file?,
    };
    writeln!(
        file,
        "Access is required in this data folder since {now}.\n[access] mode = \"off\" switches it off."
    )?;
    file.sync_all()?;
    match path.parent().filter(|_| cfg!(unix)) {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Returns whether a user can log in.
fn gets_in(user: &User, issuer: bool, now: Timestamp) -> bool {
    let has_login = if user.oidc { issuer } else { !user.initial_is_over(now) };
    !user.disabled && !user.roles.is_empty() && has_login
}

fn command(what: &str, folder: &Path) -> String {
    format!("quipu users {what} --data-dir {}", quoted(&folder.display().to_string()))
}

/// Quotes a word for a POSIX shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use quipu_core::SystemClock;

    use super::*;
    use crate::{NewPassword, NewUser, Roles, UserChange};

    fn open(folder: &Path) -> Register {
        Register::open(folder, Arc::new(SystemClock)).unwrap()
    }

    fn add(register: &Register, name: &str, role: &str) {
        let password = crate::HashedPassword::of_new("correct horse battery", name).unwrap();
        let new = NewUser {
            name: name.into(),
            password: NewPassword::Own(password),
            roles: Roles::parse([role]).unwrap(),
        };
        register.add_user(&new).unwrap();
    }

    #[test]
    fn fact_and_marker_restore_each_other() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!open(folder.path()).is_required().unwrap());
        add(&open(folder.path()), "ada", "admin");
        let marker = folder.path().join(MARKER);
        std::fs::remove_file(&marker).unwrap();
        assert!(open(folder.path()).is_required().unwrap() && marker.is_file());
        std::fs::write(&marker, "").unwrap();
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("{FILE}{end}")));
        }
        let register = open(folder.path());
        assert!(register.is_required().unwrap() && !register.lets_in(true).unwrap());
    }

    #[test]
    fn a_register_of_before_with_users_requires_access_and_one_without_does_not() {
        for users in [0, 1] {
            let folder = tempfile::tempdir().unwrap();
            let register = open(folder.path());
            if users > 0 {
                add(&register, "ada", "viewer");
            }
            drop(register);
            let conn = Connection::open(folder.path().join(FILE)).unwrap();
            conn.execute_batch("DROP TABLE fact; PRAGMA user_version = 2").unwrap();
            drop(conn);
            let _ = std::fs::remove_file(folder.path().join(MARKER));
            assert_eq!(open(folder.path()).is_required().unwrap(), users > 0);
        }
    }

    #[test]
    fn the_remedy_fits_who_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let register = open(folder.path());
        let shown = quoted(&folder.path().display().to_string());
        assert_eq!(
            register.remedy().unwrap(),
            format!("quipu users add admin --role admin --data-dir {shown}")
        );
        add(&register, "admin", "viewer");
        assert!(register.remedy().unwrap().contains("add admin2 --role admin"));
        add(&register, "ada", "admin");
        register.change_user("ada", &UserChange { disabled: Some(true), ..UserChange::default() }).unwrap();
        assert!(register.remedy().unwrap().contains("set ada --enable"));
    }

    #[test]
    fn paths_are_quoted_as_a_shell_takes_them() {
        assert_eq!(quoted("/var/lib/quipu-1"), "/var/lib/quipu-1");
        assert_eq!(quoted("/a b/it's"), r"'/a b/it'\''s'");
    }
}
