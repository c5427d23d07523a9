//! Conditions reach the day files: a statement opens only those that can have matching records.

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_core::Backend as _;
use quipu_sql::{SqlLimits, SqlQuestion};
use serde_json::json;

use crate::world::{World, ask, trace_id};

#[test]
fn a_trace_of_sixty_days_opens_at_most_three_files() {
    let world = World::new(60, 3);
    let limits = SqlLimits { time_ms: 120_000, ..SqlLimits::default() };
    for table in ["traces", "spans", "calls", "tools"] {
        let store = world.open();
        let session = world.session_over(&store, limits);
        let query = format!("SELECT count(*) FROM {table} WHERE trace_id = ?");
        let params = vec![json!(trace_id(100).to_string())];
        let answer = session.ask(&SqlQuestion { query, params, ..SqlQuestion::default() }).unwrap();
        if ["traces", "spans"].contains(&table) {
            assert_ne!(answer.rows[0][0], json!(0), "{table}");
        }
        assert!(store.opened_files() <= 3, "{table}: {} files", store.opened_files());
    }
    for (table, column) in [
        ("traces", "started_at"),
        ("calls", "started_at"),
        ("spans", "started_at"),
        ("usage", "started_at"),
        ("usage", "hour"),
        ("events", "time"),
    ] {
        let store = world.open();
        let session = world.session_over(&store, limits);
        let query = format!(
            "SELECT count(*) FROM {table} WHERE {column} >= '2026-11-24' AND {column} < '2026-11-25'"
        );
        let answer = ask(&session, &query).unwrap();
        assert_ne!(answer.rows[0][0], json!(0), "{table}");
        assert!(store.opened_files() <= 2, "{table}: {} files", store.opened_files());
    }
}

#[test]
fn records_that_arrive_later_are_found() {
    let world = World::new(4, 3);
    let count = |query: &str| {
        let session = world.session();
        ask(&session, query).unwrap().rows[0][0].as_u64().unwrap()
    };
    let id = trace_id(9_999).to_string();
    let query = format!("SELECT count(*) FROM spans WHERE trace_id = '{id}'");
    assert_eq!(count(&query), 0);
    let store = Sqlite::open(Config::at(world.path())).unwrap();
    let start = crate::world::NOW.plus(-2 * quipu_core::Timestamp::DAY);
    let span = quipu_core::Span::new(
        trace_id(9_999),
        quipu_core::SpanId::from_bytes([9; 8]).unwrap(),
        "late",
        start,
        start.plus(1),
    );
    let batch = quipu_core::Batch { spans: vec![span], ..quipu_core::Batch::default() };
    world.runtime.block_on(store.write(std::sync::Arc::new(batch))).unwrap();
    assert_eq!(count(&query), 1, "while the server has the day open");
    world.runtime.block_on(store.close()).unwrap();
    drop(store);
    assert_eq!(count(&query), 1, "after it was closed");
    assert_eq!(count("SELECT count(*) FROM traces WHERE name = 'late'"), 1);
}

#[test]
fn a_damaged_digest_costs_time_and_no_row() {
    let world = World::new(5, 3);
    let query = format!("SELECT count(*) FROM spans WHERE trace_id = '{}'", trace_id(2));
    let count = || {
        let session = world.session();
        let trace = ask(&session, &query).unwrap().rows[0][0].clone();
        (trace, ask(&session, "SELECT count(*) FROM traces").unwrap().rows[0][0].clone())
    };
    let before = count();
    assert_ne!(before.0, json!(0));
    let mut digests = 0;
    for entry in std::fs::read_dir(world.path().join("days")).unwrap() {
        let path = entry.unwrap().path();
        if !path.file_name().unwrap().to_str().unwrap().starts_with("g-") {
            continue;
        }
        digests += 1;
        let mut bytes = std::fs::read(&path).unwrap();
        match digests % 3 {
            // A filter without any trace, under the old checksum.
            0 => bytes[62..].fill(0),
            1 => bytes.truncate(40),
            _ => bytes.clear(),
        }
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!((digests, count()), (5, before));
}
