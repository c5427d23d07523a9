//! Episodes in the alert file: their history, acknowledgements, and those that are open.

use quipu_core::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{AlertFile, EpisodeChange, json};
use crate::answers::{EpisodeRow, HistoryAsk, NoticeRow};
use crate::{AlertError, Notice};

pub(super) fn put(work: &Transaction<'_>, change: &EpisodeChange) -> rusqlite::Result<()> {
    let sql = "INSERT INTO episodes (id, rule, grp, severity, state, started_at, ended_at, peak, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (id) DO UPDATE SET severity = ?4, state = ?5, ended_at = ?7, peak = ?8, body = ?9";
    let notice = &change.notice;
    work.execute(
        sql,
        params![
            notice.episode,
            notice.rule,
            change.grp,
            notice.severity.as_str(),
            notice.status.as_str(),
            change.started_at.nanos(),
            change.ended_at.map(Timestamp::nanos),
            change.peak,
            json(notice),
        ],
    )
    .map(drop)
}

impl AlertFile {
    /// Episodes, the latest first, with their notices.
    pub(crate) fn history(&self, ask: &HistoryAsk) -> Result<Vec<EpisodeRow>, AlertError> {
        let sql = "SELECT id, rule, grp, severity, state, started_at, ended_at, peak, ack_by, ack_at, body
            FROM episodes
            WHERE (?1 IS NULL OR rule = ?1) AND (?2 IS NULL OR started_at >= ?2)
                AND (?3 IS NULL OR started_at < ?3) AND (?4 IS NULL OR state = ?4)
                AND (?6 IS NULL OR id IN (SELECT episode FROM incident_episodes WHERE incident = ?6))
            ORDER BY started_at DESC, id LIMIT ?5";
        let time = |at: Option<i64>| at.map(|at| Timestamp::from_nanos(at).to_string());
        let read = |row: &rusqlite::Row<'_>| {
            let body: Option<Notice> = serde_json::from_str(&row.get::<_, String>(10)?).ok();
            Ok(EpisodeRow {
                id: row.get(0)?,
                rule: row.get(1)?,
                group: serde_json::from_str(&row.get::<_, String>(2)?).unwrap_or_default(),
                severity: row.get(3)?,
                state: row.get(4)?,
                started_at: Timestamp::from_nanos(row.get(5)?).to_string(),
                ended_at: time(row.get(6)?),
                peak: row.get(7)?,
                threshold: body.as_ref().map_or(0.0, |body| body.threshold),
                traces: body.map(|body| body.traces).unwrap_or_default(),
                acknowledged_by: row.get(8)?,
                acknowledged_at: time(row.get(9)?),
                notices: Vec::new(),
            })
        };
        let run = || -> rusqlite::Result<Vec<EpisodeRow>> {
            let limit = i64::try_from(ask.limit).unwrap_or(i64::MAX);
            let since = ask.since.map(Timestamp::nanos);
            let until = ask.until.map(Timestamp::nanos);
            let all = params![ask.rule, since, until, ask.state, limit, ask.incident];
            let mut rows: Vec<EpisodeRow> =
                self.conn.prepare_cached(sql)?.query_map(all, read)?.collect::<rusqlite::Result<_>>()?;
            let mut notices = self.conn.prepare_cached(
                "SELECT channel, status, state, created_at, sent_at, note FROM notices WHERE episode = ?1 ORDER BY id",
            )?;
            for row in &mut rows {
                let read = |notice: &rusqlite::Row<'_>| {
                    let at: Option<i64> = notice.get(4)?;
                    Ok(NoticeRow {
                        channel: notice.get(0)?,
                        reason: notice.get(1)?,
                        status: notice.get(2)?,
                        at: Timestamp::from_nanos(at.map_or_else(|| notice.get(3), Ok)?).to_string(),
                        note: notice.get(5)?,
                    })
                };
                row.notices = notices.query_map([&row.id], read)?.collect::<rusqlite::Result<_>>()?;
            }
            Ok(rows)
        };
        run().map_err(|cause| self.told_error(cause))
    }

    /// Acknowledges an open episode, and returns its latest notice with the channels that had one; `None` if
    /// no episode of this id is open.
    pub(crate) fn acknowledge(
        &mut self,
        id: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<(Notice, Vec<String>)>, AlertError> {
        let sql =
            "UPDATE episodes SET ack_by = ?2, ack_at = ?3 WHERE id = ?1 AND ended_at IS NULL RETURNING body";
        self.change(|work| {
            let body = work.query_row(sql, params![id, by, now.nanos()], |row| row.get::<_, String>(0));
            let Some(body) = body.optional()? else { return Ok(None) };
            let mut channels = work.prepare("SELECT DISTINCT channel FROM notices WHERE episode = ?1")?;
            let channels =
                channels.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
            Ok(serde_json::from_str(&body).ok().map(|notice| (notice, channels)))
        })
    }

    /// Latest notice of an episode; `None` for an unknown id.
    pub(crate) fn notice_of(&self, id: &str) -> Result<Option<Notice>, AlertError> {
        let read = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let found = self.conn.query_row("SELECT body FROM episodes WHERE id = ?1", [id], read).optional();
        let found = found.map_err(|cause| self.told_error(cause))?;
        Ok(found.and_then(|body| serde_json::from_str(&body).ok()))
    }

    /// Ends an episode as resolved.
    pub(crate) fn end_episode(&mut self, notice: &Notice, now: Timestamp) -> Result<(), AlertError> {
        let sql = "UPDATE episodes SET state = 'resolved', ended_at = ?2, body = ?3 WHERE id = ?1";
        self.change(|work| work.execute(sql, params![notice.episode, now.nanos(), json(notice)]).map(drop))
    }

    /// Open episodes without acknowledgement: id, rule and start.
    pub(crate) fn unacknowledged(&self) -> Result<Vec<(String, String, Timestamp)>, AlertError> {
        let sql = "SELECT id, rule, started_at FROM episodes WHERE ended_at IS NULL AND ack_at IS NULL";
        self.rows(sql, |row| Ok((row.get(0)?, row.get(1)?, Timestamp::from_nanos(row.get(2)?))))
    }
}
