//! Keys of programs in the register.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quipu_core::{Result, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::{Register, RegisterError, from_sql};
use crate::grant::{Scopes, check_project};
use crate::secret::{Hashed, KeyText};

/// Keys in a register at most, including revoked ones.
const MOST: usize = 10_000;
/// The maximum length of a name, in characters.
const NAME: usize = 80;
/// The precision of a key's last use, in nanoseconds. An exact time would cost one disk flush for each
/// request.
const COARSE: i64 = Timestamp::HOUR;
const COLUMNS: &str = "id, name, project, scopes, created, created_by, expires, revoked, used";

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The public id within the key's text.
    pub id: String,
    /// The name.
    pub name: String,
    /// Its project; `None`: every project.
    pub project: Option<String>,
    /// Its rights.
    pub scopes: Scopes,
    /// When it was made.
    pub created: Timestamp,
    /// The creator, as `kind:name`.
    pub created_by: String,
    /// When it expires.
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// When it was last used, to the hour.
    pub used: Option<Timestamp>,
}

impl Key {
    /// Returns why the key is no longer valid; `None` if it is valid.
    pub fn ended(&self, now: Timestamp) -> Option<&'static str> {
        match (self.revoked, self.expires) {
            (Some(_), _) => Some("revoked"),
            (None, Some(expires)) if expires <= now => Some("expired"),
            _ => None,
        }
    }
}

/// A key to create.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The name: 1 to 80 characters.
    pub name: String,
    /// Its project; `None`: every project.
    pub project: Option<String>,
    /// Its rights; at least one.
    pub scopes: Scopes,
    /// When it expires.
    pub expires: Option<Timestamp>,
    /// The creator, as `kind:name`.
    pub created_by: String,
}

/// A key with the hash of its secret, for a look-up.
pub struct StoredKey {
    pub key: Key,
    pub hash: Hashed,
    /// Whether an update of the last use is in progress.
    noting: AtomicBool,
}

impl StoredKey {
    /// Returns whether the last use needs an update. At most one caller gets `true`.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.key.used.is_none_or(|used| now.since(used) >= COARSE)
            && !self.noting.swap(true, Ordering::Relaxed)
    }
}

impl Register {
    /// Creates a key. Its text is not stored; this call is the only one that returns it.
    ///
    /// # Errors
    /// The name, project or scopes are invalid, the key would already have expired, or the register is full.
    pub fn add_key(&self, new: &NewKey) -> Result<(Key, KeyText), RegisterError> {
        let now = self.now();
        check(new, now)?;
        let text = KeyText::make()?;
        let key = Key {
            id: text.id().to_owned(),
            name: new.name.clone(),
            project: new.project.clone(),
            scopes: new.scopes.clone(),
            created: now,
            created_by: new.created_by.clone(),
            expires: new.expires,
            revoked: None,
            used: None,
        };
        self.change(|work| {
            let there: i64 = work.query_row("SELECT count(*) FROM key", [], |row| row.get(0))?;
            if there >= MOST as i64 {
                return Err(RegisterError::Full("keys", MOST));
            }
            work.execute(
                "INSERT INTO key (id, hash, name, project, scopes, created, created_by, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    key.id,
                    Hashed::of(text.expose()).as_bytes(),
                    key.name,
                    key.project,
                    key.scopes.to_string(),
                    key.created.nanos(),
                    key.created_by,
                    key.expires.map(Timestamp::nanos)
                ],
            )?;
            Ok(())
        })?;
        Ok((key, text))
    }

    /// Returns all keys, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn keys(&self) -> Result<Vec<Key>> {
        self.read(|conn| {
            conn.prepare_cached(&format!("SELECT {COLUMNS} FROM key ORDER BY created DESC, id"))?
                .query_map([], key_of)?
                .collect()
        })
    }

    /// Returns one key.
    ///
    /// # Errors
    /// No key has this id.
    pub fn key(&self, id: &str) -> Result<Key, RegisterError> {
        match self.read(|conn| find(conn, id))? {
            Some(found) => Ok(found.key),
            None => Err(missing(id)),
        }
    }

    /// Revokes a key at once and for good. A key that was revoked before keeps its date.
    ///
    /// # Errors
    /// No key has this id.
    pub fn revoke_key(&self, id: &str) -> Result<Key, RegisterError> {
        let now = self.now().nanos();
        self.change(|work| {
            match work
                .execute("UPDATE key SET revoked = coalesce(revoked, ?) WHERE id = ?", params![now, id])?
            {
                0 => Err(missing(id)),
                _ => Ok(()),
            }
        })?;
        self.key(id)
    }

    pub(crate) fn look_up_key(&self, id: &str) -> Result<Option<Arc<StoredKey>>> {
        self.is_in_place()?;
        self.0.look.lock().key(id).map_err(from_sql)
    }

    pub(crate) fn note_key_used(&self, id: &str, now: Timestamp) -> Result<(), RegisterError> {
        let before = now.plus(-COARSE).nanos();
        self.change(|work| {
            let sql = "UPDATE key SET used = ?1 WHERE id = ?2 AND (used IS NULL OR used <= ?3)";
            work.execute(sql, params![now.nanos(), id, before])?;
            Ok(())
        })
    }
}

fn check(new: &NewKey, now: Timestamp) -> Result<(), RegisterError> {
    if new.name.trim().is_empty() || new.name.chars().count() > NAME || new.name.chars().any(is_unseen) {
        return Err(RegisterError::Bad(format!("a key needs a name of 1 to {NAME} characters")));
    }
    if new.scopes.is_empty() {
        return Err(RegisterError::Bad("a key needs at least one scope of ingest, read and admin".into()));
    }
    if new.expires.is_some_and(|expires| expires <= now) {
        return Err(RegisterError::Bad("a key's expiry must be in the future".into()));
    }
    Ok(new.project.as_deref().map_or(Ok(()), check_project)?)
}

/// Characters that could make one name look like another: control characters, line separators, joiners and
/// direction marks (Unicode TR 36, section 2.5).
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn missing(id: &str) -> RegisterError {
    RegisterError::Missing("key", id.chars().take(NAME).collect())
}

pub fn find(conn: &Connection, id: &str) -> rusqlite::Result<Option<StoredKey>> {
    let sql = format!("SELECT {COLUMNS}, hash FROM key WHERE id = ?");
    let found = conn
        .prepare_cached(&sql)?
        .query_row([id], |row| Ok((key_of(row)?, row.get::<_, Vec<u8>>(9)?)))
        .optional()?;
    // A hash of another length is invalid and admits no request.
    Ok(found.and_then(|(key, hash)| {
        Some(StoredKey { key, hash: Hashed::from_stored(&hash)?, noting: AtomicBool::new(false) })
    }))
}

fn key_of(row: &Row<'_>) -> rusqlite::Result<Key> {
    let time = |at: usize| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(at)?.map(Timestamp::from_nanos))
    };
    Ok(Key {
        id: row.get(0)?,
        name: row.get(1)?,
        project: row.get(2)?,
        // A scope that this build does not know grants nothing.
        scopes: row.get::<_, String>(3)?.parse().unwrap_or_default(),
        created: Timestamp::from_nanos(row.get(4)?),
        created_by: row.get(5)?,
        expires: time(6)?,
        revoked: time(7)?,
        used: time(8)?,
    })
}
