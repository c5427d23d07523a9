//! Tests of interrupted migrations: another process is killed while it migrates a store of an older layout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use quipu_backend_sqlite::{Config, KeySource, Sqlite, migrate, repair, unlock};
use quipu_conformance::sample::{at, draft, trace_id};
use quipu_core::{Backend, ErrorKind, Store, Timestamp};
use quipu_pages::Pages;
use rusqlite::{Connection, OpenFlags};

use crate::files::TO_VERSION_5;
use crate::layouts::DAY_4;
use crate::{open, sound, write};

/// Environment variable that marks the child process, with the store to open.
const CHILD: &str = "QUIPU_MIGRATING_CHILD";
const DAYS: i32 = 6;
/// Spans of each day.
const SPANS: u64 = 6;
/// Rows of the catalog, so its copy takes a moment.
const STRAYS: u32 = 40_000;
/// Suffix of the copy of a file during its migration.
const BEFORE: &str = ".before-migration";
const CATALOG_1: &str =
    "DROP TABLE stray_meetings; DROP TABLE holds; DROP TABLE days; PRAGMA user_version = 1";

/// A store as earlier builds left it.
async fn older(folder: &Path) {
    open(folder).close().await.unwrap();
    for day in 0..DAYS {
        let path = folder.join(format!("days/d-202603{:02}.db", 2 + day));
        fs::write(path, zstd::decode_all(DAY_4).unwrap()).unwrap();
    }
    let catalog = crate::connect(folder.join("catalog.db")).unwrap();
    let strays = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {STRAYS}) \
         INSERT INTO strays SELECT randomblob(16), 20000 FROM n"
    );
    catalog.execute_batch(&format!("{strays}; {CATALOG_1}")).unwrap();
}

/// The child process: it opens the store, and reports it.
#[test]
fn child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let store = Sqlite::open(crate::config(folder)).unwrap();
    println!("opened");
    drop(store);
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "migrating::child", "--nocapture"]).env(CHILD, folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn versions(folder: &Path) -> Vec<u32> {
    let files = fs::read_dir(folder.join("days")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.to_str().unwrap().ends_with(".db")).collect();
    files.retain(|path| path.to_str().unwrap().contains("/d-"));
    files.sort();
    files.push(folder.join("catalog.db"));
    let version = |path: &PathBuf| u32::from_be_bytes(fs::read(path).unwrap()[60..64].try_into().unwrap());
    files.iter().map(version).collect()
}

/// The layouts of this build, for a day and the catalog.
async fn layouts() -> (u32, u32) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    write(&store, [draft(1, 1).span()], []).await;
    store.close().await.unwrap();
    let made = versions(folder.path());
    (made[0], made[1])
}

fn is_done(versions: &[u32], new: (u32, u32)) -> bool {
    let (catalog, days) = versions.split_last().unwrap();
    *catalog == new.1 && days.iter().all(|day| *day == new.0)
}

/// Existing copies, by the original file.
fn copies(folder: &Path) -> Vec<PathBuf> {
    let beside = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = beside(folder.join("days")).chain(beside(folder.to_owned())).collect();
    all.retain(|path| path.to_str().unwrap().ends_with(BEFORE));
    all
}

