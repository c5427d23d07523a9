//! Removal of ids of users, sessions and traces from the alert file.

use quipu_core::{Error, ErrorKind, Timestamp};
use rusqlite::{Transaction, params};

use super::AlertFile;
use crate::AlertError;

/// Takes ids out of a text; `None` if it has none.
pub(crate) type Rewrite<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Tables with their texts: table, key, column.
const TEXTS: [(&str, &str, &str); 11] = [
    ("rules", "name", "config"),
    ("episodes", "id", "grp"),
    ("episodes", "id", "body"),
    ("notices", "id", "body"),
    ("notices", "id", "note"),
    ("silences", "id", "matchers"),
    ("silences", "id", "reason"),
    ("incidents", "id", "title"),
    ("incidents", "id", "owner"),
    ("incident_traces", "id", "trace"),
    ("incident_log", "id", "text"),
];

impl AlertFile {
    /// Takes ids out of all texts, and removes the states of groups that have them: their open episodes
    /// end, and their notices count as a new group. Then the file is rewritten, so no page and no frame of
    /// its log has the ids. Returns the number of texts, states and groups.
    pub(crate) fn erase(
        &mut self,
        rewrite: Rewrite<'_>,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<u64, AlertError> {
        let found = self.change(|work| {
            let mut found = states(work, rewrite, dry_run, now)? + groups(work, rewrite, dry_run)?;
            for (table, key, column) in TEXTS {
                found += texts(work, (table, key, column), rewrite, dry_run)?;
            }
            Ok(found)
        })?;
        if !dry_run {
            self.rewrite()?;
        }
        Ok(found)
    }

    fn rewrite(&self) -> Result<(), AlertError> {
        let is_busy = self.read(|conn| {
            conn.execute_batch("VACUUM")?;
            conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))
        })?;
        if is_busy {
            let why = "another process reads alerts.db, so its log remains; try again";
            return Err(Error::new(ErrorKind::Locked, "erase from alerts", why).into());
        }
        Ok(())
    }
}

fn states(
    work: &Transaction<'_>,
    rewrite: Rewrite<'_>,
    dry_run: bool,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let mut select = work.prepare("SELECT rule, grp, state FROM states")?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let rows: Vec<(String, String, String)> = select.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
    let mut found = 0;
    for (rule, grp, state) in &rows {
        if rewrite(grp).is_some() {
            found += 1;
            if !dry_run {
                work.execute("DELETE FROM states WHERE rule = ?1 AND grp = ?2", params![rule, grp])?;
                let end = "UPDATE episodes SET state = 'resolved', ended_at = ?3
                    WHERE rule = ?1 AND grp = ?2 AND ended_at IS NULL";
                work.execute(end, params![rule, grp, now.nanos()])?;
            }
        } else if let Some(clean) = rewrite(state) {
            found += 1;
            if !dry_run {
                let update = "UPDATE states SET state = ?3 WHERE rule = ?1 AND grp = ?2";
                work.execute(update, params![rule, grp, clean])?;
            }
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
    let mut select =
        work.prepare(&format!("SELECT CAST({key} AS TEXT), {column} FROM {table} WHERE {column} <> ''"))?;
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
