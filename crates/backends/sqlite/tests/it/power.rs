//! Tests of power cuts at every possible state of the files.
//!
//! A synced write is certainly on the disk. Later writes may be present, missing or partial. The tests cut
//! the write-ahead log and put other bytes at its end. They also mix the pages of a file from before and
//! after its log was moved into it.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use quipu_backend_sqlite::{Config, Durability, Sqlite};
use quipu_conformance::sample::{draft, priced, trace_id};
use quipu_core::{Backend, Batch, GroupBy, Store, StoreIntegrity as _, TraceFilter, UsageQuery};

use crate::caught_up;

/// Bytes that a disk writes atomically.
const SECTOR: usize = 512;
/// Size of a page in the log with its frame header (<https://sqlite.org/fileformat2.html#walformat>), after
/// the log's own header. A distant day that starts with few records has small pages.
const FRAME: usize = 1_024 + 24;
const HEAD: usize = 32;
/// Spans of each batch; each is a call with the price of 0.25.
const SPANS: u64 = 3;

fn batch(number: u64) -> Batch {
    let call = |span| {
        draft(number, span).llm("gpt-5", 10, 1).with("gen_ai.input.messages", "words ".repeat(20)).span()
    };
    let spans: Vec<_> = (1..=SPANS).map(call).collect();
    let costs = spans.iter().map(|span| priced(span, "0.25")).collect();
    Batch { spans, costs, ..Batch::default() }
}

/// The current files of a folder. No process has them open, so closing them here releases no lock.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            // The index of a log is in memory, and is missing after a start.
            false if !path.to_str().unwrap().ends_with("-shm") => {
                all.extend(fs::read(&path).ok().map(|bytes| (path, bytes)))
            }
            false => {}
        }
    }
    all
}

