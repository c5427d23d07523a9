//! The handle.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use quipu_core::{Error, ErrorKind, Result, Store};
use quipu_insight::{BudgetRef, Budgets};
use quipu_sdk::{Context, Recorder};
use tokio::runtime::Handle;
use tokio::sync::{mpsc::UnboundedSender, oneshot};

use crate::basis::Basis;
use crate::builder::Builder;
use crate::control::{Command, Kind, Reply, Shared};
use crate::status::Status;
use crate::tables::Tables;

/// How much longer than the thread's own bound its answer is waited for.
const GRACE: Duration = Duration::from_millis(250);

/// A longer time is read as this, about ten years: clocks cannot tell of any.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 86_400);

/// What a running library consists of, as its handle holds it.
pub(crate) struct Running {
    pub shared: Arc<Shared>,
    pub commands: Mutex<Option<UnboundedSender<Command>>>,
    /// The runtime of the library's own thread. It keeps the time for callers on a runtime that is not tokio's.
    pub clock: Handle,
    pub basis: Basis,
    pub shutdown_timeout: Duration,
}

/// The library at work. Keep it for as long as something is to be recorded: dropping it writes what waits and ends, within the
/// configured bound ([`Builder::shutdown_timeout`]).
#[must_use = "dropping it ends the recording at once: `let _quipu = quipu::init()?;`"]
pub struct Quipu<T> {
    running: Option<Running>,
    tables: PhantomData<fn() -> T>,
}

impl<T: Tables> Quipu<T> {
    /// Begins a configuration by code; what it does not say is taken from the environment, the file and the preset.
    pub fn builder() -> Builder<T> {
        Builder::new()
    }

    /// What a call may take and cost, before it is made: by the prices and tokenizers of this library, the vendored prices where
    /// nothing is recorded.
    pub fn estimator(&self) -> T::Estimator {
        T::estimator(self.running.as_ref().map(|running| running.basis.clone()).unwrap_or_default())
    }
}

impl<T> Quipu<T> {
    pub(crate) const fn new(running: Option<Running>) -> Self {
        Self { running, tables: PhantomData }
    }

    /// Whether anything is recorded: not where it was switched off.
    pub const fn is_enabled(&self) -> bool {
        self.running.is_some()
    }

    /// How everything is doing.
    pub fn status(&self) -> Status {
        self.running.as_ref().map(|running| running.shared.status()).unwrap_or_default()
    }

    /// The recorder; `None` where nothing is recorded.
    pub fn recorder(&self) -> Option<Recorder> {
        self.running.as_ref().map(|running| running.shared.recorder)
    }

    /// The start of new traces for this recorder; where nothing is recorded, one that records nothing.
    pub fn context(&self) -> Context {
        self.recorder().map_or_else(Context::default, Context::root)
    }

    /// The store, to ask it within the process; `None` without one.
    pub fn store(&self) -> Option<Arc<dyn Store>> {
        self.running.as_ref().and_then(|running| running.shared.store.clone())
    }

    /// One of its budgets, by its name.
    pub fn budget(&self, name: &str) -> BudgetRef {
        self.budgets().budget(name)
    }

    /// All of its budgets; where nothing is recorded every call passes.
    pub fn budgets(&self) -> Budgets {
        self.running.as_ref().map_or_else(Budgets::off, |running| running.shared.budgets.clone())
    }

    /// What Quipu counts of its own work, in OpenMetrics text.
    pub fn own_metrics(&self) -> String {
        self.running.as_ref().map(|running| running.shared.meter.text()).unwrap_or_default()
    }

    /// Waits until everything recorded before has reached the backends, or was given up and counted. It blocks the thread; in
    /// asynchronous code use [`Self::flush_async`].
    ///
    /// # Errors
    /// That took longer than `timeout`, or the library was shut down.
    pub fn flush(&self, timeout: Duration) -> Result<()> {
        self.running.as_ref().map_or(Ok(()), |running| running.tell(Kind::Flush, timeout))
    }

    /// [`Self::flush`] for asynchronous code, whatever its runtime.
    ///
    /// # Errors
    /// As there.
    pub async fn flush_async(&self, timeout: Duration) -> Result<()> {
        match &self.running {
            Some(running) => running.ask(Kind::Flush, timeout).await,
            None => Ok(()),
        }
    }

    /// Writes what waits and ends. What is recorded afterwards is dropped and counted. It blocks the thread for `timeout` at
    /// most; in asynchronous code use [`Self::shutdown_async`]. Calling it again does nothing.
    ///
    /// # Errors
    /// Not everything could be written in that time; what could not is counted.
    pub fn shutdown(&self, timeout: Duration) -> Result<()> {
        self.running.as_ref().map_or(Ok(()), |running| running.end(timeout))
    }

    /// [`Self::shutdown`] for asynchronous code, whatever its runtime.
    ///
    /// # Errors
    /// As there.
    pub async fn shutdown_async(&self, timeout: Duration) -> Result<()> {
        let Some(running) = &self.running else { return Ok(()) };
        if running.commands.lock().is_none() {
            return Ok(());
        }
        let ended = running.ask(Kind::Shutdown, timeout).await;
        running.commands.lock().take();
        ended
    }
}

impl Running {
    fn command(&self, kind: Kind, timeout: Duration, reply: Reply) -> Result<Arc<AtomicBool>> {
        let reached = Arc::new(AtomicBool::new(false));
        let deadline = Instant::now() + timeout.min(LONGEST);
        let command = Command { kind, deadline, reply, reached: Arc::clone(&reached) };
        let sent = self.commands.lock().as_ref().is_some_and(|commands| commands.send(command).is_ok());
        if sent { Ok(reached) } else { Err(late(kind, "it is shut down")) }
    }

    fn tell(&self, kind: Kind, timeout: Duration) -> Result<()> {
        let (reply, done) = sync_channel(1);
        let reached = self.command(kind, timeout, Reply::Thread(reply))?;
        let _ = done.recv_timeout(timeout.min(LONGEST) + GRACE);
        judge(kind, &reached, timeout)
    }

    async fn ask(&self, kind: Kind, timeout: Duration) -> Result<()> {
        let (reply, done) = oneshot::channel();
        let reached = self.command(kind, timeout, Reply::Task(reply))?;
        let bounded = tokio::time::timeout(timeout.min(LONGEST) + GRACE, done);
        let _ = self.clock.spawn(bounded).await;
        judge(kind, &reached, timeout)
    }

    pub fn end(&self, timeout: Duration) -> Result<()> {
        if self.commands.lock().is_none() {
            return Ok(());
        }
        let ended = self.tell(Kind::Shutdown, timeout);
        self.commands.lock().take();
        ended
    }
}

fn judge(kind: Kind, reached: &AtomicBool, timeout: Duration) -> Result<()> {
    if reached.load(Ordering::Acquire) {
        return Ok(());
    }
    Err(late(kind, &format!("not everything was written within {} ms", timeout.as_millis())))
}

fn late(kind: Kind, context: &str) -> Error {
    let operation = if kind == Kind::Flush { "flush" } else { "shut down" };
    Error::new(ErrorKind::Unavailable, operation, context)
}

impl<T> Drop for Quipu<T> {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            // What could not be written is counted; nobody is left to tell.
            let _ = running.end(running.shutdown_timeout);
        }
    }
}
