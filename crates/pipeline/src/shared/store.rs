//! The store of a process that shares its folder with others.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quipu_core::locks::RwLock;
use quipu_core::{Batch, Error, ErrorKind, Result, Retry, Store};

use super::inbox::Inbox;
use super::lease;
use crate::Pipeline;

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To write, under the store's lock.
    Write,
    /// To read, beside a process that writes.
    Read,
}

type Open = Box<dyn Fn(Mode) -> Result<Arc<dyn Store>> + Send + Sync>;

/// A store whose write lock one process holds at a time. The holder writes, and takes in the batches of the
/// others. It hands the lock over to a process that asks for it. Without the lock, batches go to the inbox,
/// and queries read the files beside the holder. [`SharedStore::tend`] moves between the two states.
pub struct SharedStore {
    pub(super) name: &'static str,
    pub(super) inbox: Inbox,
    open: Open,
    writer: RwLock<Option<Arc<dyn Store>>>,
    /// Held to write; a change of the state waits for it.
    pub(super) turn: tokio::sync::RwLock<()>,
    /// Held by a query of a process without the lock: SQLite's locks belong to the process.
    reading: tokio::sync::Mutex<()>,
    /// Removals of the stores that this process no longer has open, and the changes of the state.
    pub(super) past_removals: AtomicU64,
    is_closed: std::sync::atomic::AtomicBool,
}

/// A store for one query.
pub(super) struct Asked<'a> {
    store: Arc<dyn Store>,
    _turn: Option<tokio::sync::MutexGuard<'a, ()>>,
}

impl Deref for Asked<'_> {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

impl SharedStore {
    /// Opens the store in `folder`, or its inbox if another process writes there.
    ///
    /// # Errors
    /// The errors of `open`, except that another process holds the lock.
    pub fn open(
        name: &'static str,
        folder: &Path,
        open: impl Fn(Mode) -> Result<Arc<dyn Store>> + Send + Sync + 'static,
    ) -> Result<Self> {
        let writer = match open(Mode::Write) {
            Ok(store) => Some(store),
            Err(error) if error.kind() == ErrorKind::Locked => {
                let folder = folder.display();
                tracing::info!(%folder, "another process writes the store: records go through its inbox");
                None
            }
            Err(error) => return Err(error),
        };
        let inbox = Inbox::of_store(folder);
        if writer.is_some() {
            lease::offer(&inbox);
        }
        Ok(Self {
            name,
            inbox,
            open: Box::new(open),
            writer: RwLock::new(writer),
            turn: tokio::sync::RwLock::default(),
            reading: tokio::sync::Mutex::default(),
            past_removals: AtomicU64::new(0),
            is_closed: std::sync::atomic::AtomicBool::new(false),
        })
    }

    /// The store, if this process holds its lock.
    pub(super) fn writer(&self) -> Option<Arc<dyn Store>> {
        self.writer.read().clone()
    }

    /// The store, for a change that needs its lock.
    pub(super) fn need_writer(&self) -> Result<Arc<dyn Store>> {
        self.writer().ok_or_else(|| {
            let context = "another process writes this store; run it there, or stop that process";
            Error::new(ErrorKind::Locked, "change store", context).of_backend(self.name)
        })
    }

    /// The store, for a query.
    pub(super) async fn ask(&self) -> Result<Asked<'_>> {
        if let Some(store) = self.writer() {
            return Ok(Asked { store, _turn: None });
        }
        let turn = self.reading.lock().await;
        Ok(Asked { store: (self.open)(Mode::Read)?, _turn: Some(turn) })
    }

    /// One look at the inbox and at the lease; call it a few times a second. `pipeline` counts the batches of
    /// other processes; without one they are stored as those processes counted them.
    pub async fn tend(&self, pipeline: Option<&Pipeline>) {
        if self.is_closed.load(Ordering::Acquire) {
            return;
        }
        match self.writer() {
            Some(_) if lease::is_wanted(&self.inbox) => self.hand_over().await,
            Some(store) => take_in(&self.inbox, pipeline, &store).await,
            None if lease::is_wanted(&self.inbox) => {}
            None => self.take_over().await,
        }
    }

    async fn hand_over(&self) {
        let _turn = self.turn.write().await;
        let Some(store) = self.writer.write().take() else { return };
        let removals = store.forgetting().map_or(0, |forgetting| forgetting.removals());
        self.past_removals.fetch_add(removals + 1, Ordering::AcqRel);
        lease::withdraw(&self.inbox);
        if let Err(error) = store.close().await {
            tracing::warn!(%error, "the store did not close cleanly before its hand-over");
        }
    }

    /// Tries to become the process that writes.
    async fn take_over(&self) {
        let _turn = self.turn.write().await;
        let _reading = self.reading.lock().await;
        match (self.open)(Mode::Write) {
            Ok(store) => {
                self.past_removals.fetch_add(1, Ordering::AcqRel);
                *self.writer.write() = Some(store);
                lease::offer(&self.inbox);
            }
            Err(error) if error.kind() == ErrorKind::Locked => {}
            Err(error) => tracing::warn!(%error, "the store cannot be taken over"),
        }
    }

    /// Closes the store. If no process holds its lock, the batches of the inbox are stored before.
    pub(super) async fn end(&self) -> Result<()> {
        if self.is_closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        if self.writer().is_none() && !self.inbox.files().is_empty() {
            self.take_over().await;
        }
        let _turn = self.turn.write().await;
        let Some(store) = self.writer.write().take() else { return Ok(()) };
        take_in(&self.inbox, None, &store).await;
        lease::withdraw(&self.inbox);
        store.close().await
    }
}

impl Inbox {
    /// Passes the waiting batches to a pipeline, for a process that holds the lock without a [`SharedStore`].
    pub async fn take_in(&self, pipeline: &Pipeline) {
        for path in self.files() {
            let Some(batch) = self.read(&path) else { continue };
            if !self.settle(&path, pipeline.adopt(batch).await) {
                return;
            }
        }
    }
}

impl Inbox {
    /// Removes a stored batch, and sets a rejected one aside. False for one that waits for another attempt.
    fn settle(&self, path: &Path, stored: Result<()>) -> bool {
        match stored {
            Ok(()) => self.remove(path),
            Err(error) if error.retry() == Retry::Yes => {
                tracing::warn!(%error, "a handed-over batch waits for another attempt");
                return false;
            }
            Err(error) => {
                let shown = path.display();
                tracing::warn!(%error, path = %shown, "the store rejected a handed-over batch");
                self.set_aside(path);
            }
        }
        true
    }
}

async fn take_in(inbox: &Inbox, pipeline: Option<&Pipeline>, store: &Arc<dyn Store>) {
    if let Some(pipeline) = pipeline {
        return inbox.take_in(pipeline).await;
    }
    for path in inbox.files() {
        let Some(batch) = inbox.read(&path) else { continue };
        let batch: Arc<Batch> = Arc::new(batch);
        if !inbox.settle(&path, store.write(batch).await) {
            return;
        }
    }
}

impl Drop for SharedStore {
    fn drop(&mut self) {
        if self.writer.read().is_some() {
            lease::withdraw(&self.inbox);
        }
    }
}
