//! The upper limit: the same rows directly into SQLite, in one thread.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::Connection;
use serde_json::{Map, Value as Json, json};

use super::Load;
use super::load::{Span, Value};

/// Rows of a transaction.
const BATCH: usize = 1_000;
/// As the store's day files have it.
const PAGE: u32 = 8_192;
const LEVEL: i32 = 3;

/// Rows a second, with and without the time that compression takes.
pub struct Limit {
    /// Compression within the time: what any store that compresses must do.
    pub with_zstd: f64,
    /// Rows compressed beforehand.
    pub without_zstd: f64,
    /// Bytes of the file, a row.
    pub bytes_per_row: f64,
}

/// A row, ready but for the compression of its body.
struct Row {
    span: Span,
    body: Vec<u8>,
}

/// Inserts the whole load into one file at `path`.
///
/// # Errors
/// SQLite returns an error.
pub fn limit(load: &Load, path: &Path) -> Result<Limit> {
    let mut db = Connection::open(path)?;
    db.pragma_update(None, "page_size", PAGE)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "cache_size", -65_536)?;
    db.pragma_update(None, "wal_autocheckpoint", 2_000)?;
    db.execute_batch(
        "CREATE TABLE spans(pk INTEGER PRIMARY KEY, trace BLOB, id BLOB, parent BLOB, start INTEGER, fin INTEGER,
         name TEXT, kind INTEGER, failed INTEGER, service TEXT, body BLOB) STRICT",
    )?;
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    let (mut packing, mut inserting) = (Duration::ZERO, Duration::ZERO);
    let mut spans = load.iter().peekable();
    while spans.peek().is_some() {
        let mut rows: Vec<Row> =
            spans.by_ref().take(BATCH).map(|span| Row { body: body(&span), span }).collect();
        let begin = Instant::now();
        for row in &mut rows {
            row.body = compressor.compress(&row.body)?;
        }
        packing += begin.elapsed();
        let begin = Instant::now();
        insert(&mut db, &rows)?;
        inserting += begin.elapsed();
    }
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    let rows = load.spans() as f64;
    Ok(Limit {
        with_zstd: rows / (packing + inserting).as_secs_f64(),
        without_zstd: rows / inserting.as_secs_f64(),
        bytes_per_row: std::fs::metadata(path)?.len() as f64 / rows,
    })
}

fn insert(db: &mut Connection, rows: &[Row]) -> Result<()> {
    let transaction = db.transaction()?;
    {
        let mut statement = transaction.prepare_cached(
            "INSERT INTO spans(trace, id, parent, start, fin, name, kind, failed, service, body) VALUES(?,?,?,?,?,?,?,?,?,?)",
        )?;
        for Row { span, body } in rows {
            statement.execute((
                &span.trace_id,
                &span.span_id,
                span.parent_id.as_ref(),
                span.start.cast_signed(),
                span.end.cast_signed(),
                &span.name,
                span.kind,
                span.failed,
                span.service,
                body,
            ))?;
        }
    }
    Ok(transaction.commit()?)
}

/// Every attribute as JSON, prompt and answer among them.
fn body(span: &Span) -> Vec<u8> {
    let value = |value: &Value| match value {
        Value::Text(text) => json!(text),
        Value::Int(int) => json!(int),
        Value::Double(double) => json!(double),
        Value::Texts(texts) => json!(texts),
    };
    let map: Map<String, Json> =
        span.attributes.iter().map(|one| (one.key.to_owned(), value(&one.value))).collect();
    Json::Object(map).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("raw.db");
        let limit = limit(&Load::new(2_500), &path).unwrap();
        assert!(
            limit.with_zstd > 0.0 && limit.with_zstd <= limit.without_zstd && limit.bytes_per_row > 100.0
        );
        let rows: i64 = Connection::open(path)
            .unwrap()
            .query_row("SELECT count(*) FROM spans", [], |row| row.get(0))
            .unwrap();
        assert_eq!(rows, 2_500);
    }
}
