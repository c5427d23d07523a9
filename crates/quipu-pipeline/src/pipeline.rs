//! The pipeline's outside: submit, watch, flush, close.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use quipu_core::{
    Backend, Batch, Clock, Committed, Conflicts, Error, ErrorKind, Intake, Limits, Meter, Metric, NoMeter,
    Result, Stage, Store, SystemClock,
};
use quipu_ledger::Ledger;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use crate::ahead::Ahead;
use crate::exit::{DeadLetters, Exit, ExitStatus, Forgotten, Offered, Open, Replayed, Swept};
use crate::worker::{Job, Waiting, Worker};

/// Words to those who watch that may wait to be read; slower watchers are told how many they missed.
const WATCH: usize = 256;

/// What a pipeline is made of.
pub struct Parts {
    /// Where everything is kept, and where the ledger looks up what has left its memory.
    pub store: Arc<dyn Store>,
    /// Backends beside the store: each gets what the store has committed.
    pub exits: Vec<Exit>,
    /// Stages before the count, in order: a batch passes them once.
    pub before: Vec<Arc<dyn Stage>>,
    /// Stages after the count, in order.
    pub stages: Vec<Arc<dyn Stage>>,
    /// Counts what happens.
    pub meter: Arc<dyn Meter>,
    /// Tells the time of commits.
    pub clock: Arc<dyn Clock>,
    /// Bounds of the queue.
    pub limits: Limits,
    /// Spans that the ledger keeps in memory; what is older it asks the store for.
    pub ledger_spans: usize,
}

impl Parts {
    /// A store and nothing else: no stages, no other backends, no meter, the default limits.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            exits: Vec::new(),
            before: Vec::new(),
            stages: Vec::new(),
            meter: Arc::new(NoMeter),
            clock: Arc::new(SystemClock),
            limits: Limits::default(),
            ledger_spans: Ledger::NODES,
        }
    }
}

/// Takes batches in, one worker moves them on. Cheap to share behind an [`Arc`].
pub struct Pipeline {
    queue: mpsc::Sender<Job>,
    watchers: broadcast::Sender<Arc<Committed>>,
    worker: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    ahead: Arc<Ahead>,
    store: Arc<dyn Store>,
    exits: Arc<[Arc<Open>]>,
    meter: Arc<dyn Meter>,
    conflicts: Arc<OnceLock<mpsc::UnboundedSender<Conflicts>>>,
}

impl Pipeline {
    /// Starts the worker, and one for each backend beside the store, on the current runtime.
    pub fn start(mut parts: Parts) -> Self {
        let (queue, jobs) = mpsc::channel(parts.limits.queue_requests.max(1));
        let (watchers, _) = broadcast::channel(WATCH);
        let (meter, store) = (Arc::clone(&parts.meter), Arc::clone(&parts.store));
        let open = |exit| Arc::new(Open::start(exit, Arc::clone(&meter)));
        let exits: Arc<[Arc<Open>]> = std::mem::take(&mut parts.exits).into_iter().map(open).collect();
        let before = std::mem::take(&mut parts.before);
        let ahead = Arc::new(Ahead::new(before, &parts.stages, Arc::clone(&store)));
        let ledger = Ledger::new(parts.ledger_spans);
        let conflicts = Arc::<OnceLock<_>>::default();
        let worker = Worker::new(parts, ledger, watchers.clone(), Arc::clone(&exits), Arc::clone(&conflicts));
        let worker = tokio::sync::Mutex::new(Some(tokio::spawn(worker.run(jobs))));
        Self { queue, watchers, worker, ahead, store, exits, meter, conflicts }
    }

    /// Where a word is said after each commit.
    pub fn watchers(&self) -> broadcast::Sender<Arc<Committed>> {
        self.watchers.clone()
    }

