//! Library of one unit test.

use std::sync::Arc;
use std::time::Duration;

use quipu_core::Result;
use quipu_sdk::{Context, FutureExt, InContext};

use super::captured::Captured;
use super::sink::Sink;
use crate::builder::Builder;
use crate::quipu::Quipu;
use crate::tables::Tables;

/// Longest wait for the records of a test.
const LONGEST: Duration = Duration::from_secs(10);

/// A library of one unit test. It reads no file and no environment, opens no backend, and records prompts.
/// Tests that run at once do not see each other.
pub struct Capture<T> {
    quipu: Quipu<T>,
    sink: Arc<Sink>,
}

impl<T: Tables> Capture<T> {
    /// Starts a library for the test; `change` adds to its configuration, such as budgets or a clock.
    ///
    /// # Errors
    /// The configuration is invalid, or no thread can be started.
    pub fn start(change: impl FnOnce(Builder<T>) -> Builder<T>) -> Result<Self> {
        let sink = Arc::new(Sink::default());
        let builder = Quipu::builder().detached().without_env().without_file().without_backends();
        let builder = builder.system_metrics(false).vcs(false).log_full_prompts(true);
        let quipu = change(builder.exporter(Arc::clone(&sink) as _)).init()?;
        Ok(Self { quipu, sink })
    }
}

impl<T> Capture<T> {
    /// The library, for budgets, prices and its status.
    pub const fn quipu(&self) -> &Quipu<T> {
        &self.quipu
    }

    /// Context whose records are captured.
    pub fn context(&self) -> Context {
        self.quipu.context()
    }

    /// Runs code whose records are captured. Other threads need [`Self::context`].
    pub fn scope<R>(&self, work: impl FnOnce() -> R) -> R {
        self.context().scope(work)
    }

    /// Polls a future whose records are captured. Spawned tasks need [`FutureExt::in_current_context`].
    pub fn run<F: Future>(&self, work: F) -> InContext<F> {
        work.in_context(self.context())
    }

    /// Everything that has been recorded so far: ended spans, events, and counted and priced calls.
    ///
    /// # Errors
    /// The records did not arrive within ten seconds.
    pub fn finished(&self) -> Result<Captured> {
        self.quipu.flush(LONGEST)?;
        Ok(Captured::new(self.sink.written()))
    }
}
