//! Inbox of a store: batches of the processes that do not hold its write lock, one file for each batch.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use quipu_core::{Batch, Error, ErrorKind, Result, Retry};

use crate::exporter::{Head, Packed, failed, private};

/// Folder of the inbox in the folder of the store.
const FOLDER: &str = "inbox";
/// Extension of a complete batch.
const BATCH: &str = "batch";
/// Extension of a file until it is complete.
const MAKING: &str = "making";
/// Extension of a batch that cannot be read.
const DAMAGED: &str = "damaged";
/// Most bytes of waiting batches.
const MOST_BYTES: u64 = 256 << 20;

/// Inbox of one store.
#[derive(Debug)]
pub struct Inbox {
    folder: PathBuf,
    next: AtomicU64,
}

impl Inbox {
    /// Inbox of the store in this folder. It is created with the first batch.
    pub fn of_store(folder: &Path) -> Self {
        Self { folder: folder.join(FOLDER), next: AtomicU64::new(0) }
    }

    /// Folder of the inbox.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds a batch.
    ///
    /// # Errors
    /// [`ErrorKind::Exhausted`]: 256 MiB wait already. Other errors: the file cannot be written.
    pub fn put(&self, batch: &Batch) -> Result<()> {
        let at = |cause| failed("hand over batch", &self.folder, cause);
        private::folder(&self.folder).map_err(at)?;
        let packed = Packed::of(batch)?;
        let waiting: u64 =
            self.files().iter().filter_map(|path| fs::metadata(path).ok()).map(|m| m.len()).sum();
        if waiting + packed.bytes().len() as u64 > MOST_BYTES {
            let context = format!(
                "{}: {} MiB wait for the process that writes the store",
                self.folder.display(),
                MOST_BYTES >> 20
            );
            return Err(Error::new(ErrorKind::Exhausted, "hand over batch", context).with_retry(Retry::No));
        }
        let path = self.folder.join(self.name());
        let making = path.with_extension(MAKING);
        let written = private::file().create_new(true).write(true).open(&making).and_then(|mut file| {
            file.write_all(&Head::of(&packed, batch.len(), 0).to_bytes())?;
            file.write_all(packed.bytes())
        });
        written.and_then(|()| fs::rename(&making, &path)).map_err(|cause| {
            let _ = fs::remove_file(&making);
            at(cause)
        })
    }

    /// Names sort by time, then by process.
    fn name(&self) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{now:020}-{}-{number}.{BATCH}", std::process::id())
    }

    /// Complete batches, oldest first.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let is_batch = |path: &PathBuf| path.extension().is_some_and(|found| found == BATCH);
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_batch).collect();
        files.sort_unstable();
        files
    }

    /// Reads a batch. `None` if another process has removed it, or if it is damaged: then it is set aside.
    pub fn read(&self, path: &Path) -> Option<Batch> {
        let bytes = fs::read(path).ok()?;
        let batch = Head::read(&bytes).and_then(|head| head.unpack(bytes.get(Head::LEN..)?));
        if batch.is_none() {
            tracing::warn!(path = %path.display(), "a handed-over batch is damaged and was set aside");
            self.set_aside(path);
        }
        batch
    }

    /// Renames a batch, so it is not read again.
    pub(super) fn set_aside(&self, path: &Path) {
        let _ = fs::rename(path, path.with_extension(DAMAGED));
    }

    /// Removes a batch that the store has.
    pub fn remove(&self, path: &Path) {
        if let Err(cause) = fs::remove_file(path) {
            tracing::warn!(path = %path.display(), %cause, "cannot remove a handed-over batch");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use quipu_conformance::sample::draft;

    use super::*;

    #[test]
    fn a_batch_comes_back_and_a_damaged_one_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::of_store(folder.path());
        assert!(inbox.files().is_empty());
        let batch = |number| Batch { spans: vec![draft(1, number).span()], ..Batch::default() };
        inbox.put(&batch(1)).unwrap();
        inbox.put(&batch(2)).unwrap();
        let files = inbox.files();
        assert_eq!(
            files.iter().map(|path| inbox.read(path)).collect::<Vec<_>>(),
            [Some(batch(1)), Some(batch(2))]
        );
        inbox.remove(&files[0]);
        let mut bytes = fs::read(&files[1]).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&files[1], bytes).unwrap();
        assert_eq!(inbox.read(&files[1]), None);
        assert!(inbox.files().is_empty(), "it is not read again");
        assert!(files[1].with_extension(DAMAGED).exists());
    }

    #[test]
    fn a_full_inbox_refuses_batches() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::of_store(folder.path());
        fs::create_dir_all(inbox.folder()).unwrap();
        let large = fs::File::create(inbox.folder().join("0.batch")).unwrap();
        large.set_len(MOST_BYTES).unwrap();
        let error = inbox.put(&Batch { spans: vec![draft(1, 1).span()], ..Batch::default() }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
    }
}
