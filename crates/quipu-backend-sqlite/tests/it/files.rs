//! Files of other versions, damaged files, other processes.

use std::path::{Path, PathBuf};

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::sample::{at, draft, trace_id};
use quipu_core::{Backend, ErrorKind, Health, Store, Timestamp, TraceFilter, TraceQuery};
use rusqlite::Connection;

use crate::{open, sound, write};

fn day_files(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder.join("days")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| {
            path.file_name().unwrap().to_str().unwrap().starts_with("d-") && path.extension().unwrap() == "db"
        })
        .collect();
    files.sort();
    files
}

async fn two_days(folder: &Path) {
    let store = open(folder);
    write(&store, [draft(1, 1).session("s").span()], []).await;
    write(&store, [draft(2, 1).session("s").starts(at(0).plus(Timestamp::DAY)).span()], []).await;
    store.close().await.unwrap();
}

/// Bytes of write-ahead logs, by what they belong to.
fn logs(folder: &Path) -> Vec<(PathBuf, u64)> {
    let files = std::fs::read_dir(folder.join("days")).unwrap().map(|file| file.unwrap());
    let logs = files.filter(|file| file.file_name().to_str().unwrap().ends_with(".db-wal"));
    logs.map(|file| (file.path(), file.metadata().unwrap().len())).filter(|(_, bytes)| *bytes > 0).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_ahead_is_in_its_file_once_a_day_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(Config { write_days: 2, ..Config::at(folder.path()) }).unwrap();
    for day in 0..8 {
        let span = draft(1 + day, 1).starts(at(0).plus(day.cast_signed() * Timestamp::DAY)).span();
        write(&store, [span], []).await;
    }
    let data = |logs: Vec<(PathBuf, u64)>| {
        let is_data = |path: &Path| path.file_name().unwrap().to_str().unwrap().starts_with("d-");
        logs.into_iter().filter(|(path, _)| is_data(path)).count()
    };
    // Two days are open; one more may have been read at the moment when it was closed.
    assert!(data(logs(folder.path())) <= 3, "{:?}", logs(folder.path()));
    store.close().await.unwrap();
    assert_eq!(logs(folder.path()), []);
    sound(&open(folder.path())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_1_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path()).await;
    for file in day_files(folder.path()) {
        let conn = Connection::open(file).unwrap();
        conn.execute_batch("DROP INDEX traces_session; DROP INDEX traces_user; DROP INDEX traces_facets; PRAGMA user_version = 1")
            .unwrap();
    }
    let refused = Sqlite::open_read_only(folder.path()).unwrap();
    let error = refused.trace(trace_id(1)).await.unwrap_err();
    assert!(error.to_string().contains("version 1"), "{error}");
    drop(refused);
    let store = open(folder.path());
    assert_eq!(store.info().await.unwrap().version, 2);
    let filter = TraceFilter { session: Some("s".into()), ..TraceFilter::default() };
    let page = store.traces(&TraceQuery { filter, limit: 10, ..TraceQuery::default() }).await.unwrap();
    assert_eq!(page.rows.len(), 2);
    store.close().await.unwrap();
    for file in day_files(folder.path()) {
        let conn = Connection::open(file).unwrap();
        let version: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        let sql =
            "SELECT COUNT(*) FROM sqlite_schema WHERE name LIKE 'traces!_%' ESCAPE '!' AND type = 'index'";
        assert_eq!((version, conn.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap()), (2, 4));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_version_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path()).await;
    let file = day_files(folder.path()).remove(0);
    Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    let error = Sqlite::open(Config::at(folder.path())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let text = error.to_string();
    assert!(text.contains("version 9") && text.contains("version 2") && text.contains("d-"), "{text}");
    Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 2").unwrap();
    Connection::open(folder.path().join("catalog.db"))
        .unwrap()
        .execute_batch("PRAGMA user_version = 7")
        .unwrap();
    let error = Sqlite::open(Config::at(folder.path())).unwrap_err();
    assert!(error.to_string().contains("catalog has layout version 7"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_day_is_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path()).await;
    let file = day_files(folder.path()).remove(0);
    std::fs::write(&file, vec![b'?'; 50_000]).unwrap();
    let store = open(folder.path());
    let Health::Degraded(why) = store.health() else { panic!("{:?}", store.health()) };
    assert!(why.contains(file.file_name().unwrap().to_str().unwrap()), "{why}");
    assert!(store.trace(trace_id(1)).await.unwrap().is_none());
    assert!(store.trace(trace_id(2)).await.unwrap().is_some());
    assert_eq!(store.check().await.unwrap().len(), 1);
    // Days beside it are still written.
    write(&store, [draft(3, 1).starts(at(0).plus(Timestamp::DAY)).span()], []).await;
    assert!(store.trace(trace_id(3)).await.unwrap().is_some());
    // So is the day itself: the damaged file stays under another name.
    write(&store, [draft(4, 1).span()], []).await;
    assert!(store.trace(trace_id(4)).await.unwrap().is_some());
    assert_eq!(std::fs::read(file.with_extension("db.damaged-1")).unwrap(), vec![b'?'; 50_000]);
    assert_eq!(store.check().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_that_shows_while_writing_costs_no_batch() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path()).await;
    let file = day_files(folder.path()).remove(0);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100..].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let store = open(folder.path());
    write(&store, [draft(9, 1).span()], []).await;
    assert!(store.trace(trace_id(9)).await.unwrap().is_some());
    assert!(file.with_extension("db.damaged-1").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_that_shows_late_does_not_stop_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path()).await;
    let file = day_files(folder.path()).remove(0);
    // The header is fine, the pages are not.
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100..].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let store = open(folder.path());
    let page = store.traces(&TraceQuery { limit: 10, ..TraceQuery::default() }).await.unwrap();
    assert_eq!(page.rows.len(), 1);
    assert!(matches!(store.health(), Health::Degraded(_)), "{:?}", store.health());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalog_that_is_no_database_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path()).await;
    std::fs::write(folder.path().join("catalog.db"), "nothing of the kind").unwrap();
    let error = Sqlite::open(Config::at(folder.path())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(error.to_string().contains("catalog.db"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_writer_and_any_number_of_readers() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let error = Sqlite::open(Config::at(folder.path())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
    let reader = Sqlite::open_read_only(folder.path()).unwrap();
    write(&store, [draft(1, 1).span()], []).await;
    assert!(reader.trace(trace_id(1)).await.unwrap().is_some());
    write(&store, [draft(2, 1).starts(at(0).plus(Timestamp::DAY)).span()], []).await;
    assert!(reader.trace(trace_id(2)).await.unwrap().is_some(), "a day that came later");
    let batch = quipu_core::Batch { spans: vec![draft(3, 1).span()], ..Default::default() };
    assert_eq!(reader.write(batch.into()).await.unwrap_err().kind(), ErrorKind::Denied);
    store.close().await.unwrap();
    assert!(reader.trace(trace_id(2)).await.unwrap().is_some());
    reader.close().await.unwrap();
    let again = open(folder.path());
    sound(&again).await;
    let nowhere = Sqlite::open_read_only(folder.path().join("nowhere")).unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::NotFound);
}
