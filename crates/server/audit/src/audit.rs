//! The handle to an open audit log.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, TrySendError, bounded};
use quipu_core::locks::{Mutex, RwLock};
use quipu_core::{Clock, Error, ErrorKind, Result, Timestamp};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::chain::Chain;
use crate::folder::Folder;
use crate::refusals::Refusals;
use crate::writer::{Order, Writer};
use crate::{
    AuditConfig, AuditPage, AuditQuery, Entry, Head, Noted, Verdict, any_in_folder, export_folder, limits,
    read_folder, verify_folder,
};

/// Parallel reads of the files.
const READERS: usize = 2;
/// Parallel exports. They have a limit of their own, because a slow client can make an export last long.
const EXPORTS: usize = 2;
/// The approximate size of an exported chunk, in bytes.
const PIECE: usize = 64 << 10;

/// The audit log, open for writing. Clones are cheap; one thread writes. Other processes may have the log
/// open too.
#[derive(Clone)]
pub struct Audit {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    folder: Folder,
    required: bool,
    orders: RwLock<Option<Sender<Order>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    state: Arc<Mutex<AuditState>>,
    readers: Semaphore,
    exports: Arc<Semaphore>,
}

/// The state of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditState {
    /// Entries lost since the start. Once writes succeed again, an entry `audit.lost` records their number.
    pub lost: u64,
    /// The error of the last write; `None` if the write succeeded.
    pub failing: Option<String>,
    /// The first sign since the start that the log was cut or changed from outside; `None` if there is none.
    pub damage: Option<String>,
    /// The last entry that this process wrote or read.
    pub known: Head,
}

impl Audit {
    /// Opens the audit log in `folder` and creates a missing folder. A line that a crash cut off is removed
    /// and recorded (`audit.cut`). Missing entries are recorded as well (`audit.missing`, `audit.headless`,
    /// `audit.unreadable`) and remain an error for [`Self::verify`].
    ///
    /// # Errors
    /// The folder cannot be written, or the configuration is out of bounds.
    pub fn open(folder: &Path, settings: AuditConfig, clock: Arc<dyn Clock>) -> Result<Self> {
        settings.check()?;
        let folder = Folder::at(folder);
        let state = Arc::new(Mutex::new(AuditState::default()));
        let required = settings.required;
        let writer = Writer {
            refusals: Refusals::new(settings.refusals_per_minute),
            chain: Chain::open(folder.clone(), settings, Arc::clone(&clock))?,
            clock,
            state: Arc::clone(&state),
            owed: 0,
        };
        let (orders, taken) = bounded(limits::QUEUE);
        let thread = std::thread::Builder::new()
            .name("quipu-audit".into())
            .spawn(move || writer.run(&taken))
            .map_err(|cause| {
                Error::new(ErrorKind::Exhausted, "open", "a thread for the audit log").caused_by(cause)
            })?;
        let inner = Inner {
            folder,
            required,
            orders: RwLock::new(Some(orders)),
            thread: Mutex::new(Some(thread)),
            state,
            readers: Semaphore::new(READERS),
            exports: Arc::new(Semaphore::new(EXPORTS)),
        };
        Ok(Self { inner: Some(Arc::new(inner)) })
    }

    /// Returns whether an act without an entry is forbidden.
    pub fn is_required(&self) -> bool {
        self.inner.as_ref().is_some_and(|inner| inner.required)
    }

    /// An audit log that stores nothing.
    pub const fn none() -> Self {
        Self { inner: None }
    }

    /// Writes an entry. It is written when this returns, and on disk if the configuration requires that.
    ///
    /// # Errors
    /// The entry could not be written.
    pub async fn note(&self, entry: Entry) -> Result<()> {
        let Some(inner) = &self.inner else { return Ok(()) };
        let (done, written) = oneshot::channel();
        let orders = inner.orders.read().clone().ok_or_else(closed)?;
        match orders.try_send(Order { entry, written: Some(done) }) {
            Ok(()) => {}
            Err(TrySendError::Disconnected(_)) => return Err(closed()),
            Err(TrySendError::Full(order)) => {
                let sent = tokio::task::spawn_blocking(move || orders.send(order).map_err(drop)).await;
                sent.map_err(|_| closed())?.map_err(|_| closed())?;
            }
        }
        written.await.map_err(|_| closed())?
    }

    /// Queues an entry without waiting for the write. If [`limits::QUEUE`] entries are waiting, the caller's
    /// thread blocks: acts must not outrun their entries.
    pub fn note_later(&self, entry: Entry) {
        let Some(inner) = &self.inner else { return };
        let orders = inner.orders.read().clone();
        let sent = orders.is_some_and(|orders| orders.send(Order { entry, written: None }).is_ok());
        if !sent {
            inner.state.lock().lost += 1;
        }
    }

