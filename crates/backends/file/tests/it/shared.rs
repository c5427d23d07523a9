//! Helpers shared by the tests.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use quipu_backend_file::{Config, Fsync, files, read};
use quipu_conformance::sample::{batch, draft};
use quipu_core::{Batch, Clock, Timestamp};

/// A clock that is set by hand.
pub struct Hand(AtomicI64);

impl Hand {
    pub fn at(time: &str) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(time.parse::<Timestamp>().unwrap().nanos())))
    }

    pub fn move_to(&self, time: &str) {
        self.0.store(time.parse::<Timestamp>().unwrap().nanos(), Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

pub fn config(path: &Path) -> Config {
    Config { fsync: Fsync::Never, keep_days: 0, ..Config::at(path) }
}

/// A batch of one span with that number.
pub fn one(number: u64) -> Arc<Batch> {
    Arc::new(batch([draft(1, number).span()], []))
}

/// Every record of a folder, oldest file first.
pub fn all(folder: &Path) -> Batch {
    let mut all = Batch::default();
    for file in files(folder, "quipu").unwrap() {
        read(&file).unwrap().for_each(|record| record.unwrap().put_into(&mut all));
    }
    all
}

/// The numbers of the spans of a folder.
pub fn numbers(folder: &Path) -> Vec<u64> {
    all(folder).spans.iter().map(|span| u64::from_be_bytes(*span.span_id.as_bytes())).collect()
}

/// Names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with(".lock"));
    names.sort();
    names
}

/// Waits until the background thread has reached a state.
pub fn until(what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(20), "still not: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
