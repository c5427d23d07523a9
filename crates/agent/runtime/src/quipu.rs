//! Handle of the running library.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use quipu_budget::{BudgetRef, Budgets};
use quipu_core::locks::Mutex;
use quipu_core::{Error, ErrorKind, Result, Store};
use quipu_sdk::{Context, Recorder};
use tokio::runtime::Handle;
use tokio::sync::{mpsc::UnboundedSender, oneshot};

use crate::basis::Basis;
use crate::control::{Command, Kind, Reply, Shared};
use crate::installed::Installed;
use crate::named::BackendConfigs;
use crate::status::Status;
use crate::tables::{Open, Tables};

/// Extra time to wait for the thread's answer beyond the command's deadline.
const GRACE: Duration = Duration::from_millis(250);

/// Longest time limit, about ten years; clocks cannot represent longer ones.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 86_400);

/// State of a running library.
pub(crate) struct Running {
    pub shared: Arc<Shared>,
    pub commands: Mutex<Option<UnboundedSender<Command>>>,
    /// Runtime of the library's thread; it provides timers for callers on other runtimes than tokio.
    pub clock: Handle,
    pub basis: Basis,
    /// Configuration of backends, for those that are added later.
    pub backends: BackendConfigs,
    /// Kinds of backends.
    pub known: Vec<(&'static str, Open)>,
    pub shutdown_timeout: Duration,
    /// The process that started it. After a fork, the child has no thread of it.
    pub process: u32,
}

/// The running library. Keep the handle as long as you record. Its drop writes waiting records and ends
/// within the configured time limit ([`crate::Builder::shutdown_timeout`]).
#[must_use = "dropping it ends the recording at once: `let _quipu = quipu::init()?;`"]
pub struct Quipu<T> {
    pub(crate) running: Option<Running>,
    // Released after `running` has ended.
    installed: Installed,
    tables: PhantomData<fn() -> T>,
}

impl<T: Tables> Quipu<T> {
    /// Estimator of tokens and cost before a call, with the prices and tokenizers of this library. If
    /// recording is off, it uses the vendored prices.
    pub fn estimator(&self) -> T::Estimator {
        T::estimator(self.running.as_ref().map(|running| running.basis.clone()).unwrap_or_default())
    }
}

impl<T> Quipu<T> {
    pub(crate) const fn new(running: Option<Running>, installed: Installed) -> Self {
        Self { running, installed, tables: PhantomData }
    }

    /// Whether recording is on.
    pub const fn is_enabled(&self) -> bool {
        self.running.is_some()
    }

    /// Status of the recorder, the backends and the budgets.
    pub fn status(&self) -> Status {
        let Some(running) = &self.running else { return Status::default() };
        let mut status = running.shared.status();
        if running.process != std::process::id() {
            status.running = false;
            status.problems.push("this process was forked from the one that started the library".to_owned());
        }
        status
    }

    /// Reads the status of the recorder, the backends and the budgets, also after the handle is gone.
    pub fn status_reader(&self) -> impl Fn() -> Status + Send + Sync + use<T> {
        let shared = self.running.as_ref().map(|running| Arc::clone(&running.shared));
        move || shared.as_ref().map_or_else(Status::default, |shared| shared.status())
    }

    /// The recorder; `None` if recording is off.
    pub fn recorder(&self) -> Option<Recorder> {
        self.running.as_ref().map(|running| running.shared.recorder)
    }

    /// A context in which new traces start for this recorder; if recording is off, an empty context.
    pub fn context(&self) -> Context {
        self.recorder().map_or_else(Context::default, Context::root)
    }

    /// The store, for queries within the process; `None` without one.
    pub fn store(&self) -> Option<Arc<dyn Store>> {
        self.running.as_ref().and_then(|running| running.shared.store.clone())
    }

    /// The budget with this name.
    pub fn budget(&self, name: &str) -> BudgetRef {
        self.budgets().budget(name)
    }

    /// All budgets; if recording is off, every call passes.
    pub fn budgets(&self) -> Budgets {
        self.running.as_ref().map_or_else(Budgets::off, |running| running.shared.budgets.clone())
    }

    /// Quipu's own metrics in OpenMetrics text.
    pub fn own_metrics(&self) -> String {
        self.running.as_ref().map(|running| running.shared.meter.text()).unwrap_or_default()
    }

    /// Waits until all earlier records have reached the backends, or were given up and counted. It blocks the
    /// thread; asynchronous code uses [`Self::flush_async`].
    ///
    /// # Errors
    /// It took longer than `timeout`, or the library was shut down.
    pub fn flush(&self, timeout: Duration) -> Result<()> {
        self.running.as_ref().map_or(Ok(()), |running| running.tell(Kind::Flush, timeout))
    }

