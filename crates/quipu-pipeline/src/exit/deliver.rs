//! The worker of one backend beside the store.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Backend, Batch, Error, ErrorKind, Result, Retry};
use tokio::sync::watch;
use tokio::time::Instant;

use super::breaker::Breaker;
use super::{Exit, ExitSettings, Load, Queue, Tally};

/// Takes batches from the queue and writes them, one after the other.
pub(crate) struct Deliverer {
    backend: Arc<dyn Backend>,
    settings: ExitSettings,
    queue: Arc<Queue>,
    tally: Arc<Tally>,
    breaker: Breaker,
    closing: watch::Receiver<bool>,
}

impl Deliverer {
    pub fn new(exit: Exit, queue: Arc<Queue>, tally: Arc<Tally>, closing: watch::Receiver<bool>) -> Self {
        let Exit { backend, settings } = exit;
        let breaker = Breaker::new(&settings);
        Self { backend, settings, queue, tally, breaker, closing }
    }

    pub async fn run(mut self) {
        while let Some(load) = self.queue.next().await {
            self.deliver(load).await;
            self.queue.done();
            self.tally.waiting(self.queue.records());
        }
        if let Err(error) = self.backend.close().await {
            self.tally.failed(&error);
        }
    }

    async fn deliver(&mut self, Load { batch, taken }: Load) {
        for attempt in 1..=self.settings.attempts.max(1) {
            if attempt > 1 {
                self.pause(self.settings.wait(attempt)).await;
            }
            if let Some(until) = self.breaker.open_until() {
                self.tally.opened();
                self.pause(until.saturating_duration_since(Instant::now())).await;
            }
            match self.write(&batch).await {
                Ok(()) => {
                    self.breaker.succeeded();
                    return self.tally.wrote(taken);
                }
                Err(error) if error.retry() == Retry::Yes => {
                    self.tally.failed(&error);
                    self.breaker.failed();
                }
                Err(error) => {
                    self.tally.failed(&error);
                    return self.tally.lost("refused", taken);
                }
            }
            if *self.closing.borrow() {
                return self.tally.lost("shutdown", taken);
            }
        }
        self.tally.lost("retries_exhausted", taken);
    }

    /// Waits, but not beyond the word to close.
    async fn pause(&mut self, most: Duration) {
        if *self.closing.borrow() {
            return;
        }
        let _ = tokio::time::timeout(most, self.closing.wait_for(|closing| *closing)).await;
    }

    async fn write(&self, batch: &Arc<Batch>) -> Result<()> {
        attempt(&self.backend, batch, self.settings.write_timeout_ms).await
    }
}

/// One write within its time. In a task of its own, so that a panic in a backend is an error like any other.
pub(crate) async fn attempt(backend: &Arc<dyn Backend>, batch: &Arc<Batch>, timeout_ms: u64) -> Result<()> {
    let (writer, content) = (Arc::clone(backend), Arc::clone(batch));
    let mut task = tokio::spawn(async move { writer.write(content).await });
    let name = backend.name();
    match tokio::time::timeout(Duration::from_millis(timeout_ms), &mut task).await {
        Ok(Ok(written)) => written,
        Ok(Err(_)) => Err(Error::new(ErrorKind::Internal, "write", "the backend panicked").of_backend(name)),
        Err(_) => {
            task.abort();
            let context = format!("no answer within {timeout_ms} ms");
            Err(Error::new(ErrorKind::Unavailable, "write", context).of_backend(name))
        }
    }
}