    /// Names spans that had ended and of which the store refused another version, from now on. There is one listener: a second one hears
    /// nothing.
    pub fn conflicts(&self) -> mpsc::UnboundedReceiver<Conflicts> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let _ = self.conflicts.set(sender);
        receiver
    }

    /// How the backends beside the store are doing, in their order.
    pub fn exits(&self) -> Vec<ExitStatus> {
        self.exits.iter().map(|exit| exit.status()).collect()
    }

    /// Gives every backend beside the store a batch that the store does not get.
    pub fn pass_on(&self, batch: Batch) {
        let offered = Offered::new(Arc::new(batch));
        self.exits.iter().for_each(|exit| exit.offer(&offered));
    }

    /// Whether a backend beside the store wants metrics that are derived from spans.
    pub fn wants_derived(&self) -> bool {
        self.exits.iter().any(|exit| exit.takes_derived())
    }

    /// Gives metrics that were derived from spans to the backends that want them ([`crate::ExitRules::derived`]). The store does not
    /// get them: they can be derived from it again.
    pub fn derived(&self, metrics: Vec<Metric>) {
        let offered = Offered::new(Arc::new(Batch { metrics, ..Batch::default() }));
        self.exits.iter().filter(|exit| exit.takes_derived()).for_each(|exit| exit.offer(&offered));
    }

    /// What the backend of this name refused; `None` where no backend beside the store has this name, or it keeps none.
    pub fn dead_letters(&self, name: &str) -> Option<DeadLetters> {
        self.exits.iter().find(|exit| exit.name() == name)?.dead_letters()
    }

    /// Delivers what the backend of this name refused once more. Each dead letter goes as soon as its batch waits again; those
    /// that there is no room for stay.
    ///
    /// # Errors
    /// No backend beside the store has this name, or its dead letters cannot be read or removed.
    pub async fn replay(&self, name: &str) -> Result<Replayed> {
        match self.exits.iter().find(|exit| exit.name() == name) {
            Some(exit) => exit.replay().await,
            None => {
                let names: Vec<_> = self.exits.iter().map(|exit| exit.name()).collect();
                let context = format!(
                    "no backend beside the store is called {name:?}; there are: {}",
                    names.join(", ")
                );
                Err(Error::new(ErrorKind::NotFound, "replay dead letters", context))
            }
        }
    }

    /// Takes somebody's records out of what waits for the backends beside the store, in memory and on disk, and of what they refused;
    /// with `dry` it only counts them. What is being delivered just now arrives.
    pub async fn forget(&self, what: Forgotten, dry: bool) -> Vec<Swept> {
        let what = Arc::new(what);
        let mut swept = Vec::with_capacity(self.exits.len());
        for exit in self.exits.iter() {
            swept.push(exit.forget(Arc::clone(&what), dry).await);
        }
        swept
    }

    /// Waits until everything that was submitted has left the queues of every backend, written or given up and counted; for a
    /// backend that is tried for ever, no longer than one more attempt may take.
    ///
    /// # Errors
    /// The store could not write something, or something waits still.
    pub async fn flush(&self) -> Result<()> {
        let (done, flushed) = oneshot::channel();
        if self.queue.send(Job::Mark(done)).await.is_ok() {
            let _ = flushed.await;
        }
        let mut all = JoinSet::new();
        for exit in self.exits.iter() {
            let exit = Arc::clone(exit);
            all.spawn(async move { exit.flush().await });
        }
        let stored = Backend::flush(self.store.as_ref()).await;
        let left = all.join_all().await.into_iter().collect::<Result<()>>();
        stored.and(left)
    }

    /// Takes nothing more, finishes what waits, and closes the store and then the other backends, each within its own time.
    /// Calling it again does nothing.
    ///
    /// # Errors
    /// The worker ended before its time.
    pub async fn close(&self) -> Result<()> {
        let Some(worker) = self.worker.lock().await.take() else { return Ok(()) };
        let (done, closed) = oneshot::channel();
        if self.queue.send(Job::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
        let ended = worker.await;
        let mut all = JoinSet::new();
        for exit in self.exits.iter() {
            let exit = Arc::clone(exit);
            all.spawn(async move { exit.close().await });
        }
        while all.join_next().await.is_some() {}
        ended.map_err(|cause| {
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
        let place = self.queue.try_reserve().map_err(|refusal| {
            let (kind, reason) = match refusal {
                mpsc::error::TrySendError::Full(()) => (ErrorKind::Exhausted, "queue full"),
                mpsc::error::TrySendError::Closed(()) => (ErrorKind::Unavailable, "shutting down"),
            };
            self.meter.add("quipu_refused_batches_total", &[("reason", reason)], 1);
            Error::new(kind, "take batch", reason)
        })?;
        let (answer, stored) = oneshot::channel();
        place.send(Job::Keep(Waiting { ready: self.ahead.begin(batch), answer }));
        stored.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Unavailable, "take batch", "the pipeline has stopped"))
        })
    }
}
