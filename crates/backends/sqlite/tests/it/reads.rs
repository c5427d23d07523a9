//! Tests of reads that fail or return wrong bytes, of intact files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use quipu_backend_sqlite::Sqlite;
use quipu_conformance::sample::{draft, trace_id};
use quipu_core::{Backend, Batch, ErrorKind, Health, Retry, Store};
use quipu_pages::{Trip, trip_reads};

use crate::{open, sound, write};

/// Injected read errors affect the whole process, so their tests run one after the other.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A closed store with one span, and the file of its day.
async fn one_day(folder: &Path) -> PathBuf {
    let store = open(folder);
    write(&store, [draft(1, 1).span()], []).await;
    store.close().await.unwrap();
    only_file(folder, "d-")
}

fn only_file(folder: &Path, begin: &str) -> PathBuf {
    let files = fs::read_dir(folder.join("days")).unwrap().map(|file| file.unwrap().path());
    let named = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(begin);
    let mut files: Vec<_> = files.filter(|path| named(path) && path.extension().unwrap() == "db").collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

fn trip(file: &Path, how: Trip, reads: u32) {
    trip_reads(file.to_str().unwrap(), how, reads);
}

fn set_aside(folder: &Path) -> usize {
    let files = fs::read_dir(folder.join("days")).unwrap();
    files.filter(|file| file.as_ref().unwrap().path().to_str().unwrap().contains("damaged")).count()
}

async fn spans(store: &Sqlite, trace: u64) -> u64 {
    store.trace(trace_id(trace)).await.unwrap().map_or(0, |trace| trace.spans)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::await_holding_lock, reason = "the lock lets one test at a time make reads fail")]
async fn a_question_whose_read_fails_can_be_asked_again() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let file = one_day(folder.path()).await;
    for how in [Trip::Fails, Trip::Flips] {
        // It has no background thread that could hit the error.
        let store = Sqlite::open_read_only(folder.path()).unwrap();
        trip(&file, how, 1);
        let error = store.trace(trace_id(1)).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Io, Retry::Yes), "{how:?}: {error}");
        assert_eq!(spans(&store, 1).await, 1, "{how:?}");
        assert_eq!(store.health(), Health::Ready, "{how:?}");
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::await_holding_lock, reason = "the lock lets one test at a time make reads fail")]
async fn a_write_whose_read_fails_sets_no_day_aside() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let file = one_day(folder.path()).await;
    for (at, how) in [Trip::Fails, Trip::Flips].into_iter().enumerate() {
        let store = open(folder.path());
        trip(&file, how, 1);
        let number = 2 + at as u64;
        let batch = Batch { spans: vec![draft(number, 1).span()], ..Batch::default() };
        if let Err(error) = store.write(batch.clone().into()).await {
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Io, Retry::Yes), "{how:?}: {error}");
            store.write(batch.into()).await.unwrap();
        }
        trip(&file, how, 0);
        assert_eq!((spans(&store, 1).await, spans(&store, number).await), (1, 1), "{how:?}");
        sound(&store).await;
        store.close().await.unwrap();
    }
    assert_eq!(set_aside(folder.path()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::await_holding_lock, reason = "the lock lets one test at a time make reads fail")]
async fn while_reads_fail_nothing_is_left_out_and_nothing_set_aside() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let file = one_day(folder.path()).await;
    let store = open(folder.path());
    trip(&file, Trip::Fails, u32::MAX);
    for number in 2..5 {
        let read = store.trace(trace_id(1)).await.unwrap_err();
        let batch = Batch { spans: vec![draft(number, 1).span()], ..Batch::default() };
        let written = store.write(batch.into()).await.unwrap_err();
        assert_eq!([read.retry(), written.retry()], [Retry::Yes; 2], "{read}; {written}");
    }
    assert!(matches!(store.health(), Health::Down(_)));
    trip(&file, Trip::Fails, 0);
    write(&store, [draft(5, 1).span()], []).await;
    assert_eq!((spans(&store, 1).await, spans(&store, 5).await), (1, 1));
    assert_eq!(set_aside(folder.path()), 0);
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_cannot_be_read_at_the_start_is_taken_up_once_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = one_day(folder.path()).await;
    let away = folder.path().join("away");
    fs::rename(&file, &away).unwrap();
    fs::create_dir(&file).unwrap();
    let store = open(folder.path());
    assert!(matches!(store.health(), Health::Degraded(_)));
    let batch = Batch { spans: vec![draft(2, 1).span()], ..Batch::default() };
    let error = store.write(batch.clone().into()).await.unwrap_err();
    assert_eq!(error.retry(), Retry::Yes, "{error}");
    fs::remove_dir(&file).unwrap();
    fs::rename(&away, &file).unwrap();
    store.write(batch.into()).await.unwrap();
    assert_eq!((spans(&store, 1).await, spans(&store, 2).await), (1, 1));
    assert_eq!(set_aside(folder.path()), 0);
    assert_eq!(store.health(), Health::Ready);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_open_for_reading_does_not_answer_without_a_day_that_it_cannot_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = one_day(folder.path()).await;
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let error = Sqlite::open_read_only(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
}
