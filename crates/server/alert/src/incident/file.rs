//! Incidents in the alert file.

use quipu_core::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{IncidentAsk, IncidentChange, IncidentMoment, IncidentRow};
use crate::file::AlertFile;
use crate::{AlertError, Severity};

/// Most open incidents.
pub(super) const MOST_OPEN: usize = 200;
/// Most entries of an incident that users write.
const MOST_ENTRIES: i64 = 1_000;
/// Rules of an incident that lists name.
const RULES: usize = 20;

/// A new incident.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    pub title: String,
    pub severity: Severity,
    pub at: Timestamp,
    pub by: String,
    pub by_rule: bool,
}

/// An entry of the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub at: Timestamp,
    pub author: &'a str,
    pub kind: &'a str,
    pub text: &'a str,
}

/// Columns of [`row`].
const COLUMNS: &str =
    "i.id, i.title, i.severity, i.opened_at, i.opened_by, i.closed_at, i.closed_by, i.owner,
    (SELECT COUNT(*) FROM incident_episodes l JOIN episodes e ON e.id = l.episode WHERE l.incident = i.id),
    (SELECT COUNT(*) FROM incident_episodes l JOIN episodes e ON e.id = l.episode
        WHERE l.incident = i.id AND e.ended_at IS NULL)";

fn time(nanos: i64) -> String {
    Timestamp::from_nanos(nanos).to_string()
}

fn row(row: &Row<'_>) -> rusqlite::Result<IncidentRow> {
    let closed: Option<i64> = row.get(5)?;
    Ok(IncidentRow {
        id: row.get(0)?,
        title: row.get(1)?,
        severity: row.get(2)?,
        state: if closed.is_some() { "closed" } else { "open" }.to_owned(),
        opened_at: time(row.get(3)?),
        opened_by: row.get(4)?,
        closed_at: closed.map(time),
        closed_by: row.get(6)?,
        owner: row.get(7)?,
        rules: Vec::new(),
        episodes: u64::try_from(row.get::<_, i64>(8)?).unwrap_or(0),
        firing: u64::try_from(row.get::<_, i64>(9)?).unwrap_or(0),
    })
}

fn with_rules(conn: &Connection, mut row: IncidentRow) -> rusqlite::Result<IncidentRow> {
    let mut rules = conn.prepare_cached(
        "SELECT DISTINCT e.rule FROM incident_episodes l JOIN episodes e ON e.id = l.episode
            WHERE l.incident = ?1 ORDER BY e.rule LIMIT ?2",
    )?;
    let most = i64::try_from(RULES).unwrap_or(i64::MAX);
    row.rules = rules.query_map(params![row.id, most], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(row)
}

/// Writes an entry into the log of an incident.
pub(super) fn log(work: &Connection, id: i64, entry: Entry<'_>) -> rusqlite::Result<()> {
    let sql = "INSERT INTO incident_log (incident, at, author, kind, text) VALUES (?1, ?2, ?3, ?4, ?5)";
    let Entry { at, author, kind, text } = entry;
    work.execute(sql, params![id, at.nanos(), author, kind, text]).map(drop)
}

/// Opens an incident and returns its number.
pub(super) fn open(work: &Connection, new: &Opening) -> rusqlite::Result<i64> {
    let sql =
        "INSERT INTO incidents (title, severity, opened_at, opened_by, by_rule) VALUES (?1, ?2, ?3, ?4, ?5)
        RETURNING id";
    let Opening { title, severity, at, by, by_rule } = new;
    let id = work.query_row(sql, params![title, severity.as_str(), at.nanos(), by, by_rule], |row| {
        row.get::<_, i64>(0)
    })?;
    log(work, id, Entry { at: *at, author: by, kind: "opened", text: title })?;
    Ok(id)
}

/// Links an episode.
pub(super) fn link(work: &Connection, id: i64, episode: &str) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO incident_episodes (episode, incident) VALUES (?1, ?2)";
    work.execute(sql, params![episode, id]).map(drop)
}

/// Closes an incident.
pub(super) fn close(work: &Connection, id: i64, ended_at: Timestamp, by: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE incidents SET closed_at = ?2, closed_by = ?3 WHERE id = ?1";
    work.execute(sql, params![id, ended_at.nanos(), by]).map(drop)
}

/// Number of open incidents.
pub(super) fn open_count(work: &Connection) -> rusqlite::Result<usize> {
    let sql = "SELECT COUNT(*) FROM incidents WHERE closed_at IS NULL";
    work.query_row(sql, [], |row| row.get::<_, i64>(0)).map(|count| usize::try_from(count).unwrap_or(0))
}

