//! Erasure of a user, a session or traces from the accounts and from every page of their file.

use std::collections::HashSet;

use quipu_core::{Erasure, TraceFacts, TraceId};
use rusqlite::{Connection, params};

use crate::accounts::sheet::{pack_call, unpack_call};
use crate::fault::{Fault, Result};

/// Tables whose rows name an account, with the other key columns.
const ACCOUNTS: [(&str, &str); 2] = [("spent", "bucket"), ("share", "id")];

/// Erases them and returns the number of matching rows. Then the file is rewritten, so no page and no WAL
/// frame has the erased data.
pub(super) fn erase(conn: &Connection, whose: &Erasure<'_>, dry_run: bool) -> Result<u64> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let rows = in_transaction(conn, whose);
    let keep = rows.is_ok() && !dry_run;
    let ended = conn.execute_batch(if keep { "COMMIT" } else { "ROLLBACK" });
    let rows = rows?;
    ended?;
    if !dry_run {
        conn.execute_batch("VACUUM")?;
        let busy: bool = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy {
            return Err(Fault::Io(std::io::Error::other(
                "another process reads it, so its log remains; try again",
            )));
        }
    }
    Ok(rows)
}

fn in_transaction(conn: &Connection, whose: &Erasure<'_>) -> Result<u64> {
    let gone = traces(conn, whose)?;
    let mut rows = calls(conn, whose, &gone)?;
    for trace in &gone {
        rows += changed(conn, "DELETE FROM trace WHERE trace = ?1", trace)?;
        // A reservation for a call stays until it expires.
        rows += changed(conn, "UPDATE held SET trace = NULL, span = NULL WHERE trace = ?1", trace)?;
    }
    for (table, key) in ACCOUNTS {
        rows += accounts(conn, whose, table, key)?;
    }
    rows += fired(conn, whose)?;
    Ok(rows + definitions(conn, whose)? + marks(conn, whose)?)
}

fn changed(conn: &Connection, sql: &str, trace: &TraceId) -> Result<u64> {
    let rows = conn.prepare_cached(sql)?.execute([trace.as_bytes()])?;
    Ok(u64::try_from(rows).unwrap_or(u64::MAX))
}

fn trace_id(bytes: &[u8]) -> Result<TraceId> {
    TraceId::from_slice(bytes).map_err(|_| Fault::Damaged("a trace id has a wrong form"))
}

/// The traces to erase: the named ones, and those whose data names the owner.
fn traces(conn: &Connection, whose: &Erasure<'_>) -> Result<HashSet<TraceId>> {
    let mut gone = whose.traces.clone();
    let mut look = conn.prepare("SELECT trace, body FROM trace")?;
    let mut rows = look.query([])?;
    while let Some(row) = rows.next()? {
        let facts: TraceFacts = postcard::from_bytes(&row.get::<_, Vec<u8>>(1)?)?;
        if (whose.is_theirs)(&facts) {
            gone.insert(trace_id(&row.get::<_, Vec<u8>>(0)?)?);
        }
    }
    Ok(gone)
}

