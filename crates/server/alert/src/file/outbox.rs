//! The outbox in the alert file: notices from the change that causes them to their delivery.

use quipu_core::Timestamp;
use rusqlite::{Transaction, params};

use super::links::{self, Flush};
use super::{AlertFile, json};
use crate::actions::PREFIX;
use crate::{AlertError, Notice};

/// A notice that was not delivered yet.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub id: i64,
    pub channel: String,
    pub notice: Notice,
    /// When the first notice of the episode since the last one that was sent was created.
    pub created_at: Timestamp,
    pub next_at: Timestamp,
    pub attempts: u32,
    /// Whether a silence or an inhibition holds it.
    pub is_held: bool,
    /// Whether the channel was told the begin of the episode.
    pub was_told: bool,
}

/// Result of an attempt.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Sent,
    /// Sent again in a later message of its group.
    Again,
    /// The time of its group.
    Wait(Timestamp),
    /// Next attempt and the reason.
    Later(Timestamp, String),
    /// Given up, for this reason.
    Dead(String),
    /// Another notice of the episode replaced it.
    Superseded,
    /// A silence or an inhibition holds it until this time at least.
    Held(Timestamp, String),
    /// The episode ended while the notice was held.
    Silenced,
}

/// Note of notices that are held.
const HELD: &str = "held: ";

pub(super) fn put(
    work: &Transaction<'_>,
    channel: &str,
    notice: &Notice,
    now: Timestamp,
    next_at: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO notices (episode, rule, channel, status, body, created_at, next_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    work.prepare_cached(sql)?
        .execute(params![
            notice.episode,
            notice.rule,
            channel,
            notice.status.as_str(),
            json(notice),
            now.nanos(),
            next_at.nanos(),
        ])
        .map(drop)
}

impl AlertFile {
    /// Whether the time of a waiting notice has come.
    pub(crate) fn has_due(&self, now: Timestamp) -> Result<bool, AlertError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM notices WHERE state = 'waiting' AND next_at <= ?1)";
        let run = || self.conn.prepare_cached(sql)?.query_row([now.nanos()], |row| row.get(0));
        run().map_err(|cause| self.told_error(cause))
    }

    /// All notices that wait, in the order of their causes.
    pub(crate) fn waiting(&self) -> Result<Vec<Waiting>, AlertError> {
        let sql = "SELECT id, channel, body,
                COALESCE((SELECT MIN(u.created_at) FROM notices u
                    WHERE u.episode = n.episode AND u.channel = n.channel
                    AND u.state IN ('waiting', 'superseded') AND u.id > COALESCE((
                        SELECT MAX(s.id) FROM notices s WHERE s.episode = n.episode
                            AND s.channel = n.channel AND s.state = 'sent'), 0)), created_at),
                next_at, attempts, note, EXISTS (
                SELECT 1 FROM notices s WHERE s.episode = n.episode AND s.channel = n.channel
                    AND s.status = 'firing' AND s.state = 'sent')
            FROM notices n WHERE state = 'waiting' ORDER BY id";
        let rows = self.rows(sql, |row| {
            let body: String = row.get(2)?;
            let note: Option<String> = row.get(6)?;
            let Ok(notice) = serde_json::from_str(&body) else { return Ok(None) };
            Ok(Some(Waiting {
                id: row.get(0)?,
                channel: row.get(1)?,
                notice,
                created_at: Timestamp::from_nanos(row.get(3)?),
                next_at: Timestamp::from_nanos(row.get(4)?),
                attempts: row.get(5)?,
                is_held: note.is_some_and(|note| note.starts_with(HELD)),
                was_told: row.get(7)?,
            }))
        })?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Notes results, and adds notices for fallback channels.
    pub(crate) fn settle(
        &mut self,
        outcomes: &[(i64, Outcome)],
        fallback: &[(String, Notice)],
        flushes: &[Flush],
        now: Timestamp,
    ) -> Result<(), AlertError> {
        self.change(|work| {
            for (id, outcome) in outcomes {
                settle_one(work, *id, outcome, now)?;
            }
            flushes.iter().try_for_each(|flush| links::note(work, flush))?;
            fallback.iter().try_for_each(|(channel, notice)| put(work, channel, notice, now, now))
        })
    }

    /// Adds notices outside an evaluation.
    pub(crate) fn enqueue(&mut self, notices: &[(String, Notice)], now: Timestamp) -> Result<(), AlertError> {
        self.settle(&[], notices, &[], now)
    }

    /// Channels of each open, unacknowledged episode whose last firing notice was sent at or before `until`,
    /// and which have no waiting notice; with that notice and time.
    pub(crate) fn to_repeat(&self, until: Timestamp) -> Result<Vec<(String, Notice, Timestamp)>, AlertError> {
        let sql =
            "SELECT n.channel, e.body, MAX(n.sent_at) FROM notices n JOIN episodes e ON e.id = n.episode
            WHERE e.ended_at IS NULL AND e.ack_at IS NULL AND n.status = 'firing'
            GROUP BY n.episode, n.channel
            HAVING SUM(n.state = 'waiting') = 0 AND MAX(n.sent_at) IS NOT NULL AND MAX(n.sent_at) <= ?1";
        let run = || -> rusqlite::Result<Vec<(String, String, i64)>> {
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            self.conn.prepare_cached(sql)?.query_map([until.nanos()], read)?.collect()
        };
        let rows = run().map_err(|cause| self.told_error(cause))?;
        Ok(rows
            .into_iter()
            .filter_map(|(channel, body, at)| {
                Some((channel, serde_json::from_str(&body).ok()?, Timestamp::from_nanos(at)))
            })
            .collect())
    }

    /// Channels that have had a notice about an episode.
    pub(crate) fn told_channels(&self, episode: &str) -> Result<Vec<String>, AlertError> {
        let run = || -> rusqlite::Result<Vec<String>> {
            let sql = "SELECT DISTINCT channel FROM notices WHERE episode = ?1";
            self.conn.prepare_cached(sql)?.query_map([episode], |row| row.get(0))?.collect()
        };
        run().map_err(|cause| self.told_error(cause))
    }

    /// Channels that know of an episode or will: a channel that rejected all notices about it does not get
    /// its end, because the fallback has taken over. An action always gets it, to take back what it did.
    pub(crate) fn reached_channels(&self, episode: &str) -> Result<Vec<String>, AlertError> {
        let run = || -> rusqlite::Result<Vec<String>> {
            let sql = "SELECT DISTINCT channel FROM notices WHERE episode = ?1 AND (state <> 'dead' OR channel GLOB ?2)";
            let actions = format!("{PREFIX}*");
            self.conn.prepare_cached(sql)?.query_map([episode, &actions], |row| row.get(0))?.collect()
        };
        run().map_err(|cause| self.told_error(cause))
    }
}

