//! Public interface of the pipeline: submit, watch, flush, close.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use quipu_core::{
    Backend, Batch, Committed, Conflicts, Error, ErrorKind, Intake, Meter, Metric, Result, Stage as _, Store,
    TraceId,
};
use quipu_ledger::Ledger;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use crate::ahead::Ahead;
use crate::exporter::{
    AllExporters, DeadLetters, Exporter, ExporterStatus, Forgotten, Offered, Open, Replayed, Swept,
};
use crate::parts::PipelineParts;
use crate::read::Read;
use crate::worker::{Job, Waiting, Worker};

/// Most unread notices per watcher. A slower watcher learns how many it missed.
const WATCH: usize = 256;

/// Accepts batches and passes them to one worker. Share it behind an [`Arc`].
pub struct Pipeline {
    read: Read,
    queue: mpsc::Sender<Job>,
    watchers: broadcast::Sender<Arc<Committed>>,
    worker: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    ahead: Arc<Ahead>,
    store: Arc<dyn Store>,
    exporters: AllExporters,
    meter: Arc<dyn Meter>,
    conflicts: Arc<OnceLock<mpsc::UnboundedSender<Conflicts>>>,
}

impl Pipeline {
    /// Starts the worker, and one for each exporter, on the current runtime.
    pub fn start(mut parts: PipelineParts) -> Self {
        let (queue, jobs) = mpsc::channel(parts.limits.queue_requests.max(1));
        let (watchers, _) = broadcast::channel(WATCH);
        let (meter, store) = (Arc::clone(&parts.meter), Arc::clone(&parts.store));
        let open = |exporter| Arc::new(Open::start(exporter, Arc::clone(&meter)));
        let exporters = AllExporters::new(std::mem::take(&mut parts.exporters).into_iter().map(open));
        let read = std::mem::take(&mut parts.stages.read);
        let before = std::mem::take(&mut parts.stages.before);
        let ahead = Arc::new(Ahead::new(before, &parts.stages.after, Arc::clone(&store)));
        let ledger = Ledger::new(parts.ledger_spans);
        let ledger = if parts.store_returns_all { ledger.leaving_in_store() } else { ledger };
        let conflicts = Arc::<OnceLock<_>>::default();
        let worker = Worker::new(parts, ledger, watchers.clone(), exporters.clone(), Arc::clone(&conflicts));
        let worker = tokio::sync::Mutex::new(Some(tokio::spawn(worker.run(jobs))));
        Self { read, queue, watchers, worker, ahead, store, exporters, meter, conflicts }
    }

    /// Channel of the notices after each commit.
    pub fn watchers(&self) -> broadcast::Sender<Arc<Committed>> {
        self.watchers.clone()
    }

