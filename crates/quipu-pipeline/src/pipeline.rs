//! The pipeline's outside: submit, watch, close.

use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{Batch, Clock, Committed, Error, ErrorKind, Intake, Limits, Meter, Result, Stage, Store};
use quipu_ledger::Ledger;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::worker::{Job, Waiting, Worker};

/// Words to those who watch that may wait to be read; slower watchers are told how many they missed.
const WATCH: usize = 256;

/// What a pipeline is made of.
pub struct Parts {
    /// Where everything is kept, and where the ledger looks up what has left its memory.
    pub store: Arc<dyn Store>,
    /// Stages after the count, in order.
    pub stages: Vec<Arc<dyn Stage>>,
    /// Counts what happens.
    pub meter: Arc<dyn Meter>,
    /// Tells the time of commits.
    pub clock: Arc<dyn Clock>,
    /// Bounds of the queue.
    pub limits: Limits,
}

/// Takes batches in, one worker moves them on. Cheap to share behind an [`Arc`].
pub struct Pipeline {
    queue: mpsc::Sender<Job>,
    watchers: broadcast::Sender<Arc<Committed>>,
    worker: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    meter: Arc<dyn Meter>,
}

impl Pipeline {
    /// Starts the worker on the current runtime.
    pub fn start(parts: Parts) -> Self {
        let (queue, jobs) = mpsc::channel(parts.limits.queue_requests.max(1));
        let (watchers, _) = broadcast::channel(WATCH);
        let meter = Arc::clone(&parts.meter);
        let worker = Worker::new(parts, Ledger::default(), watchers.clone());
        let worker = tokio::sync::Mutex::new(Some(tokio::spawn(worker.run(jobs))));
        Self { queue, watchers, worker, meter }
    }

    /// Where a word is said after each commit.
    pub fn watchers(&self) -> broadcast::Sender<Arc<Committed>> {
        self.watchers.clone()
    }

    /// Takes nothing more, finishes what waits, and closes the store. Calling it again does nothing.
    ///
    /// # Errors
    /// The worker ended before its time.
    pub async fn close(&self) -> Result<()> {
        let Some(worker) = self.worker.lock().await.take() else { return Ok(()) };
        let (done, closed) = oneshot::channel();
        if self.queue.send(Job::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
        worker.await.map_err(|cause| {
            Error::new(ErrorKind::Internal, "close pipeline", "its worker failed").caused_by(cause)
        })
    }
}

#[async_trait]
impl Intake for Pipeline {
    async fn submit(&self, batch: Batch) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let (done, stored) = oneshot::channel();
        self.queue.try_send(Job::Keep(Waiting { batch, answer: done })).map_err(|refusal| {
            let (kind, reason) = match refusal {
                mpsc::error::TrySendError::Full(_) => (ErrorKind::Exhausted, "queue full"),
                mpsc::error::TrySendError::Closed(_) => (ErrorKind::Unavailable, "shutting down"),
            };
            self.meter.add("quipu_refused_batches_total", &[("reason", reason)], 1);
            Error::new(kind, "take batch", reason)
        })?;
        stored.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unavailable, "take batch", "the pipeline has stopped"))
        })
    }
}
