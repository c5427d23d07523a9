//! The alert file: rules set here, states, episodes, silences and the outbox of notices, in SQLite.

mod defined;
mod episodes;
mod erase;
mod links;
mod outbox;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quipu_core::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

pub(crate) use erase::Rewrite;
pub(crate) use links::{Flush, GroupBegin, Picture, Told};
pub(crate) use outbox::{Outcome, Waiting};

use crate::group_key::group_of;
use crate::matcher::Matchers;
use crate::notice::Evidence;
use crate::quiet::{MOST as MOST_SILENCES, Silence};
use crate::{AlertError, GroupState, Notice, Phase, Rule, RuleConfig};

/// The file within a data folder.
pub const FILE: &str = "alerts.db";
/// Marks the file as ours, as `PRAGMA application_id`: "QAle".
pub const MARK: i32 = 0x5141_6c65;
/// Version of the layout.
const VERSION: i64 = 1;
/// Tables of incidents; they are added to every alert file.
const INCIDENTS: &str = include_str!("incidents.sql");
/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(5);

/// Groups of a rule by key, those at rest too.
pub(crate) type Groups = BTreeMap<Box<str>, GroupRecord>;

/// State of a group. A project may have 100,000 groups, so the facts about an episode are apart, and the
/// names of the group are in its key only.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct GroupRecord {
    pub state: GroupState,
    /// Its open episode.
    pub open: Option<Arc<EpisodeFacts>>,
    /// Why the latest evaluation failed.
    pub error: Option<Arc<str>>,
}

/// Facts about the begin of an episode.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct EpisodeFacts {
    pub id: String,
    /// Ids of the traces that weighed most.
    pub traces: Vec<String>,
    pub evidence: Evidence,
}

/// A state as the file has it.
#[derive(Serialize, Deserialize)]
struct StoredRecord {
    state: GroupState,
    /// Keys and values.
    group: BTreeMap<String, String>,
    episode: Option<String>,
    #[serde(default)]
    traces: Vec<String>,
    #[serde(default)]
    evidence: Evidence,
    error: Option<String>,
}

impl StoredRecord {
    fn of(grp: &str, record: &GroupRecord) -> Self {
        let open = record.open.as_deref().cloned();
        let episode = open.as_ref().map(|open| open.id.clone());
        let EpisodeFacts { traces, evidence, .. } = open.unwrap_or_default();
        let error = record.error.as_deref().map(str::to_owned);
        Self { state: record.state, group: group_of(grp), episode, traces, evidence, error }
    }

    fn into_record(self) -> GroupRecord {
        let Self { state, episode, traces, evidence, error, .. } = self;
        let open = episode.map(|id| Arc::new(EpisodeFacts { id, traces, evidence }));
        GroupRecord { state, open, error: error.map(Arc::from) }
    }
}

impl GroupRecord {
    /// The threshold that the value is beyond: that of `critical` in a critical episode.
    pub(crate) fn threshold(&self, rule: &Rule) -> f64 {
        let critical = rule.law.critical.filter(|_| self.state.is_critical);
        critical.unwrap_or(rule.law.bound.threshold())
    }

    /// Takes ids out of its texts and out of the list of traces.
    pub(crate) fn erase(&mut self, rewrite: Rewrite<'_>) {
        if let Some(open) = self.open.as_mut().map(Arc::make_mut) {
            open.traces.retain(|trace| rewrite(trace).is_none());
            if let Some(clean) = rewrite(&json(&open.evidence)) {
                open.evidence = serde_json::from_str(&clean).unwrap_or_default();
            }
        }
        if let Some(clean) = self.error.as_deref().and_then(rewrite) {
            self.error = Some(clean.into());
        }
    }

    /// Whether the stored `before` lets a restart go on as from this record: the latest value is read again,
    /// and the time of the latest wrong one matters only to a group that fires on.
    pub(crate) fn is_stored_as(&self, before: &Self, keep: i64) -> bool {
        let (mut state, was) = (self.state, before.state);
        if keep == 0 {
            state.wrong_at = was.wrong_at;
        }
        if state.phase == Phase::Firing && was.phase == Phase::Firing {
            state.runs = was.runs;
        }
        (state.value, state.empty) = (was.value, was.empty);
        state == was && self.open == before.open && self.error == before.error && !was.is_idle()
    }
}

/// Changes of one evaluation, which are written together.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// New state by rule and group; `None` removes it.
    pub states: Vec<(String, String, Option<GroupRecord>)>,
    /// Episodes that begin or change.
    pub episodes: Vec<EpisodeChange>,
    /// Notices by channel.
    pub notices: Vec<(String, Notice)>,
}

