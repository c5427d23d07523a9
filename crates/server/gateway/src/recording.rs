//! Delivery of records to the pipeline, on a separate thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use quipu_core::{
    Arrival, Batch, Clock as _, Error, ErrorKind, Intake, Meter, Resource, Result, Retry, SystemClock,
};
use quipu_sdk::{Drain, Recorder, Settings};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::GatewayConfig;

/// How long records wait to be sent together.
const DELAY: Duration = Duration::from_millis(200);
/// The waits before the retries of a failed batch; after the last one it is dropped and counted.
const AGAIN: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// The recorder of a gateway, and the thread that delivers its records to the pipeline.
pub struct Recording {
    recorder: Recorder,
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
        let settings = Settings {
            resource: Arc::new(resource),
            log_full_prompts: config.prompts,
            ..Settings::default()
        };
        let (recorder, drain) = Recorder::new(settings);
        let closing = Arc::new(AtomicBool::new(false));
        let pump = Pump { drain, intake, meter, closing: Arc::clone(&closing), handle: Handle::current() };
        let (done, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("quipu-records".into()).spawn(move || {
            pump.run();
            let _ = done.send(());
        });
        thread.map_err(|cause| {
            Error::new(ErrorKind::Io, "record calls", "cannot start a thread").caused_by(cause)
        })?;
        Ok(Self { recorder, closing, ended })
    }

    /// The recorder of calls.
    pub const fn recorder(&self) -> Recorder {
        self.recorder
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
        let records = batch.len();
        let mut waits = AGAIN.iter();
        loop {
            let Err(error) = self.handle.block_on(self.intake.submit(batch.clone())) else { return };
            // During shutdown no retry is made.
            let wait = waits.next().filter(|_| error.retry() == Retry::Yes);
            match wait.filter(|_| !self.closing.load(Ordering::Acquire)) {
                Some(wait) => std::thread::sleep(*wait),
                None => {
                    self.meter.add(
                        "quipu_proxy_lost_records_total",
                        &[],
                        u64::try_from(records).unwrap_or(u64::MAX),
                    );
                    tracing::warn!(%error, records, "records of calls were dropped");
                    return;
                }
            }
        }
    }
}
