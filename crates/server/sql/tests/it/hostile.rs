//! Statements that try to change, to leave the tables, or to exhaust the process.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use quipu_sql::{SqlErrorKind, SqlLimits};

use crate::world::{World, ask};

/// Statements that must be refused.
const REFUSED: &[&str] = &[
    "ATTACH DATABASE '/tmp/quipu-attached.db' AS a",
    "ATTACH ':memory:' AS a",
    "DETACH main",
    "PRAGMA writable_schema = ON",
    "PRAGMA query_only = OFF",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA temp_store_directory = '/tmp'",
    "PRAGMA main.user_version = 7",
    "PRAGMA database_list",
    "PRAGMA function_list",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_function_list",
    "SELECT * FROM pragma_compile_options",
    "SELECT * FROM vault.traces",
    "SELECT name FROM \"projects/vault\".spans",
    "SELECT count(*) FROM temp.calls",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_schema",
    "SELECT * FROM sqlite_temp_master",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_stmt",
    "DELETE FROM traces",
    "DELETE FROM spans WHERE 1",
    "UPDATE traces SET name = 'x'",
    "UPDATE calls SET cost_usd = '0'",
    "INSERT INTO traces(name) VALUES ('x')",
    "REPLACE INTO events(name) VALUES ('x')",
    "DROP TABLE traces",
    "DROP TABLE IF EXISTS spans",
    "ALTER TABLE traces RENAME TO t",
    "CREATE TABLE x(a)",
    "CREATE TEMP TABLE x AS SELECT * FROM traces",
    "CREATE TABLE x AS SELECT * FROM traces",
    "CREATE VIEW v AS SELECT 1",
    "CREATE TEMP VIEW v AS SELECT * FROM traces",
    "CREATE INDEX i ON traces(name)",
    "CREATE TRIGGER t AFTER INSERT ON traces BEGIN SELECT 1; END",
    "CREATE TEMP TRIGGER t INSTEAD OF DELETE ON traces BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE x USING traces",
    "CREATE VIRTUAL TABLE x USING fts5(a)",
    "CREATE VIRTUAL TABLE x USING csv(filename='/etc/passwd')",
    "CREATE TABLE traces_content(a)",
    "SELECT * FROM traces_content",
    "SELECT * FROM traces_data",
    "SELECT * FROM main.traces_idx",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT s",
    "RELEASE s",
    "VACUUM",
    "VACUUM INTO '/tmp/quipu-vacuumed.db'",
    "ANALYZE",
    "REINDEX",
    "EXPLAIN DELETE FROM traces",
    "SELECT load_extension('/tmp/x.so')",
    "SELECT load_extension('/tmp/x.so', 'init')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('/tmp/quipu-written', 'x')",
    "SELECT edit('x')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT fts5(1)",
    "SELECT rtreecheck('x')",
    "SELECT zeroblob(1000000000)",
    "SELECT randomblob(1000000000)",
    "SELECT hex(zeroblob(1000000000))",
    "SELECT sqlite_compileoption_get(1)",
    "SELECT sqlite_log(1, 'x')",
    "SELECT last_insert_rowid()",
    "SELECT changes()",
    "SELECT 1; DELETE FROM traces",
    "SELECT 1; ATTACH '/tmp/quipu-attached.db' AS a",
    "SELECT 1; -- comment\n SELECT 2",
    "SELECT 1 /* ; */ ; SELECT 2",
    "SELECT 1;;SELECT 2",
    "/* DELETE */ DELETE FROM traces",
    "-- SELECT\nDROP TABLE traces",
    "WITH x AS (SELECT 1) DELETE FROM traces",
    "WITH x AS (SELECT 1) INSERT INTO spans(name) SELECT * FROM x",
    "SELECT * FROM main.sqlite_master",
    "SELECT * FROM temp.sqlite_master",
    "SELECT * FROM \"../../projects/other/traces\"",
    "VALUES(load_extension('x'))",
    "SELECT printf('%.*c', 1000000000, 'x')",
    "SELECT printf('%1000000000d', 1)",
    "SELECT replace(printf('%.*c', 9000000, 'x'), 'x', 'yyyyyyyyyyyyyyyyyyyy')",
    "SELECT group_concat(a.name || b.name || c.name || d.name) FROM spans a, spans b, spans c, spans d",
    "SELECT json_group_array(a.trace_id || b.trace_id) FROM spans a, spans b, spans c, spans d",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT * FROM n WHERE i = 2",
    "WITH RECURSIVE n(i, t) AS (SELECT 1, 'x' UNION ALL SELECT i + 1, t || t FROM n) SELECT max(length(t)) FROM n",
    "SELECT count(*) FROM spans a, spans b, spans c, spans d, spans e, spans f",
    "SELECT count(*) FROM spans a, spans b, spans c, spans d WHERE a.name LIKE '%a%b%c%d%e%f%' OR b.name > c.name || d.name",
    "SELECT * FROM traces WHERE name LIKE replace(printf('%.*c', 2000, 'x'), 'x', '%x')",
    "SELECT x'00' FROM traces WHERE name GLOB printf('%.*c', 5000, '*')",
];

