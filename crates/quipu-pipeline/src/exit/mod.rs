//! The ways out beside the store: each with a worker, a bounded queue and a breaker of its own, so that a slow or failing one
//! holds up nobody.

mod breaker;
mod deliver;
mod queue;
mod steady;
mod tally;

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Backend, Batch, Meter};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use queue::{Load, Queue};
pub use steady::Steady;
pub use tally::ExitStatus;
pub(crate) use tally::{Tally, taken};

/// Which batches go when a queue is full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// Those that have waited longest.
    #[default]
    DropOldest,
    /// The one that comes.
    DropNewest,
}

/// How a backend is delivered to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExitSettings {
    /// Records that may wait; a single batch may be larger.
    pub queue_records: usize,
    /// What goes when they are more.
    pub when_full: WhenFull,
    /// Attempts for one batch, the first included, where the error says that repeating can help.
    pub attempts: u32,
    /// Milliseconds before the second attempt; each further wait is twice as long.
    pub retry_first_ms: u64,
    /// Milliseconds of the longest wait between two attempts.
    pub retry_most_ms: u64,
    /// Failures in a row after which nothing is tried for a while.
    pub breaker_failures: u32,
    /// Milliseconds of that while; it doubles each time that the attempt after it fails, up to 32 times as long.
    pub breaker_open_ms: u64,
    /// Milliseconds that one attempt may take.
    pub write_timeout_ms: u64,
    /// Milliseconds that what waits may take at the end.
    pub close_timeout_ms: u64,
}

impl Default for ExitSettings {
    fn default() -> Self {
        Self {
            queue_records: 65_536,
            when_full: WhenFull::default(),
            attempts: 5,
            retry_first_ms: 100,
            retry_most_ms: 5_000,
            breaker_failures: 5,
            breaker_open_ms: 1_000,
            write_timeout_ms: 10_000,
            close_timeout_ms: 3_000,
        }
    }
}

impl ExitSettings {
    /// The wait before attempt number `attempt`, counted from 2.
    fn wait(&self, attempt: u32) -> Duration {
        let doubled = self.retry_first_ms.saturating_mul(1 << attempt.saturating_sub(2).min(20));
        Duration::from_millis(doubled.min(self.retry_most_ms))
    }
}

/// A backend beside the store.
#[derive(Clone)]
pub struct Exit {
    /// The backend.
    pub backend: Arc<dyn Backend>,
    /// How it is delivered to.
    pub settings: ExitSettings,
}

impl Exit {
    /// A backend with the default settings.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend, settings: ExitSettings::default() }
    }
}

/// A way out that is at work.
pub(crate) struct Open {
    exit: Exit,
    queue: Arc<Queue>,
    tally: Arc<Tally>,
    closing: watch::Sender<bool>,
    worker: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Open {
    /// Starts its worker on the current runtime.
    pub fn start(exit: Exit, meter: Arc<dyn Meter>) -> Self {
        let queue = Arc::new(Queue::new(exit.settings.queue_records, exit.settings.when_full));
        let tally = Arc::new(Tally::new(exit.backend.name(), meter));
        let (closing, closed) = watch::channel(false);
        let deliverer = deliver::Deliverer::new(exit.clone(), Arc::clone(&queue), Arc::clone(&tally), closed);
        let worker = tokio::sync::Mutex::new(Some(tokio::spawn(deliverer.run())));
        Self { exit, queue, tally, closing, worker }
    }

    /// Takes a batch without waiting, if there is anything for this backend in it.
    pub fn offer(&self, batch: &Arc<Batch>) {
        let taken = taken(self.exit.backend.as_ref(), batch);
        if taken == 0 {
            return;
        }
        let dropped = self.queue.push(Load { batch: Arc::clone(batch), taken });
        if dropped > 0 {
            self.tally.lost("queue_full", dropped);
        }
        self.tally.waiting(self.queue.records());
    }

    pub fn status(&self) -> ExitStatus {
        self.tally.status(self.queue.records(), self.exit.backend.health())
    }

    /// Waits until what waits is written or given up, then until the backend has let go of it.
    pub async fn flush(&self) {
        self.queue.quiet().await;
        if let Err(error) = self.exit.backend.flush().await {
            self.tally.failed(&error);
        }
    }

    /// Delivers what waits, as far as the time allows, and closes the backend.
    pub async fn close(&self) {
        let Some(mut worker) = self.worker.lock().await.take() else { return };
        let _ = self.closing.send(true);
        self.queue.close();
        let most = Duration::from_millis(self.exit.settings.close_timeout_ms);
        if tokio::time::timeout(most, &mut worker).await.is_err() {
            worker.abort();
            let records = self.queue.clear();
            self.tally.lost("shutdown", records);
        }
    }
}