impl AlertFile {
    pub(super) fn incidents(&self, ask: &IncidentAsk) -> Result<Vec<IncidentRow>, AlertError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM incidents i
                WHERE (?1 IS NULL OR (i.closed_at IS NULL) = ?1)
                    AND (?2 IS NULL OR i.closed_at IS NULL OR i.closed_at >= ?2)
                    AND (?3 IS NULL OR i.opened_at < ?3)
                ORDER BY i.closed_at IS NOT NULL, i.opened_at DESC, i.id DESC LIMIT ?4"
        );
        let limit = i64::try_from(ask.limit).unwrap_or(i64::MAX);
        let (since, until) = (ask.since.map(Timestamp::nanos), ask.until.map(Timestamp::nanos));
        self.read(|conn| {
            let mut found = conn.prepare_cached(&sql)?;
            let found = found.query_map(params![ask.is_open, since, until, limit], row)?;
            found.map(|row| with_rules(conn, row?)).collect()
        })
    }

    /// An incident, its log, and the traces that users linked.
    #[allow(clippy::type_complexity, reason = "three lists of one page")]
    pub(super) fn incident(
        &self,
        id: i64,
    ) -> Result<(IncidentRow, Vec<IncidentMoment>, Vec<String>), AlertError> {
        let found = self.read(|conn| {
            let sql = format!("SELECT {COLUMNS} FROM incidents i WHERE i.id = ?1");
            let Some(row) = conn.query_row(&sql, [id], row).optional()? else { return Ok(None) };
            let mut log = conn.prepare_cached(
                "SELECT at, kind, author, text FROM incident_log WHERE incident = ?1 ORDER BY at, id",
            )?;
            let moment = |row: &Row<'_>| {
                Ok(IncidentMoment {
                    at: time(row.get(0)?),
                    kind: row.get(1)?,
                    author: row.get(2)?,
                    text: row.get(3)?,
                    episode: None,
                })
            };
            let log = log.query_map([id], moment)?.collect::<rusqlite::Result<_>>()?;
            let mut traces =
                conn.prepare_cached("SELECT trace FROM incident_traces WHERE incident = ?1 ORDER BY id")?;
            let traces = traces.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(Some((with_rules(conn, row)?, log, traces)))
        })?;
        found.ok_or_else(|| missing(id))
    }

    /// Opens an incident by hand, with its links.
    pub(super) fn open_incident(&mut self, new: &Opening, rest: &IncidentChange) -> Result<i64, AlertError> {
        if self.read(open_count)? >= MOST_OPEN {
            return Err(AlertError::Full { what: "open incidents", most: MOST_OPEN });
        }
        self.check_episodes(&rest.episodes)?;
        self.change(|work| {
            let id = open(work, new)?;
            apply(work, id, rest, &new.by, new.at)?;
            Ok(id)
        })
    }

    pub(super) fn change_incident(
        &mut self,
        id: i64,
        change: &IncidentChange,
        by: &str,
        now: Timestamp,
    ) -> Result<(), AlertError> {
        let counted = self.read(|conn| {
            let sql =
                "SELECT (SELECT COUNT(*) FROM incident_log WHERE incident = ?1) FROM incidents WHERE id = ?1";
            conn.query_row(sql, [id], |row| row.get::<_, i64>(0)).optional()
        })?;
        // A full incident can still be closed.
        if counted.ok_or_else(|| missing(id))? >= MOST_ENTRIES && change.is_open != Some(false) {
            return Err(AlertError::Full { what: "entries of an incident", most: MOST_ENTRIES as usize });
        }
        self.check_episodes(&change.episodes)?;
        self.change(|work| apply(work, id, change, by, now))
    }

    fn check_episodes(&self, episodes: &[String]) -> Result<(), AlertError> {
        for episode in episodes {
            if self.notice_of(episode)?.is_none() {
                return Err(AlertError::Missing { what: "episode", name: episode.clone() });
            }
        }
        Ok(())
    }
}

fn missing(id: i64) -> AlertError {
    AlertError::Missing { what: "incident", name: id.to_string() }
}

/// Applies a change, with an entry for each part of it.
fn apply(
    work: &Connection,
    id: i64,
    change: &IncidentChange,
    by: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let entry = |kind, text: &str| log(work, id, Entry { at: now, author: by, kind, text });
    if let Some(title) = &change.title {
        work.execute("UPDATE incidents SET title = ?2 WHERE id = ?1", params![id, title.trim()])?;
        entry("title", title.trim())?;
    }
    if let Some(severity) = change.severity {
        work.execute("UPDATE incidents SET severity = ?2 WHERE id = ?1", params![id, severity.as_str()])?;
        entry("severity", severity.as_str())?;
    }
    if let Some(owner) = change.owner.as_ref().map(|owner| owner.trim()) {
        let value = (!owner.is_empty()).then_some(owner);
        work.execute("UPDATE incidents SET owner = ?2 WHERE id = ?1", params![id, value])?;
        entry("owner", owner)?;
    }
    if let Some(note) = &change.note {
        entry("note", note.trim())?;
    }
    for episode in &change.episodes {
        link(work, id, episode)?;
        entry("linked", episode)?;
    }
    for trace in &change.traces {
        let known = "SELECT COUNT(*) FROM incident_traces WHERE incident = ?1 AND trace = ?2";
        if work.query_row(known, params![id, trace], |row| row.get::<_, i64>(0))? == 0 {
            work.execute(
                "INSERT INTO incident_traces (incident, trace) VALUES (?1, ?2)",
                params![id, trace],
            )?;
            entry("trace", trace)?;
        }
    }
    let was_open =
        work.query_row("SELECT closed_at IS NULL FROM incidents WHERE id = ?1", [id], |row| row.get(0))?;
    match change.is_open {
        Some(false) if was_open => {
            close(work, id, now, by)?;
            entry("closed", "")?;
        }
        Some(true) if !was_open => {
            let sql = "UPDATE incidents SET closed_at = NULL, closed_by = NULL, by_rule = 0 WHERE id = ?1";
            work.execute(sql, [id])?;
            entry("reopened", "")?;
        }
        _ => {}
    }
    Ok(())
}
