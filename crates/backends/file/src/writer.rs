//! The thread that writes records to the active file.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use quipu_core::{Batch, Clock, Result};
use tokio::sync::oneshot;

use crate::active::{self, Active, Mended};
use crate::archive::Archive;
use crate::fault::failed;
use crate::folder::{Folder, day};
use crate::state::FileState;
use crate::{Config, Fsync};

/// A job of the thread, with the channel for its result.
pub(crate) enum Job {
    Write(Arc<Batch>, oneshot::Sender<Result<()>>),
    Flush(oneshot::Sender<Result<()>>),
    Close(oneshot::Sender<Result<()>>),
}

/// Bytes of buffer that are kept between batches.
const KEPT: usize = 64 << 10;

/// Interval of the check for the end of the day without writes.
const IDLE: Duration = Duration::from_secs(60);

pub(crate) struct Writer {
    config: Config,
    folder: Folder,
    clock: Arc<dyn Clock>,
    state: Arc<FileState>,
    active: Active<fs::File>,
    /// The day of the active file's records.
    day: Date,
    lines: Vec<u8>,
    synced: Instant,
    /// Bytes written since the last work on past files.
    grown: u64,
    /// The day of the last work on past files.
    tidied: Date,
    archive: Archive,
    /// Released last: fields are dropped in their order.
    _lock: fs::File,
}

impl Writer {
    /// Locks the folder and opens the file.
    pub fn open(
        config: Config,
        clock: Arc<dyn Clock>,
        state: Arc<FileState>,
    ) -> Result<(Self, Option<Mended>)> {
        config.check()?;
        let folder = Folder::of(&config);
        folder.make().map_err(|cause| failed("make folder", &folder.path, cause))?;
        let lock = folder.lock()?;
        let path = folder.active();
        let said = |cause| failed("open file", &path, cause);
        let today = day(clock.now());
        let day = last_written(&path).map_or(today, |time| day(time).min(today));
        let (active, mended) = active::open(&path).map_err(said)?;
        let archive = Archive::start(&config, Arc::clone(&clock), Arc::clone(&state)).map_err(said)?;
        let writer = Self {
            config,
            folder,
            clock,
            state,
            active,
            day,
            lines: Vec::new(),
            synced: Instant::now(),
            grown: 0,
            tidied: today,
            archive,
            _lock: lock,
        };
        Ok((writer, mended))
    }