/// Length, time of change and content of every file of a folder.
fn state(folder: &Path) -> BTreeMap<String, (u64, SystemTime)> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            if meta.is_dir() {
                waiting.push(entry.path());
                continue;
            }
            let name = entry.path().display().to_string();
            // The index of an empty write-ahead log: readers make it.
            if !name.ends_with("-shm") && !name.ends_with("-wal") {
                files.insert(name, (meta.len(), meta.modified().unwrap()));
            }
        }
    }
    files
}

#[test]
fn hostile_statements_change_nothing_and_end_within_limits() {
    let world = World::new(2, 30);
    let before = state(world.path());
    let store = world.open();
    let limits = SqlLimits { time_ms: 400, ..SqlLimits::default() };
    for query in REFUSED {
        let session = world.session_over(&store, limits);
        let begun = Instant::now();
        let error = ask(&session, query).expect_err(query);
        assert!(begun.elapsed() < Duration::from_secs(5), "{query}: {:?}", begun.elapsed());
        assert!(matches!(error.kind, SqlErrorKind::Statement | SqlErrorKind::Limit), "{query}: {error:?}");
        // The session stays usable for reads only.
        let again = world.session_over(&store, SqlLimits::default());
        assert_eq!(ask(&again, "SELECT count(*) FROM traces").unwrap().rows[0][0], world.traces, "{query}");
    }
    assert_eq!(state(world.path()), before);
    for made in ["/tmp/quipu-attached.db", "/tmp/quipu-vacuumed.db", "/tmp/quipu-written"] {
        assert!(!Path::new(made).exists(), "{made}");
    }
}

#[test]
fn variations_of_hostile_statements_are_refused_too() {
    let world = World::new(1, 2);
    let store = world.open();
    let mut dice = fastrand::Rng::with_seed(3);
    let quick: Vec<&&str> =
        REFUSED.iter().filter(|query| !query.contains("RECURSIVE") && !query.contains("spans a")).collect();
    for _ in 0..1_000 {
        let session = world.session_over(&store, SqlLimits { time_ms: 2_000, ..SqlLimits::default() });
        let query = quick[dice.usize(..quick.len())];
        let spaces = [" ", "\n", "/**/", "\t", " /* ' */ ", "--x\n"];
        let mut varied = String::new();
        let mut quoted = false;
        for letter in query.chars() {
            quoted ^= letter == '\'';
            match letter {
                ' ' if !quoted => varied.push_str(spaces[dice.usize(..spaces.len())]),
                letter if !quoted && dice.bool() => varied.extend(letter.to_uppercase()),
                letter => varied.push(letter),
            }
        }
        if let Ok(answer) = ask(&session, &varied) {
            panic!("{varied:?} gave {} rows", answer.rows.len());
        }
    }
}
