//! Removal of ids of users, sessions and traces from the alert file.

use quipu_core::Timestamp;
use rusqlite::{Transaction, params};

use super::AlertFile;
use crate::AlertError;

/// Takes ids out of a text; `None` if it has none.
pub(crate) type Rewrite<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Tables with their texts: table, key, column.
const TEXTS: [(&str, &str, &str); 9] = [
    ("rules", "name", "config"),
    ("episodes", "id", "grp"),
    ("episodes", "id", "body"),
    ("notices", "id", "body"),
    ("silences", "id", "matchers"),
    ("silences", "id", "reason"),
    ("incidents", "id", "title"),
    ("incident_traces", "id", "trace"),
    ("incident_log", "id", "text"),
];

impl AlertFile {
    /// Takes ids out of all texts, and removes the states of groups that have them: their open episodes
    /// end, and their notices count as a new group. Returns the number of texts, states and groups.
    pub(crate) fn erase(
        &mut self,
        rewrite: Rewrite<'_>,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<u64, AlertError> {
        self.change(|work| {
            let mut found = states(work, rewrite, dry_run, now)? + groups(work, rewrite, dry_run)?;
            for (table, key, column) in TEXTS {
                found += texts(work, (table, key, column), rewrite, dry_run)?;
            }
            Ok(found)
        })
    }
}

fn states(
    work: &Transaction<'_>,
    rewrite: Rewrite<'_>,
    dry_run: bool,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let mut select = work.prepare("SELECT rule, grp FROM states")?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let rows: Vec<(String, String)> = select.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
    let mut found = 0;
    for (rule, grp) in rows.iter().filter(|(_, grp)| rewrite(grp).is_some()) {
        found += 1;
        if !dry_run {
            work.execute("DELETE FROM states WHERE rule = ?1 AND grp = ?2", params![rule, grp])?;
            let end = "UPDATE episodes SET state = 'resolved', ended_at = ?3
                WHERE rule = ?1 AND grp = ?2 AND ended_at IS NULL";
            work.execute(end, params![rule, grp, now.nanos()])?;
        }
    }
    Ok(found)
}

/// Removes the groups of notices whose keys have one of the ids.
fn groups(work: &Transaction<'_>, rewrite: Rewrite<'_>, dry_run: bool) -> rusqlite::Result<u64> {
    let mut select = work.prepare("SELECT DISTINCT grp FROM notice_groups")?;
    let keys: Vec<String> = select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut found = 0;
    for key in keys.iter().filter(|key| rewrite(key).is_some()) {
        found += 1;
        if !dry_run {
            work.execute("DELETE FROM notice_groups WHERE grp = ?1", [key])?;
        }
    }
    Ok(found)
}

fn texts(
    work: &Transaction<'_>,
    (table, key, column): (&str, &str, &str),
    rewrite: Rewrite<'_>,
    dry_run: bool,
) -> rusqlite::Result<u64> {
    let mut select = work.prepare(&format!("SELECT CAST({key} AS TEXT), {column} FROM {table}"))?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let rows: Vec<(String, String)> = select.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
    let update = format!("UPDATE {table} SET {column} = ?2 WHERE CAST({key} AS TEXT) = ?1");
    let mut found = 0;
    for (id, text) in rows {
        let Some(clean) = rewrite(&text) else { continue };
        found += 1;
        if !dry_run {
            work.execute(&update, params![id, clean])?;
        }
    }
    Ok(found)
}
