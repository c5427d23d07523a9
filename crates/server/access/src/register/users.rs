//! Users in the register.

use quipu_core::{Result, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde::Serialize;

use super::names::{self, user_name};
use super::{Register, RegisterError, required};
use crate::grant::{Permission, Roles};
use crate::password::HashedPassword;

/// Users in a register at most.
const MOST: usize = 10_000;
const COLUMNS: &str = "name, roles, issuer IS NOT NULL, disabled, created, seen, initial";
/// How long an initial password is valid.
const INITIAL_HOLDS: i64 = 7 * Timestamp::DAY;

/// A user without the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// The name, in lower case.
    pub name: String,
    /// The user's rights.
    pub roles: Roles,
    /// Whether the user logs in by OpenID Connect and so has no password.
    pub oidc: bool,
    /// Whether the user is disabled.
    pub disabled: bool,
    /// When the user was made.
    pub created: Timestamp,
    /// The last login.
    pub seen: Option<Timestamp>,
    /// When another person set the password, which the user then has to change first. `None`: the user chose
    /// it, or has none.
    pub initial: Option<Timestamp>,
}

impl User {
    /// Returns when an initial password expires: seven days after it was set.
    pub fn initial_until(&self) -> Option<Timestamp> {
        self.initial.map(|since| since.plus(INITIAL_HOLDS))
    }

    /// Returns whether the password is an initial one and has expired.
    pub(crate) fn initial_is_over(&self, now: Timestamp) -> bool {
        self.initial_until().is_some_and(|until| until <= now)
    }
}

/// A new password of a user.
#[derive(Debug, Clone)]
pub enum NewPassword {
    /// The user chose it.
    Own(HashedPassword),
    /// Another person chose it. It is valid for seven days, and only for choosing another one.
    Initial(HashedPassword),
}

impl NewPassword {
    /// The word for it in the audit log.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Own(_) => "own",
            Self::Initial(_) => "initial",
        }
    }
}

/// A user to create.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// 1 to 64 characters of letters, digits and `._@+-`, case-insensitive.
    pub name: String,
    /// The password to log in with.
    pub password: NewPassword,
    /// The user's rights.
    pub roles: Roles,
}

/// A change of a user; `None` keeps a value.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The user's rights.
    pub roles: Option<Roles>,
    /// A new password. It ends every session of the user.
    pub password: Option<NewPassword>,
    /// Whether the user is disabled. Disabling ends every session of the user.
    pub disabled: Option<bool>,
}

/// An identity that an issuer confirmed.
#[derive(Debug, Clone)]
pub struct Issued {
    pub issuer: String,
    pub subject: String,
    /// The name for a new user.
    pub name: String,
    /// The roles from the issuer's groups.
    pub roles: Roles,
}

/// A user and the stored password, for a login.
pub struct Identified {
    pub user: User,
    /// `None`: the user has no password.
    pub password: Option<HashedPassword>,
}

impl Register {
    /// Creates a user. From then on access is required in this data folder.
    ///
    /// # Errors
    /// The name is invalid or taken, the user has no role, or the register is full.
    pub fn add_user(&self, new: &NewUser) -> Result<User, RegisterError> {
        let name = user_name(&new.name)?;
        if new.roles.is_empty() {
            return Err(RegisterError::Bad(
                "a user needs at least one role of viewer, editor and admin".into(),
            ));
        }
        let now = self.now();
        self.change(|work| {
            insert(work, &name, &new.roles, now)?;
            required::set(work, now)?;
            set_password(work, &name, &new.password, now)
        })?;
        self.mark();
        self.user(&name)
    }