    /// Reports ended spans of which the store rejected another version, from now on. There is one listener: a
    /// second receiver gets nothing.
    pub fn conflicts(&self) -> mpsc::UnboundedReceiver<Conflicts> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let _ = self.conflicts.set(sender);
        receiver
    }

    /// Adds an exporter. It gets the batches from now on. A tokio runtime must be current; the exporter's
    /// tasks run on it.
    ///
    /// # Errors
    /// There is an exporter with this name.
    pub fn add_exporter(&self, exporter: Exporter) -> Result<()> {
        let name = exporter.name.clone();
        let open = || Arc::new(Open::start(exporter, Arc::clone(&self.meter)));
        if self.exporters.add(&name, open) {
            return Ok(());
        }
        let context = format!("there is already an exporter {name:?}: remove it first, or use another name");
        Err(Error::new(ErrorKind::Invalid, "add exporter", context))
    }

    /// Removes an exporter: it gets no more batches, writes its waiting ones and closes, within its close
    /// timeout.
    ///
    /// # Errors
    /// There is no exporter with this name.
    pub async fn remove_exporter(&self, name: &str) -> Result<()> {
        let removed = self.exporters.remove(name);
        let removed = removed.ok_or_else(|| self.no_exporter("remove exporter", name))?;
        removed.close().await;
        Ok(())
    }

    fn no_exporter(&self, operation: &'static str, name: &str) -> Error {
        let exporters = self.exporters.now();
        let names: Vec<_> = exporters.iter().map(|exporter| exporter.name()).collect();
        let context = format!("there is no exporter {name:?}; the exporters are: {}", names.join(", "));
        Error::new(ErrorKind::NotFound, operation, context)
    }

    /// Stores a batch that the library of another process has read, sampled and exported. It is redacted,
    /// counted and priced with the records of this process. Its budgets, derived metrics and exporters are
    /// left to that process. Its ledger rows are replaced.
    ///
    /// # Errors
    /// Those of [`Intake::submit`].
    pub async fn adopt(&self, mut batch: Batch) -> Result<()> {
        batch.costs.clear();
        self.enqueue(batch, true).await
    }

    async fn enqueue(&self, batch: Batch, adopted: bool) -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let place = self.queue.try_reserve().map_err(|refusal| {
            let (kind, reason) = match refusal {
                mpsc::error::TrySendError::Full(()) => (ErrorKind::Exhausted, "queue full"),
                mpsc::error::TrySendError::Closed(()) => (ErrorKind::Unavailable, "shutting down"),
            };
            self.meter.add("quipu_refused_batches_total", &[("reason", reason)], 1);
            Error::new(kind, "take batch", reason)
        })?;
        let (answer, stored) = oneshot::channel();
        place.send(Job::Keep(Waiting { ready: self.ahead.begin(batch), answer, adopted }));
        stored.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unavailable, "take batch", "the pipeline has stopped"))
        })
    }

    /// Status of each exporter, in their order.
    pub fn exporters(&self) -> Vec<ExporterStatus> {
        self.exporters.now().iter().map(|exporter| exporter.status()).collect()
    }

    /// Passes a batch to every exporter, but not to the store.
    pub fn pass_on(&self, batch: Batch) {
        let offered = Offered::new(Arc::new(batch));
        self.exporters.now().iter().for_each(|exporter| exporter.offer(&offered));
    }

    /// Whether an exporter accepts metrics that are derived from spans.
    pub fn wants_derived(&self) -> bool {
        self.exporters.now().iter().any(|exporter| exporter.takes_derived())
    }

    /// Passes derived metrics to the exporters that accept them ([`crate::ExporterRules::derived`]). The
    /// store does not get them, because it can derive them again.
    pub fn derived(&self, metrics: Vec<Metric>) {
        let offered = Offered::new(Arc::new(Batch { metrics, ..Batch::default() }));
        self.exporters
            .now()
            .iter()
            .filter(|exporter| exporter.takes_derived())
            .for_each(|exporter| exporter.offer(&offered));
    }

    /// Dead letters of the exporter with this name; `None` if there is no such exporter, or it stores none.
    pub fn dead_letters(&self, name: &str) -> Option<DeadLetters> {
        self.exporters.named(name)?.dead_letters()
    }

    /// Delivers the dead letters of the exporter with this name again. A letter is removed once its batch
    /// waits again; letters stay if the backlog is full.
    ///
    /// # Errors
    /// There is no exporter with this name, or its dead letters cannot be read or removed.
    pub async fn replay(&self, name: &str) -> Result<Replayed> {
        match self.exporters.named(name) {
            Some(exporter) => exporter.replay().await,
            None => Err(self.no_exporter("replay dead letters", name)),
        }
    }

    /// Deletes matching records from the exporters' backlogs, in memory and on disk, and from their dead
    /// letters; with `dry` it only counts them. A write under way may still arrive.
    pub async fn forget(&self, what: Forgotten, dry: bool) -> Vec<Swept> {
        let what = Arc::new(what);
        let exporters = self.exporters.now();
        let mut swept = Vec::with_capacity(exporters.len());
        for exporter in exporters.iter() {
            swept.push(exporter.forget(Arc::clone(&what), dry).await);
        }
        swept
    }

    /// Waits until every submitted record has left the queues of all backends: written, or given up and
    /// counted. For an exporter with unlimited attempts the wait lasts one more attempt at most.
    ///
    /// # Errors
    /// The store could not write a record, or records still wait.
    pub async fn flush(&self) -> Result<()> {
        let (done, flushed) = oneshot::channel();
        if self.queue.send(Job::Mark(done)).await.is_ok() {
            let _ = flushed.await;
        }
        let mut all = JoinSet::new();
        for exporter in self.exporters.now().iter() {
            let exporter = Arc::clone(exporter);
            all.spawn(async move { exporter.flush().await });
        }
        let stored = Backend::flush(self.store.as_ref()).await;
        let left = all.join_all().await.into_iter().collect::<Result<()>>();
        stored.and(left)
    }

    /// Rejects new batches, finishes waiting ones, and closes the store and then the exporters, each within
    /// its own timeout. A second call does nothing.
    ///
    /// # Errors
    /// The worker ended early.
    pub async fn close(&self) -> Result<()> {
        let Some(worker) = self.worker.lock().await.take() else { return Ok(()) };
        let (done, closed) = oneshot::channel();
        if self.queue.send(Job::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
        let ended = worker.await;
        let mut all = JoinSet::new();
        for exporter in self.exporters.now().iter() {
            let exporter = Arc::clone(exporter);
            all.spawn(async move { exporter.close().await });
        }
        while all.join_next().await.is_some() {}
        ended.map_err(|cause| {
            Error::new(ErrorKind::Internal, "close pipeline", "the worker failed").caused_by(cause)
        })
    }
}

#[async_trait]
impl Intake for Pipeline {
    fn read(&self, batch: &mut Batch) {
        self.read.apply(batch);
    }

    async fn span_counts(&self, traces: &[TraceId]) -> Result<Vec<u64>> {
        self.store.span_counts(traces).await
    }

    async fn submit(&self, batch: Batch) -> Result<()> {
        self.enqueue(batch, false).await
    }
}