    /// Processes jobs until it is closed, or all senders are gone.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_timeout(self.patience()) {
                Ok(Job::Write(batch, answer)) => {
                    let result = self.write(&batch);
                    self.state.wrote(&result);
                    // The caller may have dropped its receiver.
                    let _ = answer.send(result);
                    self.sync_if_due();
                }
                Ok(Job::Flush(answer)) => {
                    let _ = answer.send(self.flush());
                }
                Ok(Job::Close(answer)) => {
                    self.state.close();
                    let result = self.sync();
                    // The lock is released before the caller gets the result.
                    drop(self);
                    let _ = answer.send(result);
                    return;
                }
                Err(RecvTimeoutError::Timeout) => self.idle(),
                Err(RecvTimeoutError::Disconnected) => {
                    self.state.close();
                    let _ = self.sync();
                    return;
                }
            }
        }
    }

    /// Time to wait for a job. Without unsynced data the wait is long.
    fn patience(&self) -> Duration {
        match self.config.fsync {
            Fsync::Interval if self.active.is_unsynced() => {
                self.interval().saturating_sub(self.synced.elapsed()).max(Duration::from_millis(1))
            }
            _ => IDLE,
        }
    }

    fn interval(&self) -> Duration {
        Duration::from_millis(self.config.fsync_interval_ms.max(1))
    }

    fn idle(&mut self) {
        let today = day(self.clock.now());
        if today != self.tidied {
            self.tidied = today;
            self.archive.wake();
        }
        if let Err(error) = self.rotate_if_due(0) {
            tracing::warn!(%error, "cannot rotate a full file");
        }
        self.sync_if_due();
    }

    fn write(&mut self, batch: &Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut lines = std::mem::take(&mut self.lines);
        quipu_jsonl::batch(&mut lines, batch);
        let result = self.write_lines(&lines);
        lines.clear();
        lines.shrink_to(KEPT);
        self.lines = lines;
        result
    }

    fn write_lines(&mut self, lines: &[u8]) -> Result<()> {
        self.reopen_if_gone()?;
        self.rotate_if_due(lines.len() as u64)?;
        let path = self.folder.active();
        self.active.append(lines).map_err(|cause| failed("write lines", &path, cause))?;
        self.day = day(self.clock.now());
        self.grown += lines.len() as u64;
        // The growth of the active file leaves less space for past ones.
        if self.config.keep_bytes > 0 && self.grown > self.config.keep_bytes / 16 {
            self.grown = 0;
            self.archive.wake();
        }
        match self.config.fsync {
            Fsync::Batch => self.sync(),
            // The sync follows after the acknowledgement.
            Fsync::Interval | Fsync::Never => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<()> {
        self.rotate_if_due(0)?;
        if self.config.fsync == Fsync::Never { Ok(()) } else { self.sync() }
    }

    fn sync_if_due(&mut self) {
        let due = self.config.fsync == Fsync::Interval && self.active.is_unsynced();
        if due && self.synced.elapsed() >= self.interval() {
            let result = self.sync();
            if let Err(error) = &result {
                tracing::warn!(%error, "records were written, but could not be synced to the disk");
                self.state.wrote(&result);
            }
        }
    }

    fn sync(&mut self) -> Result<()> {
        self.synced = Instant::now();
        let path = self.folder.active();
        self.active
            .mend()
            .and_then(|()| self.active.sync())
            .map_err(|cause| failed("sync file", &path, cause))
    }

    /// Creates the file again if another program removed or moved it; otherwise records would be written to
    /// an unlinked file.
    fn reopen_if_gone(&mut self) -> Result<()> {
        let path = self.folder.active();
        if is_same(&self.active.medium, &path) {
            return Ok(());
        }
        let opened = self.folder.make().and_then(|()| active::open(&path));
        self.active = opened.map_err(|cause| failed("open file", &path, cause))?.0;
        tracing::warn!(path = %path.display(), "the file was removed or replaced; it was opened again");
        Ok(())
    }

    fn rotate_if_due(&mut self, more: u64) -> Result<()> {
        let length = self.active.length();
        let full = self.config.rotate_bytes > 0 && length + more > self.config.rotate_bytes;
        let over = self.config.rotate_daily && day(self.clock.now()) > self.day;
        if length == 0 || !(full || over) {
            return Ok(());
        }
        let path = self.folder.active();
        self.rotate().map_err(|cause| failed("rotate file", &path, cause))?;
        self.archive.wake();
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        // A past file must not end with half a line.
        self.active.mend()?;
        if self.config.fsync != Fsync::Never {
            self.active.sync()?;
        }
        let active = self.folder.active();
        fs::rename(&active, self.folder.next(self.day)?)?;
        self.active = active::open(&active)?.0;
        Ok(())
    }
}

/// The time of the last write to an existing, non-empty file.
fn last_written(path: &std::path::Path) -> Option<quipu_core::Timestamp> {
    let file = fs::metadata(path).ok().filter(|file| file.len() > 0)?;
    let since = file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(quipu_core::Timestamp::from_nanos(i64::try_from(since.as_nanos()).ok()?))
}

/// Whether the path still refers to the open file. On platforms without file ids: whether it refers to any
/// file.
fn is_same(open: &fs::File, path: &std::path::Path) -> bool {
    let Ok(named) = fs::metadata(path) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        open.metadata().is_ok_and(|open| (open.dev(), open.ino()) == (named.dev(), named.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = (open, named);
        true
    }
}