    /// Returns all users in the order of their names.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn users(&self) -> Result<Vec<User>> {
        self.read(|conn| {
            conn.prepare_cached(&format!("SELECT {COLUMNS} FROM user ORDER BY name"))?
                .query_map([], user_of)?
                .collect()
        })
    }

    /// Returns one user.
    ///
    /// # Errors
    /// No user has this name.
    pub fn user(&self, name: &str) -> Result<User, RegisterError> {
        let name = user_name(name).map_err(|_| missing(name))?;
        self.read(|conn| find(conn, &name))?.ok_or_else(|| missing(&name))
    }

    /// Changes a user. A new password and disabling end every session of the user.
    ///
    /// # Errors
    /// No user has this name, a user of an issuer would get a password, or no role would remain.
    pub fn change_user(&self, name: &str, change: &UserChange) -> Result<User, RegisterError> {
        let was = self.user(name)?;
        if was.oidc && change.password.is_some() {
            return Err(RegisterError::Bad(format!(
                "{} logs in by OpenID Connect and has no password here",
                was.name
            )));
        }
        if change.roles.as_ref().is_some_and(Roles::is_empty) {
            return Err(RegisterError::Bad(
                "a user needs at least one role; disable the user instead".into(),
            ));
        }
        let now = self.now();
        self.change(|work| apply(work, &was.name, change, now))?;
        self.user(&was.name)
    }

    /// Removes a user and every session.
    ///
    /// # Errors
    /// No user has this name.
    pub fn remove_user(&self, name: &str) -> Result<(), RegisterError> {
        let name = self.user(name)?.name;
        self.change(|work| match work.execute("DELETE FROM user WHERE name = ?", [&name])? {
            0 => Err(missing(&name)),
            _ => Ok(()),
        })
    }

    /// Returns the user of a name and the password; `None` if there is no such user.
    pub(crate) fn identify(&self, name: &str) -> Result<Option<Identified>> {
        let Ok(name) = user_name(name) else { return Ok(None) };
        self.read(|conn| {
            let Some(user) = find(conn, &name)? else { return Ok(None) };
            let sql = "SELECT password FROM user WHERE name = ?";
            let password: Option<String> = conn.query_row(sql, [&name], |row| row.get(0))?;
            Ok(Some(Identified { user, password: password.map(HashedPassword::from_stored) }))
        })
    }

    /// Returns the user of a confirmed identity, created at the first login. A new identity without a role
    /// gives `None` and is not stored, because strangers known to the issuer could fill the register.
    ///
    /// # Errors
    /// The register is full.
    pub(crate) fn know(&self, issued: &Issued) -> Result<Option<User>, RegisterError> {
        let now = self.now();
        let name = self.change(|work| {
            let sql = "SELECT name FROM user WHERE issuer = ? AND subject = ?";
            let known: Option<String> =
                work.query_row(sql, [&issued.issuer, &issued.subject], |row| row.get(0)).optional()?;
            let name = match known {
                Some(name) => name,
                None if issued.roles.is_empty() => return Ok(None),
                None => introduce(work, issued, now)?,
            };
            work.execute("UPDATE user SET roles = ? WHERE name = ?", params![json(&issued.roles), name])?;
            Ok(Some(name))
        })?;
        name.map(|name| self.user(&name)).transpose()
    }

    /// Returns whether a valid user or key has the permission `admin` in every project.
    pub(crate) fn has_admin(&self) -> Result<bool> {
        let now = self.now();
        let user = |user: &User| {
            !user.disabled && !user.initial_is_over(now) && user.roles.give_everywhere(Permission::Admin)
        };
        let key = |key: &super::Key| {
            key.ended(now).is_none() && key.project.is_none() && key.scopes.give(Permission::Admin)
        };
        Ok(self.users()?.iter().any(user) || self.keys()?.iter().any(key))
    }
}

fn insert(work: &Transaction<'_>, name: &str, roles: &Roles, now: Timestamp) -> Result<(), RegisterError> {
    let there: i64 = work.query_row("SELECT count(*) FROM user", [], |row| row.get(0))?;
    if there >= MOST as i64 {
        return Err(RegisterError::Full("users", MOST));
    }
    if find(work, name)?.is_some() {
        return Err(RegisterError::Taken("user", name.to_owned()));
    }
    let sql = "INSERT INTO user (name, roles, created) VALUES (?, ?, ?)";
    work.execute(sql, params![name, json(roles), now.nanos()])?;
    Ok(())
}

/// Creates the user of a confirmed identity.
fn introduce(work: &Transaction<'_>, issued: &Issued, now: Timestamp) -> Result<String, RegisterError> {
    let mut free = Err(RegisterError::Taken("user", issued.name.chars().take(names::LONGEST).collect()));
    for name in names::of_issued(issued) {
        if find(work, &name)?.is_none() {
            free = Ok(name);
            break;
        }
    }
    let name = free?;
    insert(work, &name, &Roles::default(), now)?;
    let sql = "UPDATE user SET issuer = ?, subject = ? WHERE name = ?";
    work.execute(sql, params![issued.issuer, issued.subject, name])?;
    Ok(name)
}

fn set_password(
    work: &Transaction<'_>,
    name: &str,
    password: &NewPassword,
    now: Timestamp,
) -> Result<(), RegisterError> {
    let (hash, initial) = match password {
        NewPassword::Own(hash) => (hash, None),
        NewPassword::Initial(hash) => (hash, Some(now.nanos())),
    };
    let sql = "UPDATE user SET password = ?, initial = ? WHERE name = ?";
    work.execute(sql, params![hash.as_str(), initial, name])?;
    Ok(())
}

fn apply(
    work: &Transaction<'_>,
    name: &str,
    change: &UserChange,
    now: Timestamp,
) -> Result<(), RegisterError> {
    if let Some(roles) = &change.roles {
        work.execute("UPDATE user SET roles = ? WHERE name = ?", params![json(roles), name])?;
    }
    if let Some(password) = &change.password {
        set_password(work, name, password, now)?;
    }
    if let Some(disabled) = change.disabled {
        work.execute("UPDATE user SET disabled = ? WHERE name = ?", params![disabled, name])?;
    }
    if change.password.is_some() || change.disabled == Some(true) {
        work.execute("DELETE FROM session WHERE user = ?", [name])?;
    }
    Ok(())
}

fn missing(name: &str) -> RegisterError {
    RegisterError::Missing("user", name.chars().take(names::LONGEST).collect())
}

fn json(roles: &Roles) -> String {
    serde_json::to_string(roles).unwrap_or_else(|_| "{}".into())
}

fn find(conn: &Connection, name: &str) -> rusqlite::Result<Option<User>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM user WHERE name = ?"))?
        .query_row([name], user_of)
        .optional()
}

pub fn user_of(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        name: row.get(0)?,
        // Roles that this build cannot read grant nothing.
        roles: serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default(),
        oidc: row.get(2)?,
        disabled: row.get(3)?,
        created: Timestamp::from_nanos(row.get(4)?),
        seen: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_nanos),
        initial: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_nanos),
    })
}
