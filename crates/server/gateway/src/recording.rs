//! Delivery of records to the pipeline, on a separate thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use quipu_core::{
    Arrival, Batch, Clock as _, Error, ErrorKind, Intake, Meter, Resource, Result, Retry, SystemClock,
};
use quipu_sdk::{Drain, Recorder, RecorderConfig};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::{GatewayConfig, Undelivered};

/// How long records wait to be sent together.
const DELAY: Duration = Duration::from_millis(200);
/// The waits before the retries of a failed batch. The last one repeats while calls are rejected; otherwise
/// the batch is then dropped and counted.
const AGAIN: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];
/// Failures of a batch after which new calls are rejected.
const STUCK: usize = 2;
/// The longest wait before a retry while calls are rejected.
const PROBE: Duration = Duration::from_secs(2);
/// Retries of a batch that the store rejects for good. Then it is dropped and counted.
const FUTILE: usize = 30;

/// Whether records of calls reach the pipeline.
#[derive(Debug, Clone, Default)]
pub struct Delivery(Arc<AtomicBool>);

impl Delivery {
    /// Whether records wait because their delivery fails.
    pub(crate) fn is_stuck(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The recorder of a gateway, and the thread that delivers its records to the pipeline.
pub struct Recording {
    recorder: Recorder,
    delivery: Delivery,
    closing: Arc<AtomicBool>,
    /// Resolves when the thread has ended.
    ended: oneshot::Receiver<()>,
}

impl Recording {
    /// Starts the thread. Call it within a tokio runtime, which runs the intake.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(config: &GatewayConfig, intake: Arc<dyn Intake>, meter: Arc<dyn Meter>) -> Result<Self> {
        let mut resource = Resource::default();
        resource.attributes.push("service.name", config.service.as_str());
        for (name, value) in &config.resource {
            resource.attributes.push(name.as_str(), value.as_str());
        }
        let settings = RecorderConfig {
            resource: Arc::new(resource),
            log_full_prompts: config.prompts,
            ..RecorderConfig::default()
        };
        let (recorder, drain) = Recorder::new(settings);
        let closing = Arc::new(AtomicBool::new(false));
        let delivery = Delivery::default();
        let pump = Pump {
            drain,
            intake,
            meter,
            closing: Arc::clone(&closing),
            handle: Handle::current(),
            delivery: delivery.clone(),
            keeps: config.undelivered == Undelivered::Refuse,
        };
        let (done, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("quipu-records".into()).spawn(move || {
            pump.run();
            let _ = done.send(());
        });
        thread.map_err(|cause| {
            Error::new(ErrorKind::Io, "record calls", "cannot start a thread").caused_by(cause)
        })?;
        Ok(Self { recorder, delivery, closing, ended })
    }

    /// The recorder of calls.
    pub const fn recorder(&self) -> Recorder {
        self.recorder
    }

    /// Whether records reach the pipeline.
    pub fn delivery(&self) -> Delivery {
        self.delivery.clone()
    }

    /// Delivers the remaining records and ends the thread. Later records are dropped.
    ///
    /// # Errors
    /// The thread failed.
    pub async fn close(self) -> Result<()> {
        self.closing.store(true, Ordering::Release);
        self.recorder.wake();
        let failed =
            |cause| Error::new(ErrorKind::Internal, "record calls", "the thread ended").caused_by(cause);
        self.ended.await.map_err(failed)
    }
}

struct Pump {
    drain: Drain,
    intake: Arc<dyn Intake>,
    meter: Arc<dyn Meter>,
    closing: Arc<AtomicBool>,
    handle: Handle,
    delivery: Delivery,
    /// Whether records are kept until they are delivered, because no new call adds to them.
    keeps: bool,
}

impl Pump {
    fn run(mut self) {
        while !self.closing.load(Ordering::Acquire) {
            self.drain.wait(DELAY);
            let batch = self.drain.collect(Duration::ZERO);
            self.bring(batch);
        }
        let last = self.drain.finish();
        self.bring(last);
    }

    fn bring(&self, mut batch: Batch) {
        if batch.is_empty() {
            return;
        }
        self.intake.read(&mut batch);
        // No key has this sender, so a sender's version of a recorded call counts as another source.
        let arrival = Arrival::of_gateway(SystemClock.now());
        batch.spans.iter_mut().for_each(|span| span.arrival = arrival);
        let mut failures = 0;
        while let Err(error) = self.handle.block_on(self.intake.submit(batch.clone())) {
            failures += 1;
            let Some(wait) = self.wait(failures, error.retry()) else {
                self.lose(&batch, &error);
                break;
            };
            if self.keeps && failures == STUCK {
                self.tell(true);
                tracing::error!(%error, records = batch.len(), "records of calls wait, and new calls are rejected");
            }
            std::thread::sleep(wait);
        }
        if self.delivery.is_stuck() {
            self.tell(false);
            tracing::info!("records of calls are delivered again, and calls are accepted");
        }
    }

    /// The wait after this number of failures; `None` if the batch is given up. During shutdown no retry is
    /// made.
    fn wait(&self, failures: usize, retry: Retry) -> Option<Duration> {
        let wait = AGAIN.get(failures - 1).copied();
        let is_futile = retry != Retry::Yes && failures > if self.keeps { FUTILE } else { 0 };
        match wait {
            _ if self.closing.load(Ordering::Acquire) || is_futile => None,
            Some(wait) if !self.keeps => Some(wait),
            None if !self.keeps => None,
            wait => Some(wait.unwrap_or(PROBE).min(PROBE)),
        }
    }

    fn tell(&self, is_stuck: bool) {
        self.delivery.0.store(is_stuck, Ordering::Release);
        self.meter.set("quipu_gateway_delivery_stuck", &[], i64::from(is_stuck));
    }

    fn lose(&self, batch: &Batch, error: &Error) {
        let records = batch.len();
        self.meter.add("quipu_gateway_lost_records_total", &[], u64::try_from(records).unwrap_or(u64::MAX));
        tracing::warn!(%error, records, "records of calls were dropped");
    }
}
