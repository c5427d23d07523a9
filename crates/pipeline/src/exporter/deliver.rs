//! Delivery worker of one exporter.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Backend, Batch, Error, ErrorKind, Leftover, Result, Retry};
use tokio::sync::watch;
use tokio::time::Instant;

use super::backlog::Backlog;
use super::breaker::Breaker;
use super::pieces::{Gathered, Most};
use super::{BreakerState, DeliveryConfig, ExporterParts, Tally};

/// Longest wait that the target can request. A longer `Retry-After` is cut to this.
const MOST_ASKED: Duration = Duration::from_secs(300);

/// Takes batches from the backlog and writes them in order.
pub(crate) struct Deliverer {
    parts: Arc<ExporterParts>,
    breaker: Breaker,
    closing: watch::Receiver<bool>,
    /// Start of the last write.
    last: Instant,
}

/// Result of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The batch was written, or given up and counted.
    Settled,
    /// The batch stays on disk for the next process.
    Left,
}

impl Deliverer {
    pub fn new(parts: Arc<ExporterParts>, closing: watch::Receiver<bool>) -> Self {
        let breaker = Breaker::new(parts.config());
        // A time in the past, so the first write does not wait. A clock that just started cannot represent
        // it.
        let delay = Duration::from_millis(parts.config().batch_delay_ms);
        let last = Instant::now().checked_sub(delay).unwrap_or_else(Instant::now);
        Self { parts, breaker, closing, last }
    }

    fn config(&self) -> &DeliveryConfig {
        self.parts.config()
    }

    fn tally(&self) -> &Tally {
        &self.parts.tally
    }

    fn backlog(&self) -> &Backlog {
        &self.parts.backlog
    }

    pub async fn run(mut self) {
        while let Some(gathered) = self.gather().await {
            if self.deliver_all(&gathered).await == Outcome::Left {
                break;
            }
            match self.backlog().done(&gathered.loads) {
                Err(error) => self.tally().not_kept(&error),
                // The backlog is empty, so no record is at risk; the next batch shows whether the disk works.
                Ok(()) if self.parts.spools && self.backlog().records() == 0 => self.tally().kept(),
                Ok(()) => {}
            }
            self.parts.tell();
        }
        if let Err(error) = self.parts.exporter.backend.close().await {
            self.tally().failed(&error);
        }
    }

    /// Collects the batches of one write, up to the size limits. To fill a write it waits until
    /// `batch_delay_ms` after the start of the last write, unless a caller waits for an empty backlog.
    async fn gather(&mut self) -> Option<Gathered> {
        let parts = Arc::clone(&self.parts);
        let damaged = |lost: Result<u64>| match lost {
            Ok(records) => parts.tally.lost("spool_damaged", records),
            Err(error) => parts.tally.not_kept(&error),
        };
        let first = self.backlog().next(&damaged).await?;
        let until = self.last + Duration::from_millis(self.config().batch_delay_ms);
        let mut gathered = Gathered::new(first, Most::of(self.config()));
        while !gathered.is_ample() {
            let Some(load) = self.backlog().next_by(Some(until), &damaged).await else { break };
            gathered.add(load);
        }
        self.last = Instant::now();
        Some(gathered)
    }

    async fn deliver_all(&mut self, gathered: &Gathered) -> Outcome {
        let kept = gathered.is_kept();
        for piece in gathered.pieces() {
            if self.deliver(piece, kept).await == Outcome::Left {
                return Outcome::Left;
            }
        }
        Outcome::Settled
    }

    async fn deliver(&mut self, mut batch: Arc<Batch>, kept: bool) -> Outcome {
        let mut attempts = 0;
        loop {
            if self.is_closing() && kept && self.breaker.state() != BreakerState::Closed {
                return Outcome::Left;
            }
            self.wait_for_breaker().await;
            // A deletion during the wait may have emptied the batch.
            if let Some(left) = self.backlog().without_forgotten(&batch) {
                batch = Arc::new(left);
            }
            if batch.is_empty() {
                return Outcome::Settled;
            }
            attempts += 1;
            let mut error =
                match attempt(&self.parts.exporter.backend, &batch, self.config().write_timeout_ms).await {
                    Ok(()) => {
                        self.worked();
                        self.tally().wrote(self.takes(&batch));
                        return Outcome::Settled;
                    }
                    Err(error) => error,
                };
            self.tally().failed(&error);
            if let Some(leftover) = error.take_leftover() {
                let (again, written) = self.took_in_part(&batch, leftover, &error);
                if written {
                    self.worked();
                    attempts = 0;
                }
                if again.is_empty() {
                    return Outcome::Settled;
                }
                batch = Arc::new(again);
            } else if error.retry() != Retry::Yes {
                // A target that rejects a batch is reachable.
                if error.kind() != ErrorKind::Internal {
                    self.worked();
                }
                self.give_up("refused", &batch, &error);
                return Outcome::Settled;
            }
            if let Some(outcome) = self.after_failure(attempts, &batch, kept, &error).await {
                return outcome;
            }
        }
    }