fn lay_out(files: &[(PathBuf, Vec<u8>)], from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn day_log(files: &mut [(PathBuf, Vec<u8>)]) -> &mut Vec<u8> {
    let is_log =
        |path: &Path| path.to_str().unwrap().contains("/d-") && path.to_str().unwrap().ends_with("-wal");
    &mut files.iter_mut().find(|(path, _)| is_log(path)).unwrap().1
}

/// Lengths at which a log may end between these two: every sector of the last frames, and around the ends of
/// earlier frames.
fn ends(from: usize, to: usize) -> Vec<usize> {
    let close = from.max(to.saturating_sub(2 * FRAME));
    let mut ends: Vec<usize> = (close..to).step_by(SECTOR).collect();
    for frame in (HEAD..close).step_by(FRAME).filter(|frame| *frame >= from) {
        ends.extend([frame, frame + FRAME - SECTOR]);
    }
    ends.retain(|end| (from..to).contains(end));
    ends.sort_unstable();
    ends
}

/// Opens the remaining store. Each batch is complete or missing, they are the first ones, and none is
/// repeated. Returns their number.
async fn survivors(folder: &Path, sent: u64) -> u64 {
    let config = Config { search: false, durability: Durability::Os, ..Config::at(folder) };
    let store = Sqlite::open(config).unwrap();
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let mut there = 0;
    for number in 1..=sent {
        let row = store.trace(trace_id(number)).await.unwrap();
        match row.map_or(0, |row| row.spans) {
            0 => {}
            SPANS => {
                assert_eq!(there + 1, number, "what came before it is there too");
                there = number;
            }
            part => panic!("{part} spans of batch {number}"),
        }
    }
    let query = UsageQuery { filter: TraceFilter::default(), group_by: Vec::<GroupBy>::new() };
    let total = store.usage(&query).await.unwrap().remove(0).totals;
    assert_eq!(total.llm_calls, there * SPANS);
    // Writes continue from there.
    store.write(batch(sent + 1).into()).await.unwrap();
    assert_eq!(store.trace(trace_id(sent + 1)).await.unwrap().unwrap().spans, SPANS);
    store.close().await.unwrap();
    there
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_ends_anywhere_leaves_whole_batches() {
    const BATCHES: u64 = 2;
    let folder = tempfile::tempdir().unwrap();
    let config = Config { durability: Durability::Os, search: false, ..Config::at(folder.path()) };
    let store = Sqlite::open(config).unwrap();
    for number in 1..=BATCHES {
        store.write(batch(number).into()).await.unwrap();
    }
    let caught = files(folder.path());
    let whole = day_log(&mut caught.clone()).len();
    assert!(whole > 20 * SECTOR, "{whole}");
    let mut left = Vec::new();
    for length in ends(0, whole).into_iter().rev() {
        let mut files = caught.clone();
        day_log(&mut files).truncate(length);
        let copy = lay_out(&files, folder.path());
        left.push(survivors(copy.path(), BATCHES).await);
    }
    assert_eq!(left[0], BATCHES - 1, "the last one is not complete without its last sector");
    assert!(left.is_sorted_by(|more, less| more >= less), "{left:?}");
    assert_eq!(*left.last().unwrap(), 0);
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_from_the_disk_is_there_however_the_next_write_ends() {
    const ACKNOWLEDGED: u64 = 3;
    let folder = tempfile::tempdir().unwrap();
    let config = Config { durability: Durability::Disk, search: false, ..Config::at(folder.path()) };
    let store = Sqlite::open(config).unwrap();
    for number in 1..=ACKNOWLEDGED {
        store.write(batch(number).into()).await.unwrap();
    }
    let safe = day_log(&mut files(folder.path())).len();
    store.write(batch(ACKNOWLEDGED + 1).into()).await.unwrap();
    let caught = files(folder.path());
    let whole = day_log(&mut caught.clone()).len();
    assert!(whole > safe + SECTOR);
    for (turn, length) in ends(safe, whole).into_iter().enumerate() {
        // Cut off, or of the right length with the disk's earlier content.
        let rest = [None, Some(0x00), Some(0xff)][turn % 3];
        let mut files = caught.clone();
        let log = day_log(&mut files);
        log.truncate(length);
        if let Some(byte) = rest {
            log.resize(whole, byte);
        }
        let copy = lay_out(&files, folder.path());
        assert_eq!(survivors(copy.path(), ACKNOWLEDGED + 1).await, ACKNOWLEDGED, "at {length}, {rest:?}");
    }
    // Sectors may be written in any order. Without any sector of the last write, the write is missing.
    for at in ends(safe, whole).into_iter().step_by(3) {
        let mut files = caught.clone();
        let end = whole.min(at + SECTOR);
        day_log(&mut files)[at..end].iter_mut().for_each(|byte| *byte = !*byte);
        let copy = lay_out(&files, folder.path());
        assert_eq!(
            survivors(copy.path(), ACKNOWLEDGED + 1).await,
            ACKNOWLEDGED,
            "without the sector at {at}"
        );
    }
    store.close().await.unwrap();
}

/// The files just before and after a log is moved into its file.
async fn around_a_fold(folder: &Path) -> [Vec<(PathBuf, Vec<u8>)>; 2] {
    let store = Sqlite::open(Config { search: false, ..Config::at(folder) }).unwrap();
    for number in 1..=8 {
        store.write(batch(number).into()).await.unwrap();
    }
    let before = files(folder);
    store.close().await.unwrap();
    [before, files(folder)]
}

#[test]
fn pages_that_were_half_moved_come_from_the_log_again() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [before, after] = runtime.block_on(around_a_fold(folder.path()));
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(seed in any::<u64>())| {
        let mut random = seed | 1;
        let mut mixed = before.clone();
        for (path, bytes) in &mut mixed {
            let Some((_, new)) = after.iter().find(|(other, _)| other == path) else { continue };
            if !path.to_str().unwrap().ends_with(".db") {
                continue;
            }
            bytes.resize(bytes.len().max(new.len()), 0);
            for (old, new) in bytes.chunks_mut(SECTOR).zip(new.chunks(SECTOR)) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                if random % 2 == 0 {
                    old[..new.len()].copy_from_slice(new);
                }
            }
        }
        let copy = lay_out(&mixed, folder.path());
        prop_assert_eq!(runtime.block_on(survivors(copy.path(), 8)), 8);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_text_that_knows_more_than_its_day_is_built_anew_after_a_start_of_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(Config { durability: Durability::Os, ..Config::at(folder.path()) }).unwrap();
    store.write(batch(1).into()).await.unwrap();
    caught_up(&store).await;
    store.close().await.unwrap();
    let early = files(folder.path());
    let store = Sqlite::open(Config::at(folder.path())).unwrap();
    store.write(batch(2).into()).await.unwrap();
    caught_up(&store).await;
    store.close().await.unwrap();
    // The day comes back without the second batch, but its full text has it. The machine is another.
    let is_text = |path: &Path| path.to_str().unwrap().contains("/x-");
    let mut caught: Vec<_> = early.into_iter().filter(|(path, _)| !is_text(path)).collect();
    caught.extend(files(folder.path()).into_iter().filter(|(path, _)| is_text(path)));
    let copy = lay_out(&caught, folder.path());
    let catalog = crate::connect(copy.path().join("catalog.db")).unwrap();
    catalog.execute("UPDATE meta SET value = 'before' WHERE key = 'boot'", []).unwrap();
    drop(catalog);
    let store = Sqlite::open(Config::at(copy.path())).unwrap();
    let other = draft(3, 1).with("gen_ai.input.messages", "other").span();
    store.write(Batch { spans: vec![other], ..Batch::default() }.into()).await.unwrap();
    caught_up(&store).await;
    store.close().await.unwrap();
    let store = Sqlite::open_read_only(copy.path()).unwrap();
    let found = async |q: &str| {
        let filter = TraceFilter { q: Some(q.into()), ..TraceFilter::default() };
        let query = quipu_core::TraceQuery { filter, limit: 10, ..Default::default() };
        let rows = store.traces(&query).await.unwrap().rows;
        rows.into_iter().map(|row| row.trace_id).collect::<Vec<_>>()
    };
    assert_eq!(found("other").await, [trace_id(3)]);
    assert_eq!(found("words").await, [trace_id(1)]);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_text_that_cannot_be_told_sound_after_a_start_of_the_machine_is_built_anew() {
    // An older layout that is ahead; an older layout that is intact; no index at all; an unreadable day.
    for (case, goes) in [("older", true), ("older and sound", false), ("torn", true), ("no day", true)] {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(Config { durability: Durability::Os, ..Config::at(folder.path()) }).unwrap();
        store.write(batch(1).into()).await.unwrap();
        caught_up(&store).await;
        store.close().await.unwrap();
        let find = |part: &str| {
            let all = fs::read_dir(folder.path().join("days")).unwrap().map(|entry| entry.unwrap().path());
            all.into_iter().find(|path| path.to_str().unwrap().contains(part)).unwrap()
        };
        let (day, text) = (find("/d-"), find("/x-"));
        // An index is ahead of a day that lost its spans.
        let lose = "DELETE FROM spans; DELETE FROM bodies; DELETE FROM calls; DELETE FROM traces; DELETE FROM hidden; \
            DELETE FROM trace_dims; DELETE FROM meetings; DELETE FROM latest_meetings; DELETE FROM by_model; DELETE FROM by_agent; DELETE FROM by_source; \
            DELETE FROM by_tool";
        let conn = crate::connect(&day).unwrap();
        match case {
            "older" => conn.execute_batch(&format!("{lose}; {}", crate::files::TO_VERSION_5)).unwrap(),
            "older and sound" => conn.execute_batch(crate::files::TO_VERSION_5).unwrap(),
            "torn" => fs::write(&text, vec![b'?'; 20_000]).unwrap(),
            _ => fs::write(&day, vec![b'?'; 20_000]).unwrap(),
        }
        drop(conn);
        let catalog = crate::connect(folder.path().join("catalog.db")).unwrap();
        catalog.execute("UPDATE meta SET value = 'before' WHERE key = 'boot'", []).unwrap();
        drop(catalog);
        let was = fs::metadata(&text).unwrap();
        let config = Config { search: false, durability: Durability::Os, ..Config::at(folder.path()) };
        let store = Sqlite::open(config).unwrap();
        store.close().await.unwrap();
        let stays = fs::metadata(&text).is_ok_and(|now| {
            use std::os::unix::fs::MetadataExt;
            now.ino() == was.ino()
        });
        assert_eq!(stays, !goes, "{case}");
    }
}
