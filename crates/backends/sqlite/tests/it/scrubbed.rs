//! Tests of files rewritten after a removal: they have nothing of the removed records, unencrypted or
//! encrypted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::sample::draft;
use quipu_core::*;
use quipu_pages::Pages;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::forget::occurs;

const GONE: &str = "u-forget-me-0317";
const SESSION: &str = "s-forget-me-2291";
const WORD: &str = "quaxolotlixe";

fn user() -> Owner {
    Owner { kind: OwnerKind::User, id: GONE.into(), names: &["user.id"] }
}

fn batch(from: u64, user: &str, session: &str, word: &str) -> Arc<Batch> {
    let told = |trace: u64| {
        let text = format!("please tell of {word} in a story with many words for trace {trace}");
        let day = i64::try_from(trace % 2).unwrap() * Timestamp::DAY;
        let mut span = draft(trace, 1).named(&format!("ask {word}")).user(user).session(session).span();
        span.attributes.push("user.id", user);
        span.attributes.push("session.id", session);
        span.attributes.push("gen_ai.input.messages", text);
        span.status_message = format!("failed at {word}");
        span.canonical.tags = vec![format!("tag-{word}").into()];
        (span.start, span.end) = (span.start.plus(day), span.end.map(|end| end.plus(day)));
        span
    };
    Arc::new(Batch { spans: (from..from + 40).map(told).collect(), ..Batch::default() })
}

fn databases(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = [folder.to_path_buf(), folder.join("days")]
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten())
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "db"))
        .collect();
    found.sort();
    found
}

/// All values of all tables, including those of full text.
fn dump(conn: &Connection) -> Vec<u8> {
    let mut look = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = look.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut out = Vec::new();
    for table in tables.iter().filter(|table| *table != "words") {
        let mut look = conn.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = look.column_count();
        let mut rows = look.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => out.extend_from_slice(bytes),
                    _ => {}
                }
                out.push(b'\n');
            }
        }
    }
    out
}

async fn forgets(folder: &Path, config: Config, pages: &Pages) {
    let store = Sqlite::open(config).unwrap();
    store.write(batch(1, GONE, SESSION, WORD)).await.unwrap();
    store.write(batch(101, "u-other", "s-other", "knots")).await.unwrap();
    crate::caught_up(&store).await;
    store.forget_owned(&user()).await.unwrap();
    let look = store.scrub(true).await.unwrap();
    assert_eq!((look[0].found, look[0].remaining), (2, 2), "both days are to be written anew: {look:?}");
    let done = store.scrub(false).await.unwrap();
    assert_eq!((done[0].found, done[0].remaining, &done[0].trouble), (2, 0, &None), "{done:?}");
    assert!(done.iter().all(|place| place.trouble.is_none()), "{done:?}");
    assert_eq!(store.scrub(true).await.unwrap()[0].found, 0);
    crate::caught_up(&store).await;
    let page = store.traces(&TraceQuery { limit: 100, ..TraceQuery::default() }).await.unwrap();
    assert_eq!(page.rows.len(), 40, "others are there");
    crate::sound(&store).await;
    store.close().await.unwrap();
    for needle in [GONE, SESSION, WORD] {
        assert!(!occurs(folder, needle.as_bytes()), "{needle} is in a raw file");
    }
    for path in databases(folder) {
        let conn = pages.connect(&path, rusqlite::OpenFlags::default()).unwrap();
        let values = dump(&conn);
        for needle in [GONE, SESSION, WORD, &format!("tag-{WORD}")] {
            let found = values.windows(needle.len()).any(|bytes| bytes == needle.as_bytes());
            assert!(!found, "{needle} in a table of {}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_forgotten_user_is_in_a_file_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    forgets(folder.path(), crate::config(folder.path()), &Pages::clear(true).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_forgotten_user_is_in_an_encrypted_file() {
    let keys = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (encryption, pages) = crate::migrating::vault(keys.path());
    let config = Config { encryption: Some(encryption), ..crate::config(folder.path()) };
    forgets(folder.path(), config, &pages).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_nothing_is_left_of_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(crate::config(folder.path())).unwrap();
    store.write(batch(1, GONE, SESSION, WORD)).await.unwrap();
    store.forget_owned(&user()).await.unwrap();
    store.scrub(false).await.unwrap();
    assert_eq!(store.info().await.unwrap().days, 0);
    store.write(batch(1, GONE, SESSION, WORD)).await.unwrap();
    assert_eq!(store.owned(&user()).await.unwrap().traces.len(), 40, "and it is begun anew");
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removal_that_was_broken_off_is_finished_by_the_next_run_of_retention() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(crate::config(folder.path())).unwrap();
    store.write(batch(1, GONE, SESSION, WORD)).await.unwrap();
    store.write(batch(101, "u-other", "s-other", "knots")).await.unwrap();
    store.forget_owned(&user()).await.unwrap();
    store.close().await.unwrap();
    let store = Sqlite::open(crate::config(folder.path())).unwrap();
    assert_eq!(store.scrub(true).await.unwrap()[0].found, 2, "it is known after a new start");
    store.retire(&Retention::default(), Timestamp::from_nanos(i64::MAX / 2), false).await.unwrap();
    assert_eq!(store.scrub(true).await.unwrap()[0].found, 0);
    store.close().await.unwrap();
    assert!(!occurs(folder.path(), SESSION.as_bytes()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_is_written_to_all_the_time_is_written_anew_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Sqlite::open(crate::config(folder.path())).unwrap());
    store.write(batch(1, GONE, SESSION, WORD)).await.unwrap();
    let writing = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for from in (1_000_u64..).step_by(40) {
                store.write(batch(from, "u-other", "s-other", "knots")).await.unwrap();
            }
        })
    };
    store.forget_owned(&user()).await.unwrap();
    let done = store.scrub(false).await.unwrap();
    assert_eq!((done[0].remaining, &done[0].trouble), (0, &None), "{done:?}");
    writing.abort();
    let _ = writing.await;
    crate::sound(&store).await;
    store.close().await.unwrap();
    assert!(!occurs(folder.path(), SESSION.as_bytes()));
}
