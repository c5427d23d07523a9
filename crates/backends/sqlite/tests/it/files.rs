//! Tests of files of other versions, damaged files, and other processes.

use std::path::{Path, PathBuf};

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::sample::{at, cost, draft, priced, span_id, trace_id};
use quipu_core::{
    Arrival, Backend, Cost, ErrorKind, Health, Kind, Meeting, Rule, Signal, Span, Store, StoreIntegrity as _,
    Timestamp, TraceFilter, TraceQuery, WorkQuery, Worked,
};

use crate::{open, sound, write};

pub(crate) fn day_files(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder.join("days")).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| {
            path.file_name().unwrap().to_str().unwrap().starts_with("d-") && path.extension().unwrap() == "db"
        })
        .collect();
    files.sort();
    files
}

/// Reverts a day's file to an older layout.
const TO_VERSION_11: &str = "DROP TABLE latest_meetings; DROP INDEX spans_below; ALTER TABLE spans DROP COLUMN below; \
     ALTER TABLE traces DROP COLUMN echoes; PRAGMA user_version = 11";
pub(crate) const TO_VERSION_5: &str = "DROP TABLE latest_meetings; DROP INDEX spans_below; ALTER TABLE spans DROP COLUMN below; \
     ALTER TABLE traces DROP COLUMN echoes; DROP TABLE removed; DROP INDEX spans_work; DROP INDEX spans_failed; DROP INDEX spans_more; \
     DROP INDEX calls_failed; DROP TABLE conflicts; ALTER TABLE spans DROP COLUMN moment; ALTER TABLE spans DROP COLUMN scope; ALTER TABLE spans DROP COLUMN sender; \
     ALTER TABLE spans DROP COLUMN arrived; ALTER TABLE spans DROP COLUMN ttft; ALTER TABLE spans DROP COLUMN verdict; \
     PRAGMA user_version = 5";
const TO_VERSION_4: &str = "ALTER TABLE spans DROP COLUMN labels; ALTER TABLE traces DROP COLUMN project; \
     ALTER TABLE traces DROP COLUMN revision; ALTER TABLE traces DROP COLUMN branch; PRAGMA user_version = 4";
const TO_VERSION_2: &str = "DROP TABLE exemplars; DROP TABLE meetings; DROP TABLE hidden; \
     ALTER TABLE traces DROP COLUMN made; ALTER TABLE spans DROP COLUMN signal; \
     ALTER TABLE spans DROP COLUMN meeting; PRAGMA user_version = 2";
const TO_VERSION_1: &str = "DROP INDEX traces_session; DROP INDEX traces_user; DROP INDEX traces_facets; \
     PRAGMA user_version = 1";

async fn two_days(folder: &Path) {
    let store = open(folder);
    write(&store, [draft(1, 1).session("s").span()], []).await;
    write(&store, [draft(2, 1).session("s").starts(at(0).plus(Timestamp::DAY)).span()], []).await;
    store.close().await.unwrap();
}