fn settle_one(work: &Transaction<'_>, id: i64, outcome: &Outcome, now: Timestamp) -> rusqlite::Result<()> {
    let now = now.nanos();
    match outcome {
        Outcome::Sent => work.execute(
            "UPDATE notices SET state = 'sent', sent_at = ?2, attempts = attempts + 1, note = NULL WHERE id = ?1",
            params![id, now],
        ),
        Outcome::Again => work.execute("UPDATE notices SET sent_at = ?2 WHERE id = ?1", params![id, now]),
        Outcome::Wait(at) => work.execute(
            "UPDATE notices SET next_at = ?2, note = NULL WHERE id = ?1",
            params![id, at.nanos()],
        ),
        Outcome::Later(at, why) => work.execute(
            "UPDATE notices SET next_at = ?2, attempts = attempts + 1, note = ?3 WHERE id = ?1",
            params![id, at.nanos(), why],
        ),
        Outcome::Dead(why) => work.execute(
            "UPDATE notices SET state = 'dead', attempts = attempts + 1, note = ?2 WHERE id = ?1",
            params![id, why],
        ),
        Outcome::Superseded => work.execute("UPDATE notices SET state = 'superseded' WHERE id = ?1", [id]),
        Outcome::Held(at, why) => work.execute(
            "UPDATE notices SET next_at = ?2, note = ?3 WHERE id = ?1",
            params![id, at.nanos(), format!("{HELD}{why}")],
        ),
        Outcome::Silenced => work.execute("UPDATE notices SET state = 'silenced' WHERE id = ?1", [id]),
    }
    .map(drop)
}
