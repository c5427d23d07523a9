//! Sessions: people who are in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use quipu_core::{Result, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::users::{User, user_of};
use super::{Register, RegisterError, from_sql};
use crate::secret::{self, Hashed};

/// Sessions that a user has at most; the one that was not used for longest ends for a new one.
const MOST: i64 = 50;
/// When a session was last used is known to so many nanoseconds.
const COARSE: i64 = 300 * Timestamp::SECOND;

/// How long sessions last, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub struct Sessions {
    /// Without use.
    pub idle: i64,
    /// At all.
    pub absolute: i64,
}

/// A session as it is looked up.
pub struct Session {
    pub user: Arc<User>,
    created: Timestamp,
    seen: Timestamp,
    /// Whether somebody is noting its use right now.
    noting: AtomicBool,
}

impl Session {
    /// Whether it still lets its user in.
    pub fn lasts(&self, now: Timestamp, sessions: Sessions) -> bool {
        !self.user.disabled
            && now.since(self.created) < sessions.absolute
            && now.since(self.seen) < sessions.idle
    }

    /// Whether its use is to be noted, and nobody does so already.
    pub fn is_due(&self, now: Timestamp) -> bool {
        now.since(self.seen) >= COARSE && !self.noting.swap(true, Ordering::Relaxed)
    }
}

impl Register {
    /// Begins a session; gives the cookie's value, which is not stored. Always a new one: what a browser brought along before it
    /// logged in is never made a session.
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