    /// [`Self::flush`] for asynchronous code on any runtime.
    ///
    /// # Errors
    /// As for [`Self::flush`].
    pub async fn flush_async(&self, timeout: Duration) -> Result<()> {
        match &self.running {
            Some(running) => running.ask(Kind::Flush, timeout).await,
            None => Ok(()),
        }
    }

    /// Writes waiting records and ends. Later records are dropped and counted. It blocks the thread for at
    /// most `timeout`; asynchronous code uses [`Self::shutdown_async`]. A second call does nothing.
    ///
    /// # Errors
    /// The time was too short to write all records, or some were dropped meanwhile. They are counted.
    pub fn shutdown(&self, timeout: Duration) -> Result<()> {
        let ended = self.running.as_ref().map_or(Ok(()), |running| running.end(timeout));
        self.installed.release();
        ended
    }

    /// [`Self::shutdown`] for asynchronous code on any runtime.
    ///
    /// # Errors
    /// As for [`Self::shutdown`].
    pub async fn shutdown_async(&self, timeout: Duration) -> Result<()> {
        let Some(running) = &self.running else { return Ok(()) };
        if running.commands.lock().is_none() {
            return Ok(());
        }
        let before = running.shared.status().dropped_in_all();
        let ended = running.ask(Kind::Shutdown, timeout).await;
        running.commands.lock().take();
        self.installed.release();
        ended.and_then(|()| running.whole(before))
    }
}

impl Running {
    fn command(&self, kind: Kind, timeout: Duration, reply: Reply) -> Result<Arc<AtomicBool>> {
        self.is_own_process(kind)?;
        let reached = Arc::new(AtomicBool::new(false));
        let deadline = Instant::now() + timeout.min(LONGEST);
        let command = Command { kind, deadline, reply, reached: Arc::clone(&reached) };
        let sent = self.commands.lock().as_ref().is_some_and(|commands| commands.send(command).is_ok());
        if sent { Ok(reached) } else { Err(late(kind, "the library is shut down")) }
    }

    /// Rejects a forked child at once: nothing there would ever answer.
    fn is_own_process(&self, kind: Kind) -> Result<()> {
        if self.process == std::process::id() {
            return Ok(());
        }
        if kind == Kind::Shutdown {
            self.shared.recorder.close();
        }
        Err(late(
            kind,
            "this process was forked from the one that started the library: start it after the fork",
        ))
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
        let before = self.shared.status().dropped_in_all();
        let ended = self.tell(Kind::Shutdown, timeout);
        self.commands.lock().take();
        ended.and_then(|()| self.whole(before))
    }

    /// Returns an error if records were dropped since there were `before` dropped ones.
    fn whole(&self, before: u64) -> Result<()> {
        let status = self.shared.status();
        match status.dropped_in_all().saturating_sub(before) {
            0 => Ok(()),
            lost => Err(late(Kind::Shutdown, &format!("{lost} records were dropped: {}", status.drops()))),
        }
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
            // Unwritten records are counted; a drop cannot report them.
            let _ = running.end(running.shutdown_timeout);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use quipu_core::Adapters;

    use super::*;
    use crate::tables::Open;

    struct Bare;

    impl Tables for Bare {
        const ENABLED: bool = true;
        type Estimator = Basis;

        fn estimator(basis: Basis) -> Basis {
            basis
        }

        fn adapters() -> Adapters {
            Adapters::new(Vec::new())
        }

        fn backends() -> Vec<(&'static str, Open)> {
            Vec::new()
        }
    }

    #[test]
    fn a_forked_child_gets_an_error_at_once() {
        let builder = Quipu::<Bare>::builder().detached().without_env().without_file().without_backends();
        let mut quipu = builder.init().unwrap();
        quipu.flush(Duration::from_secs(5)).unwrap();
        quipu.running.as_mut().unwrap().process = 0;
        let begin = Instant::now();
        let error = quipu.flush(Duration::from_secs(5)).unwrap_err().to_string();
        assert!(error.contains("start it after the fork"), "{error}");
        assert!(!quipu.status().running && quipu.status().to_string().contains("forked"));
        assert!(quipu.shutdown(Duration::from_secs(5)).is_err());
        quipu.context().tool("search").end();
        let dropped = quipu.recorder().unwrap().counts().dropped;
        assert_eq!(dropped, [("closed", 1)], "the child can start a library of its own");
        drop(quipu);
        assert!(begin.elapsed() < Duration::from_secs(1));
    }
}