    /// Outcome of a retryable failure; `None`: retry.
    async fn after_failure(
        &mut self,
        attempts: u32,
        batch: &Batch,
        kept: bool,
        error: &Error,
    ) -> Option<Outcome> {
        if attempts > 0 {
            self.breaker.failed();
            self.tally().breaker(self.breaker.state());
        }
        if self.config().is_enough(attempts) {
            self.give_up("retries_exhausted", batch, error);
            return Some(Outcome::Settled);
        }
        if self.is_closing() && kept {
            return Some(Outcome::Left);
        }
        if self.is_closing() {
            self.tally().lost("shutdown", self.takes(batch));
            return Some(Outcome::Settled);
        }
        let asked = error.retry_after().unwrap_or_default().min(MOST_ASKED);
        self.parts.tell();
        self.pause(self.config().wait(attempts.saturating_add(1)).max(asked)).await;
        None
    }

    fn worked(&mut self) {
        self.breaker.succeeded();
        self.tally().breaker(BreakerState::Closed);
    }

    async fn wait_for_breaker(&mut self) {
        if let Some(until) = self.breaker.open_until() {
            self.pause(until.saturating_duration_since(Instant::now())).await;
            self.tally().breaker(self.breaker.state());
        }
    }

    /// Counts a partial success. Returns the records to retry, and whether the target accepted any.
    fn took_in_part(&self, batch: &Batch, leftover: Leftover, error: &Error) -> (Batch, bool) {
        let Leftover { again, refused, unnamed } = leftover;
        let left = self.takes(&again) + self.takes(&refused) + unnamed;
        let written = self.takes(batch).saturating_sub(left);
        if !refused.is_empty() {
            self.give_up("refused", &refused, error);
        }
        if unnamed > 0 {
            self.tally().rejected(unnamed);
            self.tally().lost("refused", unnamed);
        }
        if written > 0 || again.is_empty() {
            self.tally().wrote(written);
        }
        (again, written > 0)
    }

    /// Stores a batch as a dead letter, or counts it as lost if that fails.
    fn give_up(&self, reason: &'static str, batch: &Batch, error: &Error) {
        // Records that were deleted during the attempt must not enter a dead letter.
        let left = self.backlog().without_forgotten(batch);
        if left.as_ref().is_some_and(Batch::is_empty) {
            return;
        }
        let batch = left.as_ref().unwrap_or(batch);
        let records = self.takes(batch);
        if reason == "refused" {
            self.tally().rejected(records);
        }
        let held = usize::try_from(records).unwrap_or(usize::MAX);
        match self.parts.dead.as_ref().map(|dead| dead.put((reason, &error.to_string()), held, batch)) {
            Some(Ok(gone)) => self.tally().lost("dead_letters_full", gone),
            Some(Err(error)) => {
                self.tally().not_kept(&error);
                self.tally().lost(reason, records);
            }
            None => self.tally().lost(reason, records),
        }
    }

    fn takes(&self, batch: &Batch) -> u64 {
        u64::try_from(self.parts.exporter.backend.signals().records(batch)).unwrap_or(u64::MAX)
    }

    fn is_closing(&self) -> bool {
        *self.closing.borrow()
    }

    /// Waits up to `most`, or until the pipeline closes.
    async fn pause(&mut self, most: Duration) {
        if self.is_closing() {
            return;
        }
        let _ = tokio::time::timeout(most, self.closing.wait_for(|closing| *closing)).await;
    }
}

/// One write with a timeout. It runs in its own task, so a panic in a backend becomes an error.
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
