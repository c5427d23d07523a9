//! Sessions of users in the register.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quipu_core::{Result, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::users::{User, user_of};
use super::{Register, RegisterError, from_sql};
use crate::secret::{self, Hashed};

/// Sessions of a user at most; a new one ends the session that was unused for longest.
const MOST: i64 = 50;
/// The precision of a session's last use, in nanoseconds.
const COARSE: i64 = 300 * Timestamp::SECOND;

/// The lifetime of sessions, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    /// Without use.
    pub idle: i64,
    /// In total.
    pub absolute: i64,
}

/// A session, for a look-up.
pub struct Session {
    pub user: Arc<User>,
    created: Timestamp,
    seen: Timestamp,
    /// Whether an update of the last use is in progress.
    noting: AtomicBool,
}

impl Session {
    /// Returns whether the session is valid.
    pub fn lasts(&self, now: Timestamp, sessions: Sessions) -> bool {
        !self.user.disabled
            && now.since(self.created) < sessions.absolute
            && now.since(self.seen) < sessions.idle
    }

    /// Returns whether the last use needs an update. At most one caller gets `true`.
    pub fn is_due(&self, now: Timestamp) -> bool {
        now.since(self.seen) >= COARSE && !self.noting.swap(true, Ordering::Relaxed)
    }
}

impl Register {
    /// Begins a new session and returns the value of its cookie, which is not stored. A cookie from before
    /// the login never becomes a session.
    pub(crate) fn begin_session(&self, user: &str, sessions: Sessions) -> Result<String, RegisterError> {
        let token = secret::token()?;
        let now = self.now().nanos();
        self.change(|work| {
            work.execute("DELETE FROM session WHERE created <= ?1 - ?2 OR seen <= ?1 - ?3", [now, sessions.absolute, sessions.idle])?;
            work.execute(
                "DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE user = ? ORDER BY seen DESC LIMIT -1 OFFSET ?)",
                params![user, MOST - 1],
            )?;
            work.execute(
                "INSERT INTO session (hash, user, created, seen) VALUES (?1, ?2, ?3, ?3)",
                params![Hashed::of(&token).as_bytes(), user, now],
            )?;
            work.execute("UPDATE user SET seen = ? WHERE name = ?", params![now, user])?;
            Ok(())
        })?;
        Ok(token)
    }

    pub(crate) fn look_up_session(&self, hash: &Hashed) -> Result<Option<Arc<Session>>> {
        self.is_in_place()?;
        self.0.look.lock().session(hash).map_err(from_sql)
    }

    pub(crate) fn note_session_used(&self, hash: &Hashed, now: Timestamp) -> Result<(), RegisterError> {
        self.change(|work| {
            work.execute(
                "UPDATE session SET seen = max(seen, ?) WHERE hash = ?",
                params![now.nanos(), hash.as_bytes()],
            )?;
            Ok(())
        })
    }

    pub(crate) fn end_session(&self, hash: &Hashed) -> Result<(), RegisterError> {
        self.change(|work| {
            work.execute("DELETE FROM session WHERE hash = ?", [hash.as_bytes()])?;
            Ok(())
        })
    }
}

pub fn find(conn: &Connection, hash: &Hashed) -> rusqlite::Result<Option<Session>> {
    let sql = "SELECT u.name, u.roles, u.issuer IS NOT NULL, u.disabled, u.created, u.seen, u.initial, s.created, s.seen \
        FROM session AS s JOIN user AS u ON u.name = s.user WHERE s.hash = ?";
    conn.prepare_cached(sql)?
        .query_row([hash.as_bytes()], |row| {
            Ok(Session {
                user: Arc::new(user_of(row)?),
                created: Timestamp::from_nanos(row.get(7)?),
                seen: Timestamp::from_nanos(row.get(8)?),
                noting: AtomicBool::new(false),
            })
        })
        .optional()
}