/// Bytes of write-ahead logs, by their database.
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
    // Two days are open. A third may have been read when it was closed.
    assert!(data(logs(folder.path())) <= 3, "{:?}", logs(folder.path()));
    store.close().await.unwrap();
    assert_eq!(logs(folder.path()), []);
    sound(&open(folder.path())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_5_is_migrated_and_knows_first_tokens_of_what_comes_then() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = draft(1, 2).below(1).llm("openai/gpt-5", 1, 1).span();
    old.canonical.time_to_first_token = Some(7);
    let store = open(folder.path());
    write(&store, [draft(1, 1).span(), old.clone()], [cost(&old)]).await;
    store.close().await.unwrap();
    for file in day_files(folder.path()) {
        crate::connect(file).unwrap().execute_batch(TO_VERSION_5).unwrap();
    }
    let store = open(folder.path());
    let mut new = draft(1, 3).below(1).llm("openai/gpt-5", 1, 1).span();
    new.canonical.time_to_first_token = Some(9);
    write(&store, [new.clone()], [cost(&new)]).await;
    sound(&store).await;
    let span = |number| store.span(trace_id(1), span_id(number));
    assert_eq!(span(2).await.unwrap().unwrap().first_token, None);
    assert_eq!(span(3).await.unwrap().unwrap().first_token, Some(9));
    let query = WorkQuery { of: Worked::Spans(vec![Kind::Llm]), ..WorkQuery::default() };
    let totals = store.work(&query).await.unwrap().remove(0).totals;
    assert_eq!((totals.count, totals.first_token.count(), totals.first_token.sum()), (2, 1, 9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_1_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path()).await;
    for file in day_files(folder.path()) {
        crate::connect(file)
            .unwrap()
            .execute_batch(&format!("{TO_VERSION_5}; {TO_VERSION_4}; {TO_VERSION_2}; {TO_VERSION_1}"))
            .unwrap();
    }
    let refused = Sqlite::open_read_only(folder.path()).unwrap();
    let error = refused.trace(trace_id(1)).await.unwrap_err();
    assert!(error.to_string().contains("version 1"), "{error}");
    drop(refused);
    let store = open(folder.path());
    assert_eq!(store.info().await.unwrap().version, 15);
    let filter = TraceFilter { session: Some("s".into()), ..TraceFilter::default() };
    let page = store.traces(&TraceQuery { filter, limit: 10, ..TraceQuery::default() }).await.unwrap();
    assert_eq!(page.rows.len(), 2);
    store.close().await.unwrap();
    for file in day_files(folder.path()) {
        let conn = crate::connect(file).unwrap();
        let version: u32 = conn.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        let sql =
            "SELECT COUNT(*) FROM sqlite_schema WHERE name LIKE 'traces!_%' ESCAPE '!' AND type = 'index'";
        assert_eq!((version, conn.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap()), (15, 4));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn version_2_is_migrated_and_its_spans_stay_what_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let (call, failed) =
        (draft(1, 1).llm("gpt-5", 10, 5).span(), draft(1, 2).tool("search").failed("no").span());
    let (counts, repeats) = (priced(&call, "1"), Cost { rule: Rule::Repeats, ..cost(&failed) });
    let before = {
        let store = open(folder.path());
        write(&store, [call.clone(), failed.clone()], [counts.clone(), repeats.clone()]).await;
        let row = store.trace(trace_id(1)).await.unwrap().unwrap();
        store.close().await.unwrap();
        row
    };
    assert_eq!((before.spans, before.errors), (2, 1));
    for file in day_files(folder.path()) {
        crate::connect(file)
            .unwrap()
            .execute_batch(&format!("{TO_VERSION_5}; {TO_VERSION_4}; {TO_VERSION_2}"))
            .unwrap();
    }
    crate::connect(folder.path().join("catalog.db"))
        .unwrap()
        .execute_batch(
            "DROP TABLE stray_meetings; DROP TABLE holds; DROP TABLE days; PRAGMA user_version = 1",
        )
        .unwrap();
    let store = open(folder.path());
    sound(&store).await;
    assert_eq!(store.trace(trace_id(1)).await.unwrap().unwrap(), before);
    let page = store.traces(&TraceQuery { limit: 10, ..TraceQuery::default() }).await.unwrap();
    assert_eq!(page.rows, [before]);
    for row in [counts, repeats] {
        let stored = store.span(trace_id(1), row.span_id).await.unwrap().unwrap();
        assert_eq!(stored.cost, Some(row));
    }
    let nodes = store.nodes(&[(trace_id(1), at(0))]).await.unwrap().concat();
    assert!(nodes.iter().all(|node| node.signal == Signal::Span && node.meeting.is_none()), "{nodes:?}");
    // New records have the new layout.
    let meeting = Meeting::of("sample", "s");
    let echo = draft(1, 3).llm("gpt-5", 1, 1).made_of(Signal::Log).meets(meeting).span();
    write(&store, [echo.clone()], [Cost { rule: Rule::Echo, ..cost(&echo) }]).await;
    assert_eq!(store.trace(trace_id(1)).await.unwrap().unwrap().spans, 2);
    let traces = store.meeting_traces(&[(meeting, at(0))]).await.unwrap();
    assert_eq!(traces, [[(trace_id(1), call.start)]]);
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_of_version_11_are_counted_once_where_they_began() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let spans = [
        draft(1, 1).failed("run").span(),
        draft(1, 2).below(1).good().span(),
        draft(1, 3).below(2).failed("tool").span(),
        draft(2, 1).failed("alone").span(),
    ];
    write(&store, spans, []).await;
    store.close().await.unwrap();
    for file in day_files(folder.path()) {
        let back = format!("UPDATE traces SET errors = errors + echoes; {TO_VERSION_11}");
        crate::connect(file).unwrap().execute_batch(&back).unwrap();
    }
    let store = open(folder.path());
    sound(&store).await;
    for trace in [1, 2] {
        assert_eq!(store.trace(trace_id(trace)).await.unwrap().unwrap().errors, 1, "trace {trace}");
    }
    write(&store, [draft(2, 2).below(1).failed("below").span()], []).await;
    assert_eq!(store.trace(trace_id(2)).await.unwrap().unwrap().errors, 1);
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arrivals_of_version_12_keep_their_second() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let sent = draft(1, 1).starts(at(7).plus(999_000_000)).span();
    let arrival = Arrival { sender: 1 << 32 | 7, millisecond: sent.start.millis() + 5_250 };
    write(&store, [Span { arrival, ..sent }, draft(1, 2).span()], []).await;
    store.close().await.unwrap();
    for file in day_files(folder.path()) {
        let back = "UPDATE spans SET arrived = (arrived + start / 1000000) / 1000 - start / 1000000000; \
             DROP TABLE latest_meetings; PRAGMA user_version = 12";
        crate::connect(file).unwrap().execute_batch(back).unwrap();
    }
    let store = open(folder.path());
    let nodes = store.nodes(&[(trace_id(1), at(7))]).await.unwrap();
    let arrivals: Vec<Arrival> = nodes.iter().flatten().map(|node| node.arrival).collect();
    let second = Arrival { millisecond: arrival.millisecond.div_euclid(1_000) * 1_000, ..arrival };
    assert_eq!(arrivals, [second, Arrival::default()]);
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_version_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path()).await;
    let file = day_files(folder.path()).remove(0);
    crate::connect(&file).unwrap().execute_batch("PRAGMA user_version = 16").unwrap();
    let error = Sqlite::open(Config::at(folder.path())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let text = error.to_string();
    assert!(text.contains("version 16") && text.contains("version 15") && text.contains("d-"), "{text}");
    crate::connect(&file).unwrap().execute_batch("PRAGMA user_version = 15").unwrap();
    crate::connect(folder.path().join("catalog.db"))
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
    // Neighbouring days are still written.
    write(&store, [draft(3, 1).starts(at(0).plus(Timestamp::DAY)).span()], []).await;
    assert!(store.trace(trace_id(3)).await.unwrap().is_some());
    // The day itself is written too. The damaged file stays under another name.
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
    // The header is intact, the pages are damaged.
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
    // Another process would lock the new file, so the folder is locked as well.
    std::fs::remove_file(folder.path().join("lock")).unwrap();
    let error = Sqlite::open(Config::at(folder.path())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked, "without the lock file");
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

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("store");
    let store = open(&folder);
    write(&store, [draft(1, 1).span()], []).await;
    quipu_backend_sqlite::accounts::open(folder.join("budgets.db")).unwrap();
    let mut waiting = vec![folder];
    let mut looked = 0;
    while let Some(path) = waiting.pop() {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{} {mode:o}", path.display());
        looked += 1;
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert!(looked > 6, "{looked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_that_were_tampered_with_are_found() {
    let changes = [
        ("UPDATE traces SET spans = spans + 1", "the totals of trace"),
        ("UPDATE traces SET errors = errors + 1", "the totals of trace"),
        ("UPDATE traces SET made = 0", "the totals of trace"),
        ("UPDATE calls SET marks = marks | 16", "the totals of trace"),
        ("DELETE FROM hidden", "traces that are wrongly hidden"),
        ("DELETE FROM latest_meetings", "spans whose meeting"),
    ];
    for (change, finding) in changes {
        let folder = tempfile::tempdir().unwrap();
        let echo =
            draft(1, 1).llm("gpt-5", 1, 1).made_of(Signal::Log).meets(Meeting::of("sample", "s")).span();
        let store = open(folder.path());
        write(&store, [echo.clone()], [Cost { rule: Rule::Echo, ..cost(&echo) }]).await;
        sound(&store).await;
        store.close().await.unwrap();
        crate::connect(&day_files(folder.path())[0]).unwrap().execute_batch(change).unwrap();
        let findings = open(folder.path()).check().await.unwrap().concat();
        assert!(findings.contains(finding), "{change}: {findings}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_kill_left_beside_the_days_goes_or_is_put_back() {
    let folder = tempfile::tempdir().unwrap();
    two_days(folder.path()).await;
    let [first, second] = <[PathBuf; 2]>::try_from(day_files(folder.path())).unwrap();
    let beside = |path: &Path, end: &str| PathBuf::from(format!("{}{end}", path.display()));
    let left = [".thinned", ".thinned-wal", ".before-migration"].map(|end| beside(&first, end));
    left.iter().for_each(|path| std::fs::write(path, b"left").map(drop).unwrap());
    // The other day is unreadable, but its copy is readable.
    std::fs::copy(&second, beside(&second, ".before-migration")).unwrap();
    std::fs::write(&second, b"torn").unwrap();
    let store = open(folder.path());
    assert_eq!(store.health(), Health::Ready);
    let page = store.traces(&TraceQuery { limit: 10, ..TraceQuery::default() }).await.unwrap();
    assert_eq!(page.rows.len(), 2);
    assert!(left.iter().all(|path| !path.exists()) && !beside(&second, ".before-migration").exists());
    sound(&store).await;
}
