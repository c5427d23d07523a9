//! Audit logs for tests, and a clock that a test sets.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use quipu_audit::{Actor, ActorKind, Audit, AuditConfig, Entry, verify_folder};
use quipu_core::{Clock, Timestamp};
use tempfile::TempDir;

pub struct Hand(AtomicI64);

impl Hand {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_795_000_000 * Timestamp::SECOND)))
    }

    pub fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds * Timestamp::SECOND, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

/// Small files, so a test gets several.
pub fn small() -> AuditConfig {
    AuditConfig { file_bytes: 64 << 10, ..AuditConfig::default() }
}

pub fn open(folder: &Path) -> Audit {
    Audit::open(folder, small(), Hand::new()).unwrap()
}

pub fn read_of(number: usize) -> Entry {
    let actor = Actor::new(ActorKind::User, format!("user-{}", number % 3));
    Entry::new(actor, "trace.read").on(format!("{number:032x}")).within("default")
}

/// Writes a log with this many entries and closes it.
pub async fn record(entries: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(folder.path());
    for number in 1..entries {
        audit.note_later(read_of(number));
    }
    audit.note(read_of(entries)).await.unwrap();
    audit.close().await;
    assert!(verify_folder(folder.path(), &[]).unwrap().holds);
    folder
}

/// The files with entries, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl")).collect();
    files.sort();
    files
}

/// The errors of a verification as one text; empty if there are none.
pub fn faults(folder: &Path) -> String {
    let verdict = verify_folder(folder, &[]).unwrap();
    assert_eq!(verdict.holds, verdict.faults.is_empty());
    let faults =
        verdict.faults.iter().map(|fault| format!("{:?} {:?} {}\n", fault.file, fault.line, fault.what));
    faults.collect()
}
