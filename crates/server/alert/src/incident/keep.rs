//! Incidents of rules: which episodes belong together, and when their incident is over.

use std::collections::{BTreeMap, BTreeSet};

use quipu_core::Timestamp;
use rusqlite::{Connection, params};

use super::file::{Entry, MOST_OPEN, Opening, close, link, log, open, open_count};
use crate::file::AlertFile;
use crate::{AlertError, Alerts, Notice, RuleSource, Severity};

/// Episodes that one look reads.
const EPISODES: i64 = 20_000;
/// Author of entries that no user wrote.
const QUIPU: &str = "quipu";
/// Closed an incident whose episodes have ended.
const RESOLUTION: &str = "resolution";

/// An open episode without an incident.
struct Loose {
    id: String,
    started_at: Timestamp,
    notice: Notice,
}

/// Things by which an episode belongs to an open incident.
#[derive(Debug, Default)]
struct Ties {
    severity: Severity,
    rules: BTreeSet<String>,
    values: BTreeSet<(String, String)>,
    traces: BTreeSet<String>,
}

impl Ties {
    fn hold(&self, notice: &Notice) -> bool {
        self.rules.contains(&notice.rule)
            || values(notice).any(|pair| self.values.contains(&pair))
            || notice.traces.iter().any(|trace| self.traces.contains(trace))
    }

    fn add(&mut self, notice: &Notice) {
        self.rules.insert(notice.rule.clone());
        self.values.extend(values(notice));
        self.traces.extend(notice.traces.iter().cloned());
    }
}

fn values(notice: &Notice) -> impl Iterator<Item = (String, String)> + '_ {
    let named = notice.group.iter().filter(|(_, value)| !value.is_empty());
    named.map(|(key, value)| (key.clone(), value.clone()))
}

impl Alerts {
    /// Puts new episodes into incidents, closes those that are over, and expires old ones.
    pub(crate) async fn keep_incidents(&self, now: Timestamp) -> Result<(), AlertError> {
        let openers: BTreeSet<String> = {
            let live = self.0.live.lock();
            let opens = |(rule, _): &&(std::sync::Arc<crate::Rule>, RuleSource)| {
                rule.config.incident.unwrap_or(rule.severity == Severity::Critical)
            };
            live.rules.values().filter(opens).map(|(rule, _)| rule.name.clone()).collect()
        };
        let (quiet, before) = (self.0.times.quiet, now.plus(-self.0.times.history));
        let expires = now.floor(self.0.times.every) == now.floor(Timestamp::HOUR);
        self.with_file(move |file| {
            file.join_episodes(&openers)?;
            file.close_resolved(now, quiet)?;
            if expires { file.expire_incidents(before) } else { Ok(()) }
        })
        .await
    }
}

impl AlertFile {
    /// Links open episodes without an incident to a related open one, or opens one.
    fn join_episodes(&mut self, openers: &BTreeSet<String>) -> Result<(), AlertError> {
        let (loose, mut ties) = self.read(|conn| Ok((loose(conn)?, ties(conn)?)))?;
        let wanted = |episode: &Loose, ties: &BTreeMap<i64, Ties>| {
            openers.contains(&episode.notice.rule) || ties.values().any(|one| one.hold(&episode.notice))
        };
        if !loose.iter().any(|episode| wanted(episode, &ties)) {
            return Ok(());
        }
        self.change(|work| {
            let mut left = MOST_OPEN.saturating_sub(open_count(work)?);
            for episode in &loose {
                let notice = &episode.notice;
                let related = ties.iter().rev().find(|(_, one)| one.hold(notice)).map(|(id, _)| *id);
                let id = match related {
                    Some(id) => id,
                    None if !openers.contains(&notice.rule) || left == 0 => continue,
                    None => {
                        left -= 1;
                        open(work, &opening(episode))?
                    }
                };
                link(work, id, &episode.id)?;
                let of = ties.entry(id).or_default();
                of.add(notice);
                if notice.severity > of.severity {
                    of.severity = notice.severity;
                    let sql = "UPDATE incidents SET severity = ?2 WHERE id = ?1";
                    work.execute(sql, params![id, notice.severity.as_str()])?;
                }
            }
            Ok(())
        })
    }