    /// Returns a page of entries, the newest first.
    ///
    /// # Errors
    /// The files cannot be read.
    pub async fn page(&self, query: AuditQuery) -> Result<AuditPage> {
        self.read(move |folder| read_folder(folder, &query)).await.unwrap_or_else(|| Ok(AuditPage::default()))
    }

    /// Returns whether any entry satisfies `is_such`. Blocks, and may read the whole log.
    ///
    /// # Errors
    /// The files cannot be read.
    pub fn any(&self, is_such: &dyn Fn(&Noted) -> bool) -> Result<bool> {
        self.inner.as_ref().map_or(Ok(false), |inner| any_in_folder(inner.folder.path(), is_such))
    }

    /// Exports the lines from `since` until before `until`, the oldest first, as [`crate::export_folder`]
    /// does. Each chunk has whole lines, and the receiver sets the pace. If the files cannot be read, the
    /// last chunk is an error.
    ///
    /// # Errors
    /// `ErrorKind::Exhausted`: the limit of parallel exports is reached.
    pub fn export(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<mpsc::Receiver<io::Result<Vec<u8>>>> {
        let (to, pieces) = mpsc::channel(1);
        let Some(inner) = self.inner.clone() else { return Ok(pieces) };
        let turn = Arc::clone(&inner.exports).try_acquire_owned().map_err(|_| {
            let text =
                format!("{EXPORTS} exports of the audit are in progress; try again when one has ended");
            Error::new(ErrorKind::Exhausted, "export", text)
        })?;
        tokio::spawn(async move {
            let (folder, told) = (inner.folder.clone(), to.clone());
            let work = move || {
                let _turn = turn;
                // The export ends if the receiver is dropped.
                pour(folder.path(), since, until, &to);
            };
            if tokio::task::spawn_blocking(work).await.is_err() {
                // Without an error the chunks sent so far would look complete.
                let _ = told.send(Err(io::Error::other("the export was interrupted"))).await;
            }
        });
        Ok(pieces)
    }

    /// Reads the whole log and checks it, including the last entry that this process wrote. A log that stores
    /// nothing is intact.
    ///
    /// # Errors
    /// The files cannot be read.
    pub async fn verify(&self) -> Result<Verdict> {
        let known = self.state().known;
        let verdict = self.read(move |folder| verify_folder(folder, &[known])).await;
        let verdict = verdict.unwrap_or_else(|| Ok(Verdict { holds: true, ..Verdict::default() }))?;
        if let (Some(inner), Some(first)) = (&self.inner, verdict.faults.first()) {
            tracing::error!(faults = verdict.faults.len(), "the audit record is damaged: {}", first.what);
            inner.state.lock().damage.get_or_insert_with(|| first.what.clone());
        }
        Ok(verdict)
    }

    /// Returns the state of the log.
    pub fn state(&self) -> AuditState {
        self.inner.as_ref().map(|inner| inner.state.lock().clone()).unwrap_or_default()
    }

    /// Writes the queued entries and ends the writing thread. Later entries are rejected.
    pub async fn close(&self) {
        let Some(inner) = self.inner.clone() else { return };
        // A thread that panicked has nothing left to write.
        let _ = tokio::task::spawn_blocking(move || inner.end()).await;
    }

    async fn read<T: Send + 'static>(
        &self,
        how: impl FnOnce(&Path) -> Result<T> + Send + 'static,
    ) -> Option<Result<T>> {
        let inner = self.inner.clone()?;
        let Ok(_turn) = inner.readers.acquire().await else { return Some(Err(closed())) };
        let folder = inner.folder.clone();
        let read = tokio::task::spawn_blocking(move || how(folder.path())).await;
        Some(read.unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "read", "the audit record"))))
    }
}

impl Inner {
    fn end(&self) {
        drop(self.orders.write().take());
        if let Some(thread) = self.thread.lock().take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}

fn pour(
    folder: &Path,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    to: &mpsc::Sender<io::Result<Vec<u8>>>,
) {
    let mut piece = Vec::new();
    let send = |piece| to.blocking_send(Ok(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe));
    let read = export_folder(folder, since, until, &mut |line| {
        piece.extend_from_slice(line);
        if piece.len() >= PIECE { send(std::mem::take(&mut piece)) } else { Ok(()) }
    });
    let last = read.map(|_| piece).map_err(io::Error::other);
    // The receiver may be gone.
    let _ = to.blocking_send(last);
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "note", "the audit record is closed")
}