/// Kills the process once the condition holds; `false` if it had ended before.
fn kill_when(child: &mut Child, seen: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    loop {
        let ended = child.try_wait().unwrap().is_some();
        if ended || seen() {
            child.kill().unwrap();
            child.wait().unwrap();
            return !ended;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "it neither ends nor gets on");
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_whose_migration_was_killed_at_any_point_is_whole_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    older(folder.path()).await;
    let (old, new) = (versions(folder.path()), layouts().await);
    let mut interrupted = 0;
    for point in 0..2 + 2 * DAYS {
        let copy = tempfile::tempdir().unwrap();
        fs::create_dir(copy.path().join("days")).unwrap();
        for name in std::iter::once("catalog.db".into())
            .chain((0..DAYS).map(|day| format!("days/d-202603{:02}.db", 2 + day)))
        {
            fs::copy(folder.path().join(&name), copy.path().join(&name)).unwrap();
        }
        let catalog = copy.path().join(format!("catalog.db{BEFORE}"));
        let day = copy.path().join(format!("days/d-202603{:02}.db", 2 + (point - 2).max(0) / 2));
        let kept = PathBuf::from(format!("{}{BEFORE}", day.display()));
        let log = PathBuf::from(format!("{}-wal", day.display()));
        let mut child = start(copy.path());
        let seen = || match (point, point % 2) {
            (0, _) => catalog.exists(),
            (1, _) => catalog.exists() && fs::metadata(&catalog).is_ok_and(|copy| copy.len() > 1 << 20),
            (_, 0) => kept.exists(),
            _ => kept.exists() && fs::metadata(&log).is_ok_and(|log| log.len() > 0),
        };
        interrupted += usize::from(kill_when(&mut child, seen) && !is_done(&versions(copy.path()), new));
        for (file, (now, before)) in versions(copy.path()).into_iter().zip(&old).enumerate() {
            let done = if file == DAYS as usize { new.1 } else { new.0 };
            assert!(now == *before || now == done, "file {file} has layout {now} at point {point}");
        }
        let store = open(copy.path());
        assert_eq!(copies(copy.path()), Vec::<PathBuf>::new(), "at point {point}");
        assert_eq!(store.info().await.unwrap().spans, SPANS * DAYS as u64, "at point {point}");
        sound(&store).await;
        let call = draft(9, 1).llm("gpt-5", 1, 1).starts(at(0)).span();
        write(&store, [call], []).await;
        store.close().await.unwrap();
        let strays: u32 = crate::connect(copy.path().join("catalog.db"))
            .unwrap()
            .query_row("SELECT COUNT(*) FROM strays", [], |row| row.get(0))
            .unwrap();
        assert_eq!(strays, STRAYS, "at point {point}");
    }
    assert!(interrupted >= DAYS as usize, "{interrupted} were in the middle");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalog_that_a_crash_left_unreadable_gives_way_to_its_copy() {
    let folder = tempfile::tempdir().unwrap();
    older(folder.path()).await;
    let catalog = folder.path().join("catalog.db");
    fs::copy(&catalog, folder.path().join(format!("catalog.db{BEFORE}"))).unwrap();
    fs::write(&catalog, vec![b'?'; 50_000]).unwrap();
    let store = open(folder.path());
    sound(&store).await;
    store.close().await.unwrap();
    assert_eq!(copies(folder.path()), Vec::<PathBuf>::new());
    assert_eq!(versions(folder.path()).last(), Some(&layouts().await.1));
}

/// A key next to a folder, and direct access to its files.
pub(crate) fn vault(folder: &Path) -> (KeySource, Pages) {
    let key = folder.join("key");
    fs::write(&key, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n").unwrap();
    let source = KeySource { key_file: Some(key), ..KeySource::default() };
    let pages = Pages::sealed(source.load().unwrap()).unwrap();
    (source, pages)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_store_is_migrated_and_mended_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let (source, pages) = vault(folder.path());
    let path = folder.path().join("store");
    let config = || Config { encryption: Some(source.clone()), ..crate::config(&path) };
    let store = Sqlite::open(config()).unwrap();
    for day in 0..2 {
        let start = at(0).plus(day * Timestamp::DAY);
        write(&store, [draft(1 + day as u64, 1).session("s").starts(start).span()], []).await;
    }
    store.close().await.unwrap();
    drop(store);
    let connect =
        |name: &str| -> Connection { pages.connect(path.join(name), OpenFlags::default()).unwrap() };
    let days = ["days/d-20260302.db", "days/d-20260303.db"];
    for day in days {
        connect(day).execute_batch(TO_VERSION_5).unwrap();
    }
    connect("catalog.db").execute_batch(CATALOG_1).unwrap();
    unlock(&path, &source).unwrap();
    assert_eq!(migrate::plan(&path).unwrap().pending.len(), 3);
    let mut told = Vec::new();
    migrate::run(&path, &mut |file, _| told.push(file.versions)).unwrap();
    let new = layouts().await;
    assert_eq!(told, [(1, new.1), (5, new.0), (5, new.0)]);
    assert_eq!(copies(&path), Vec::<PathBuf>::new());
    assert_eq!(migrate::plan(&path).unwrap().pending, []);
    connect(days[0]).execute_batch("UPDATE traces SET spans = 9").unwrap();
    let mended = repair(Config::at(&path), true, &crate::Unpriced, &mut |_| {}).await.unwrap();
    assert_eq!((mended.done.len(), mended.lost), (2, Vec::new()), "{:?}", mended.done);
    let store = Sqlite::open(config()).unwrap();
    sound(&store).await;
    for trace in 1..=2 {
        assert_eq!(store.trace(trace_id(trace)).await.unwrap().unwrap().spans, 1);
    }
    store.close().await.unwrap();
    // Nothing is unencrypted, including the files that were set aside.
    let clear = Pages::clear(true).unwrap();
    for entry in fs::read_dir(path.join("days")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|end| end != "db") && !file.to_str().unwrap().ends_with(".repaired-1")
        {
            continue;
        }
        let opened = clear.connect(&file, OpenFlags::default());
        let read = opened.and_then(|conn| {
            conn.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        });
        assert!(read.is_err(), "{}", file.display());
    }
    // Another key changes nothing.
    fs::write(
        folder.path().join("key"),
        "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
    )
    .unwrap();
    assert_eq!(Sqlite::open(config()).unwrap_err().kind(), ErrorKind::Unsupported);
}