impl Changes {
    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.states.is_empty() && self.episodes.is_empty() && self.notices.is_empty()
    }
}

/// New facts of an episode.
#[derive(Debug)]
pub(crate) struct EpisodeChange {
    pub grp: String,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub peak: Option<f64>,
    pub notice: Notice,
}

/// The open file.
pub(crate) struct AlertFile {
    path: PathBuf,
    conn: Connection,
    /// The marker is written, or the file is in memory.
    is_noted: bool,
}

impl AlertFile {
    /// Opens the file of a data folder and creates a missing one, or a file in memory.
    ///
    /// # Errors
    /// It cannot be read and written, is lost, is from another program, or from a newer version.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, AlertError> {
        let path = folder.map_or_else(|| PathBuf::from(":memory:"), |folder| folder.join(FILE));
        let told = |cause| AlertError::File { path: path.clone(), cause };
        if folder.is_some() {
            defined::is_whole(&path)?;
        }
        let mut conn = match folder {
            Some(_) => Connection::open(&path),
            None => Connection::open_in_memory(),
        }
        .map_err(told)?;
        conn.busy_timeout(BUSY).map_err(told)?;
        conn.pragma_update(None, "journal_mode", "WAL").map_err(told)?;
        // A notice that a change causes is on the disk with it.
        conn.pragma_update(None, "synchronous", "FULL").map_err(told)?;
        lay_out(&mut conn, &path)?;
        conn.execute_batch(include_str!("../layout_routing.sql")).map_err(told)?;
        conn.execute_batch(INCIDENTS).map_err(told)?;
        Ok(Self { path, conn, is_noted: folder.is_none() })
    }

    fn told_error(&self, cause: rusqlite::Error) -> AlertError {
        AlertError::File { path: self.path.clone(), cause }
    }

    /// Reads with statements of the caller.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, AlertError> {
        work(&self.conn).map_err(|cause| self.told_error(cause))
    }

    /// Runs a change in one transaction.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, AlertError> {
        let path = self.path.clone();
        let told = |cause| AlertError::File { path, cause };
        let run = || {
            let work_in = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&work_in)?;
            work_in.commit()?;
            Ok(done)
        };
        let done = run().map_err(told)?;
        if !self.is_noted {
            match defined::note(&self.path) {
                Ok(()) => self.is_noted = true,
                Err(error) => tracing::error!(%error, "cannot write the marker next to {FILE}"),
            }
        }
        Ok(done)
    }

    /// Rules that were set here, by name.
    pub(crate) fn rules(&self) -> Result<Vec<(String, RuleConfig)>, AlertError> {
        let rows = self.rows("SELECT name, config FROM rules ORDER BY name", |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        let read = |(name, text): (String, String)| {
            let config = serde_json::from_str(&text);
            let told = |error: &serde_json::Error| {
                tracing::error!(rule = name, %error, "a stored alert rule cannot be read and is not evaluated");
            };
            Some((name.clone(), config.inspect_err(told).ok()?))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Stores a rule.
    pub(crate) fn put_rule(
        &mut self,
        name: &str,
        config: &RuleConfig,
        by: &str,
        now: Timestamp,
    ) -> Result<(), AlertError> {
        let text = json(config);
        let sql =
            "INSERT OR REPLACE INTO rules (name, config, updated_at, updated_by) VALUES (?1, ?2, ?3, ?4)";
        self.change(|work| work.execute(sql, params![name, text, now.nanos(), by]).map(drop))
    }

    /// Removes a rule with the states of its groups; `false` if it does not exist.
    pub(crate) fn remove_rule(&mut self, name: &str) -> Result<bool, AlertError> {
        self.change(|work| {
            work.execute("DELETE FROM states WHERE rule = ?1", [name])?;
            Ok(work.execute("DELETE FROM rules WHERE name = ?1", [name])? > 0)
        })
    }

    /// States of all groups that are not at rest, by rule and group.
    pub(crate) fn states(&self) -> Result<Vec<(String, String, GroupRecord)>, AlertError> {
        let rows = self.rows("SELECT rule, grp, state FROM states", |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        let read = |(rule, grp, text): (String, String, String)| {
            let stored: StoredRecord = serde_json::from_str(&text).ok()?;
            Some((rule, grp, stored.into_record()))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Writes the changes of one evaluation: all or nothing.
    pub(crate) fn apply(&mut self, changes: &Changes, now: Timestamp) -> Result<(), AlertError> {
        self.change(|work| {
            for (rule, grp, record) in &changes.states {
                match record {
                    Some(record) => work.execute(
                        "INSERT OR REPLACE INTO states (rule, grp, state) VALUES (?1, ?2, ?3)",
                        params![rule, grp, json(&StoredRecord::of(grp, record))],
                    )?,
                    None => {
                        work.execute("DELETE FROM states WHERE rule = ?1 AND grp = ?2", params![rule, grp])?
                    }
                };
            }
            changes.episodes.iter().try_for_each(|change| episodes::put(work, change))?;
            for (channel, notice) in &changes.notices {
                outbox::put(work, channel, notice, now, now)?;
            }
            Ok(())
        })
    }

    /// The latest silences, the ones that end last first. All that are in force are among them.
    pub(crate) fn silences(&self) -> Result<Vec<Silence>, AlertError> {
        let sql = format!(
            "SELECT id, matchers, author, reason, starts_at, ends_at FROM silences ORDER BY ends_at DESC LIMIT {}",
            2 * MOST_SILENCES
        );
        self.rows(&sql, |row| {
            let matchers: Matchers = serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default();
            Ok(Silence {
                id: row.get(0)?,
                matchers,
                compiled: OnceCell::new(),
                author: row.get(2)?,
                reason: row.get(3)?,
                starts_at: Timestamp::from_nanos(row.get(4)?),
                ends_at: Timestamp::from_nanos(row.get(5)?),
            })
        })
    }

    /// Stores a silence.
    pub(crate) fn put_silence(&mut self, silence: &Silence) -> Result<(), AlertError> {
        let sql = "INSERT OR REPLACE INTO silences (id, matchers, author, reason, starts_at, ends_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let Silence { id, matchers, author, reason, starts_at, ends_at, .. } = silence;
        let matchers = json(matchers);
        self.change(|work| {
            work.execute(sql, params![id, matchers, author, reason, starts_at.nanos(), ends_at.nanos()])
                .map(drop)
        })
    }

    /// Ends a silence now; `false` if no silence of this id is active.
    pub(crate) fn end_silence(&mut self, id: &str, now: Timestamp) -> Result<bool, AlertError> {
        let sql = "UPDATE silences SET ends_at = ?2 WHERE id = ?1 AND ends_at > ?2";
        self.change(|work| work.execute(sql, params![id, now.nanos()]).map(|changed| changed > 0))
    }

    /// Removes episodes, notices and silences that ended before a time, and groups that are over now.
    pub(crate) fn expire(&mut self, before: Timestamp, now: Timestamp) -> Result<(), AlertError> {
        self.change(|work| {
            work.execute("DELETE FROM notice_groups WHERE is_over AND base_at <= ?1", [now.nanos()])?;
            let before = [before.nanos()];
            work.execute(
                "DELETE FROM notices WHERE state <> 'waiting' AND created_at < ?1 AND episode NOT IN
                    (SELECT id FROM episodes WHERE ended_at IS NULL)",
                before,
            )?;
            work.execute("DELETE FROM episodes WHERE ended_at < ?1", before)?;
            work.execute("DELETE FROM used_links WHERE expires_at < ?1", before)?;
            work.execute("DELETE FROM silences WHERE ends_at < ?1", before).map(drop)
        })
    }

    fn rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, AlertError> {
        let run =
            || -> rusqlite::Result<Vec<T>> { self.conn.prepare_cached(sql)?.query_map([], read)?.collect() };
        run().map_err(|cause| self.told_error(cause))
    }
}

/// Brings the file to the current version.
fn lay_out(conn: &mut Connection, path: &Path) -> Result<(), AlertError> {
    let told = |cause| AlertError::File { path: path.to_owned(), cause };
    let mark: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(told)?;
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(told)?;
    match (mark, version) {
        (MARK, VERSION) => return Ok(()),
        (0, 0) => {}
        (MARK, newer) => {
            return Err(AlertError::Version {
                path: path.to_owned(),
                expected: VERSION,
                found: newer.to_string(),
            });
        }
        (other, _) => {
            let found = format!("a file with the application id {other:#x}");
            return Err(AlertError::Version { path: path.to_owned(), expected: VERSION, found });
        }
    }
    let work = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(told)?;
    // Another process may have laid it out meanwhile.
    let done: Option<i64> =
        work.query_row("PRAGMA user_version", [], |row| row.get(0)).optional().map_err(told)?;
    if done == Some(0) {
        work.execute_batch(include_str!("../layout.sql")).map_err(told)?;
        work.pragma_update(None, "application_id", MARK).map_err(told)?;
        work.pragma_update(None, "user_version", VERSION).map_err(told)?;
    }
    work.commit().map_err(told)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