/// Removes the calls of these traces. In other calls, it changes the postings to an account of the owner.
fn calls(conn: &Connection, whose: &Erasure<'_>, gone: &HashSet<TraceId>) -> Result<u64> {
    let mut look = conn.prepare("SELECT trace, span, body FROM call")?;
    let mut found = look.query([])?;
    let (mut removed, mut rewritten) = (Vec::new(), Vec::new());
    while let Some(row) = found.next()? {
        let (trace, span, body): (Vec<u8>, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if gone.contains(&trace_id(&trace)?) {
            removed.push((trace, span));
            continue;
        }
        let mut call = unpack_call(&body)?;
        let mut changed = false;
        for posting in &mut call.postings {
            if let Some(name) = (whose.renamed)(&posting.account.scope) {
                posting.account.scope = name;
                changed = true;
            }
        }
        if changed {
            rewritten.push((trace, span, pack_call(&call)?));
        }
    }
    drop(found);
    for (trace, span) in &removed {
        conn.prepare_cached("DELETE FROM call WHERE trace = ?1 AND span = ?2")?.execute((trace, span))?;
    }
    for (trace, span, body) in &rewritten {
        let sql = "UPDATE call SET body = ?3 WHERE trace = ?1 AND span = ?2";
        conn.prepare_cached(sql)?.execute((trace, span, body))?;
    }
    Ok((removed.len() + rewritten.len()) as u64)
}

/// Renames the accounts of the owner to an anonymous name. An existing balance of that account is added.
fn accounts(conn: &Connection, whose: &Erasure<'_>, table: &str, key: &str) -> Result<u64> {
    let mut rows = 0;
    for (old, new) in renamed(conn, whose, table)? {
        let place = if table == "share" { "place" } else { "0" };
        let sql = format!("SELECT budget, unit, {key}, figure, {place} FROM {table} WHERE scope = ?1");
        let mut look = conn.prepare(&sql)?;
        let figures = look.query_map([&old], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })?;
        let figures: Vec<(String, i64, i64, [u8; 16], i64)> = figures.collect::<rusqlite::Result<_>>()?;
        conn.execute(&format!("DELETE FROM {table} WHERE scope = ?1"), [&old])?;
        for (budget, unit, number, figure, place) in figures {
            let known = format!(
                "SELECT figure FROM {table} WHERE budget = ?1 AND scope = ?2 AND unit = ?3 AND {key} = ?4"
            );
            let mut look = conn.prepare_cached(&known)?;
            let mut known = look.query(params![budget, new, unit, number])?;
            let known = known.next()?.map(|row| row.get::<_, [u8; 16]>(0)).transpose()?.unwrap_or_default();
            let sum = i128::from_be_bytes(known).saturating_add(i128::from_be_bytes(figure)).to_be_bytes();
            let (columns, last) = if table == "share" { (", place", ", ?6") } else { ("", "") };
            let sql = format!(
                "INSERT OR REPLACE INTO {table}(budget, scope, unit, {key}, figure{columns}) VALUES (?1, ?2, ?3, ?4, ?5{last})"
            );
            let mut put = conn.prepare_cached(&sql)?;
            match table {
                "share" => put.execute(params![budget, new, unit, number, sum, place])?,
                _ => put.execute(params![budget, new, unit, number, sum])?,
            };
            rows += 1;
        }
    }
    Ok(rows)
}

fn renamed(conn: &Connection, whose: &Erasure<'_>, table: &str) -> Result<Vec<(String, String)>> {
    let mut look = conn.prepare(&format!("SELECT DISTINCT scope FROM {table}"))?;
    let scopes = look.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let pairs = scopes.into_iter().filter_map(|old| {
        let new = (whose.renamed)(&old)?;
        Some((old, new.to_string()))
    });
    Ok(pairs.collect())
}

/// Erases thresholds that an account of the owner passed.
fn fired(conn: &Connection, whose: &Erasure<'_>) -> Result<u64> {
    let mut rows = 0;
    for (old, new) in renamed(conn, whose, "fired")? {
        rows += conn.execute("UPDATE OR REPLACE fired SET scope = ?2 WHERE scope = ?1", (&old, &new))?;
    }
    Ok(rows as u64)
}

fn definitions(conn: &Connection, whose: &Erasure<'_>) -> Result<u64> {
    let mut look = conn.prepare("SELECT name, body FROM definition")?;
    let all = look.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut rows = 0;
    for (name, body) in all.collect::<rusqlite::Result<Vec<_>>>()? {
        if let Some(clean) = (whose.rewritten)(&body) {
            conn.execute("UPDATE definition SET body = ?2 WHERE name = ?1", (&name, &clean))?;
            conn.execute("UPDATE meta SET value = value + 1 WHERE name = 'version'", [])?;
            rows += 1;
        }
    }
    Ok(rows)
}

/// Erases marks, which repeat the content of definitions under names.
fn marks(conn: &Connection, whose: &Erasure<'_>) -> Result<u64> {
    let mut look = conn.prepare("SELECT name, word FROM mark")?;
    let all = look.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut rows = 0;
    for (name, word) in all.collect::<rusqlite::Result<Vec<_>>>()? {
        if let Some(clean) = (whose.rewritten)(&word) {
            conn.execute("UPDATE mark SET word = ?2 WHERE name = ?1", (&name, &clean))?;
            rows += 1;
        }
    }
    Ok(rows)
}
