//! Groups of notices that have begun, and acknowledgement links, in the alert file.

use std::collections::BTreeMap;

use quipu_core::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::AlertFile;
use crate::quiet::Silence;
use crate::{AlertError, Notice};

use super::outbox::Waiting;

/// The time from which the messages of a group are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupBegin {
    /// The first message of the group; if it is over, the earliest time of the next first message.
    pub base: Timestamp,
    /// Whether all its episodes ended.
    pub is_over: bool,
}

/// A change of a group of notices of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flush {
    pub channel: String,
    pub key: String,
    pub begin: GroupBegin,
}

/// An open episode whose begin a channel was told.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// Its latest notice that was sent.
    pub id: i64,
    pub channel: String,
    pub notice: Notice,
    pub is_acknowledged: bool,
}

/// What a delivery has to know.
#[derive(Debug)]
pub(crate) struct Picture {
    pub waiting: Vec<Waiting>,
    pub told: Vec<Told>,
    pub silences: Vec<Silence>,
    pub groups: BTreeMap<(String, String), GroupBegin>,
}

impl Picture {
    pub(crate) fn read(file: &AlertFile) -> Result<Self, AlertError> {
        let groups = file.rows("SELECT channel, grp, base_at, is_over FROM notice_groups", |row| {
            let base = Timestamp::from_nanos(row.get(2)?);
            Ok(((row.get(0)?, row.get(1)?), GroupBegin { base, is_over: row.get(3)? }))
        })?;
        Ok(Self {
            waiting: file.waiting()?,
            told: file.told()?,
            silences: file.silences()?,
            groups: groups.into_iter().collect(),
        })
    }
}

pub(super) fn note(work: &Transaction<'_>, flush: &Flush) -> rusqlite::Result<()> {
    let Flush { channel, key, begin: GroupBegin { base, is_over } } = flush;
    let sql = "INSERT OR REPLACE INTO notice_groups (channel, grp, base_at, is_over) VALUES (?1, ?2, ?3, ?4)";
    work.execute(sql, params![channel, key, base.nanos(), is_over]).map(drop)
}

impl AlertFile {
    /// Open episodes by channel that was told their begin.
    pub(crate) fn told(&self) -> Result<Vec<Told>, AlertError> {
        let sql = "SELECT MAX(n.id), n.channel, e.body, e.ack_at IS NOT NULL
            FROM episodes e JOIN notices n ON n.episode = e.id
            WHERE e.ended_at IS NULL AND n.status = 'firing' AND n.state = 'sent'
            GROUP BY n.episode, n.channel ORDER BY 1";
        let rows = self.rows(sql, |row| {
            let body: String = row.get(2)?;
            let Ok(notice) = serde_json::from_str(&body) else { return Ok(None) };
            Ok(Some(Told { id: row.get(0)?, channel: row.get(1)?, notice, is_acknowledged: row.get(3)? }))
        })?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// The key of acknowledgement links; `new` is stored if there is none.
    pub(crate) fn link_key(&mut self, new: &[u8]) -> Result<Vec<u8>, AlertError> {
        self.change(|work| {
            work.execute("INSERT OR IGNORE INTO secrets (name, value) VALUES ('ack_links', ?1)", [new])?;
            work.query_row("SELECT value FROM secrets WHERE name = 'ack_links'", [], |row| row.get(0))
        })
    }

    /// Whether a link was used.
    pub(crate) fn is_used(&self, nonce: &[u8]) -> Result<bool, AlertError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM used_links WHERE nonce = ?1)";
        self.conn.query_row(sql, [nonce], |row| row.get(0)).map_err(|cause| self.told_error(cause))
    }

    /// Marks a link as used; `false` if it was used before.
    pub(crate) fn use_token(&mut self, nonce: &[u8], expires_at: Timestamp) -> Result<bool, AlertError> {
        let sql = "INSERT OR IGNORE INTO used_links (nonce, expires_at) VALUES (?1, ?2)";
        self.change(|work| Ok(work.execute(sql, params![nonce, expires_at.nanos()])? > 0))
    }

    /// Latest notice of an open episode.
    pub(crate) fn open_notice(&self, id: &str) -> Result<Option<Notice>, AlertError> {
        let sql = "SELECT body FROM episodes WHERE id = ?1 AND ended_at IS NULL";
        let found = self.conn.query_row(sql, [id], |row| row.get::<_, String>(0)).optional();
        let found = found.map_err(|cause| self.told_error(cause))?;
        Ok(found.and_then(|body| serde_json::from_str(&body).ok()))
    }

    /// Open episodes of a rule with their begin.
    pub(crate) fn open_of(&self, rule: &str) -> Result<Vec<(Notice, Timestamp)>, AlertError> {
        let run = || -> rusqlite::Result<Vec<(String, i64)>> {
            let sql = "SELECT body, started_at FROM episodes WHERE rule = ?1 AND ended_at IS NULL";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            self.conn.prepare_cached(sql)?.query_map([rule], read)?.collect()
        };
        let rows = run().map_err(|cause| self.told_error(cause))?;
        let read =
            |(body, at): (String, i64)| Some((serde_json::from_str(&body).ok()?, Timestamp::from_nanos(at)));
        Ok(rows.into_iter().filter_map(read).collect())
    }
}