    /// Closes incidents of rules whose episodes have all ended for some time.
    fn close_resolved(&mut self, now: Timestamp, quiet: i64) -> Result<(), AlertError> {
        let sql = "SELECT i.id, MAX(e.ended_at), SUM(e.state <> 'withdrawn') FROM incidents i
            JOIN incident_episodes l ON l.incident = i.id JOIN episodes e ON e.id = l.episode
            WHERE i.closed_at IS NULL AND i.by_rule = 1
            GROUP BY i.id HAVING SUM(e.ended_at IS NULL) = 0 AND MAX(e.ended_at) <= ?1";
        let over: Vec<(i64, i64, i64)> = self.read(|conn| {
            let mut found = conn.prepare_cached(sql)?;
            found
                .query_map([now.plus(-quiet).nanos()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })?;
        if over.is_empty() {
            return Ok(());
        }
        self.change(|work| {
            for (id, ended_at, real) in &over {
                close(work, *id, Timestamp::from_nanos(*ended_at), RESOLUTION)?;
                let text = match real {
                    0 => "all episodes were withdrawn: late records corrected their figures",
                    _ => "all episodes have ended",
                };
                log(work, *id, Entry { at: now, author: QUIPU, kind: "closed", text })?;
            }
            Ok(())
        })
    }

    /// Removes incidents that were closed before a time.
    fn expire_incidents(&mut self, before: Timestamp) -> Result<(), AlertError> {
        self.change(|work| {
            work.execute("DELETE FROM incidents WHERE closed_at < ?1", [before.nanos()])?;
            for table in ["incident_episodes", "incident_traces", "incident_log"] {
                work.execute(
                    &format!("DELETE FROM {table} WHERE incident NOT IN (SELECT id FROM incidents)"),
                    [],
                )?;
            }
            Ok(())
        })
    }
}

fn opening(episode: &Loose) -> Opening {
    let notice = &episode.notice;
    let group = notice.group_text();
    let title = if group.is_empty() { notice.rule.clone() } else { format!("{}: {group}", notice.rule) };
    Opening {
        title: title.chars().take(200).collect(),
        severity: notice.severity,
        at: episode.started_at,
        by: format!("rule {}", notice.rule),
        by_rule: true,
    }
}

fn loose(conn: &Connection) -> rusqlite::Result<Vec<Loose>> {
    let mut found = conn.prepare_cached(
        "SELECT e.id, e.started_at, e.body FROM episodes e WHERE e.ended_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM incident_episodes l WHERE l.episode = e.id)
            ORDER BY e.started_at, e.id LIMIT ?1",
    )?;
    let rows = found.query_map([EPISODES], |row| {
        let started_at = Timestamp::from_nanos(row.get(1)?);
        let notice = serde_json::from_str::<Notice>(&row.get::<_, String>(2)?).ok();
        Ok(notice.map(|notice| (row.get(0), started_at, notice)))
    })?;
    let mut all = Vec::new();
    for row in rows {
        let Some((id, started_at, notice)) = row? else { continue };
        all.push(Loose { id: id?, started_at, notice });
    }
    Ok(all)
}

/// Ties of the open incidents.
fn ties(conn: &Connection) -> rusqlite::Result<BTreeMap<i64, Ties>> {
    let mut all = BTreeMap::<i64, Ties>::new();
    let mut found = conn.prepare_cached(
        "SELECT i.id, i.severity, e.body FROM incidents i
            LEFT JOIN incident_episodes l ON l.incident = i.id LEFT JOIN episodes e ON e.id = l.episode
            WHERE i.closed_at IS NULL ORDER BY i.id LIMIT ?1",
    )?;
    let mut rows = found.query([EPISODES])?;
    while let Some(row) = rows.next()? {
        let of = all.entry(row.get(0)?).or_default();
        of.severity = severity(&row.get::<_, String>(1)?);
        let body: Option<String> = row.get(2)?;
        if let Some(notice) = body.and_then(|body| serde_json::from_str::<Notice>(&body).ok()) {
            of.add(&notice);
        }
    }
    let mut found = conn.prepare_cached(
        "SELECT t.incident, t.trace FROM incident_traces t JOIN incidents i ON i.id = t.incident
            WHERE i.closed_at IS NULL",
    )?;
    let mut rows = found.query([])?;
    while let Some(row) = rows.next()? {
        all.entry(row.get(0)?).or_default().traces.insert(row.get(1)?);
    }
    Ok(all)
}

fn severity(word: &str) -> Severity {
    match word {
        "critical" => Severity::Critical,
        "warning" => Severity::Warning,
        _ => Severity::Info,
    }
}
